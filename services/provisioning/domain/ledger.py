"""The ID ledger: why every mailbox ID exists and what became of it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shared.contracts.event_data import MailboxKind
from shared.kernel.identifiers import MailboxId, OfficeCode, ReceiptNumber, office_of_mailbox, serial_of_mailbox


class MailboxCause(StrEnum):
    """Why an ID exists."""

    OPENING_BALANCE = "opening_balance"
    ISSUED = "issued"


class MailboxStatus(StrEnum):
    """What has become of an ID. No status frees its serial."""

    ISSUED = "issued"
    ACTIVE = "active"
    ABOLISHED = "abolished"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One row of the ledger. `line` counts the mailboxes of one application from 1."""

    mailbox_id: MailboxId
    kind: MailboxKind
    cause: MailboxCause
    status: MailboxStatus
    active_from: date
    receipt_number: ReceiptNumber | None = None
    line: int | None = None

    @property
    def office_code(self) -> OfficeCode:
        """The office in whose number space the ID stands."""
        return office_of_mailbox(self.mailbox_id)

    @property
    def serial(self) -> int:
        """The ID's serial, 1 to 99."""
        return serial_of_mailbox(self.mailbox_id)
