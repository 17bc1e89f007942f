"""The ID ledger: why every mailbox ID exists, what became of it and when. No serial is ever without its row."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from shared.contracts.event_data import MailboxKind
from shared.kernel.identifiers import MailboxId, OfficeCode, ReceiptNumber, office_of_mailbox, serial_of_mailbox


class MailboxCause(StrEnum):
    """Why an ID exists."""

    OPENING_BALANCE = "opening_balance"
    OPENING_GAP = "opening_gap"
    """A serial below an opening mailbox, spent before these books were opened."""
    ISSUED = "issued"


class MailboxStatus(StrEnum):
    """What has become of an ID. No status frees its serial."""

    ISSUED = "issued"
    ACTIVE = "active"
    ABOLISHED = "abolished"
    VOID = "void"


class EndCause(StrEnum):
    """Why an ID has ended."""

    ABOLITION = "abolition"
    VOIDED_BEFORE_START = "voided_before_start"
    VOIDED_AFTER_START = "voided_after_start"
    OFFICE_CLOSURE = "office_closure"
    BEFORE_OPENING = "before_opening"


class LedgerChange(StrEnum):
    """What was done to a row; the audit keeps every change."""

    ENTERED = "entered"
    ABOLITION_PLANNED = "abolition_planned"
    ABOLITION_CANCELLED = "abolition_cancelled"
    STARTED = "started"
    ABOLISHED = "abolished"
    VOIDED = "voided"
    RESCHEDULED = "rescheduled"
    OFFICE_CLOSED = "office_closed"
    REPAIRED = "repaired"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A new row of the ledger. `line` counts the mailboxes of one application from 1."""

    mailbox_id: MailboxId
    kind: MailboxKind
    cause: MailboxCause
    status: MailboxStatus
    active_from: date
    entered_at: datetime
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


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One ID as the ledger tells it today. Dates are Japan's; `kind` and `active_from` are None for an opening gap."""

    mailbox_id: MailboxId
    kind: MailboxKind | None
    cause: MailboxCause
    status: MailboxStatus
    receipt_number: ReceiptNumber | None
    line: int | None
    active_from: date | None
    entered_at: datetime
    started_at: datetime | None
    abolition_receipt_number: ReceiptNumber | None
    abolished_on: date | None
    """Day from which logins are refused; planned while the status is not abolished."""
    ended_at: datetime | None
    end_cause: EndCause | None
    content_erasable_from: date | None
    change: LedgerChange
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """Part of an office's ledger in the order of its serials. `next_serial` asks for the rest; None at its end."""

    office_code: OfficeCode
    highest_serial: int
    remaining: int
    rows: tuple[LedgerRow, ...]
    next_serial: int | None
