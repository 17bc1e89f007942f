"""What provisioning knows of an office: the part of its contract that issuing needs, and its counter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.provisioning.domain.ledger import LedgerEntry, MailboxCause, MailboxStatus
from shared.contracts.event_data import MailboxKind
from shared.contracts.intake_events import ContractPublished, ProcessingMode, SystemClass
from shared.kernel.identifiers import OfficeCode, office_of_mailbox, serial_of_mailbox

_MODE_OF_KIND = {
    MailboxKind.SMTP_POP3: ProcessingMode.SMTP_POP3,
    MailboxKind.EDIFACT: ProcessingMode.EDIFACT,
}


class ForeignOpeningMailbox(ValueError):
    """A contract lists an opening mailbox out of another office's number space."""


@dataclass(frozen=True, slots=True)
class Office:
    """An office as its newest known contract describes it."""

    office_code: OfficeCode
    contract_version: int
    company_abbreviation: str
    system_class: SystemClass
    customs: str
    billing_code: str
    smtp_pop3_from: date | None
    """First day on which some user of the office has the SMTP/POP3 mode; None when none has (B19, E6)."""
    edifact_from: date | None
    closed_on: date | None
    highest_serial: int
    """Highest serial ever issued, opening mailboxes and retired ones included (E4)."""

    def has_mode(self, kind: MailboxKind, on: date) -> bool:
        """Whether the contract has an active user with the mailbox kind's mode on that day (E6)."""
        contracted_from = self.smtp_pop3_from if kind is MailboxKind.SMTP_POP3 else self.edifact_from
        return contracted_from is not None and contracted_from <= on

    def is_closed(self, on: date) -> bool:
        """Whether the office's contract has ended by that day (E33)."""
        return self.closed_on is not None and self.closed_on <= on


def office_of_contract(contract: ContractPublished) -> Office:
    """The office that a contract describes; its counter covers the opening mailboxes."""
    serials = [serial_of_mailbox(mailbox.mailbox_id) for mailbox in contract.opening_mailboxes]
    return Office(
        office_code=contract.office_code,
        contract_version=contract.contract_version,
        company_abbreviation=contract.company_abbreviation,
        system_class=contract.system_class,
        customs=contract.customs,
        billing_code=contract.billing_code,
        smtp_pop3_from=_contracted_from(contract, MailboxKind.SMTP_POP3),
        edifact_from=_contracted_from(contract, MailboxKind.EDIFACT),
        closed_on=contract.closed_on,
        highest_serial=max(serials, default=0),
    )


def opening_entries(contract: ContractPublished, now: datetime) -> Sequence[LedgerEntry]:
    """Ledger rows of the mailboxes that existed before the books were opened. Raises ForeignOpeningMailbox."""
    for mailbox in contract.opening_mailboxes:
        if office_of_mailbox(mailbox.mailbox_id) != contract.office_code:
            raise ForeignOpeningMailbox(f"{mailbox.mailbox_id} is no number of office {contract.office_code}")
    return [
        LedgerEntry(
            mailbox_id=mailbox.mailbox_id,
            kind=mailbox.kind,
            cause=MailboxCause.OPENING_BALANCE,
            status=MailboxStatus.ACTIVE,
            active_from=mailbox.active_from,
            entered_at=now,
        )
        for mailbox in contract.opening_mailboxes
    ]


def newest_contracts(contracts: Sequence[ContractPublished]) -> Sequence[ContractPublished]:
    """One contract per office, its newest version, sorted by office code (the order in which rows are locked)."""
    newest: dict[OfficeCode, ContractPublished] = {}
    for contract in contracts:
        known = newest.get(contract.office_code)
        if known is None or known.contract_version < contract.contract_version:
            newest[contract.office_code] = contract
    return [newest[code] for code in sorted(newest)]


def _contracted_from(contract: ContractPublished, kind: MailboxKind) -> date | None:
    mode = _MODE_OF_KIND[kind]
    return min((user.started_on for user in contract.users if user.processing_mode is mode), default=None)
