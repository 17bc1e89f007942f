"""Review's own picture of an office's mailboxes, kept from what provisioning tells; never asked of another service."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shared.contracts.event_data import MailboxKind
from shared.contracts.review_events import MailboxCounts
from shared.kernel.identifiers import MailboxId, OfficeCode, ReceiptNumber


class MailboxCondition(StrEnum):
    """How a mailbox stands on a day."""

    NOT_STARTED = "not_started"
    ACTIVE = "active"
    ABOLITION_DECIDED = "abolition_decided"
    ABOLISHED = "abolished"
    VOIDED = "voided"


@dataclass(frozen=True, slots=True)
class LedgerMailbox:
    """One ID of the office and where it came from; no `receipt_number` means that it was there before NSS.

    `kind` and `active_from` are None for a mailbox that is known by its abolition alone.
    """

    mailbox_id: MailboxId
    office_code: OfficeCode
    kind: MailboxKind | None
    active_from: date | None
    receipt_number: ReceiptNumber | None = None
    abolished_on: date | None = None
    abolished_by: ReceiptNumber | None = None
    is_voided: bool = False
    reissued_on: date | None = None

    @property
    def serial(self) -> int:
        """The two digits at the end of the ID: spent for ever, whatever becomes of the mailbox (E1)."""
        return int(self.mailbox_id[-2:])

    def condition_on(self, today: date) -> MailboxCondition:
        """How the mailbox stands on the day."""
        if self.is_voided:
            return MailboxCondition.VOIDED
        if self.abolished_on is not None:
            return MailboxCondition.ABOLISHED if self.abolished_on <= today else MailboxCondition.ABOLITION_DECIDED
        has_begun = self.active_from is None or self.active_from <= today
        return MailboxCondition.ACTIVE if has_begun else MailboxCondition.NOT_STARTED


def highest_serial(mailboxes: Sequence[LedgerMailbox]) -> int:
    """The highest serial the office has ever used; 0 for none (E4)."""
    return max((mailbox.serial for mailbox in mailboxes), default=0)


def counts_of(mailboxes: Sequence[LedgerMailbox], today: date) -> MailboxCounts:
    """How many mailboxes the office holds per kind: in use or issued for a later day, not given up."""
    held = {MailboxCondition.NOT_STARTED, MailboxCondition.ACTIVE}
    kinds = [mailbox.kind for mailbox in mailboxes if mailbox.condition_on(today) in held]
    return MailboxCounts(smtp_pop3=kinds.count(MailboxKind.SMTP_POP3), edifact=kinds.count(MailboxKind.EDIFACT))
