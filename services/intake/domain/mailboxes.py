"""The mailboxes of an office as intake sees them: opening ones, issued ones, and abolitions already decided."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shared.contracts.event_data import MailboxKind, MailboxRef
from shared.kernel.identifiers import HIGHEST_MAILBOX_SERIAL, MailboxId, OfficeCode, ReceiptNumber, serial_of_mailbox


class MailboxState(StrEnum):
    """Where a mailbox stands on a given day."""

    NOT_STARTED = "not_started"
    ACTIVE = "active"
    ABOLITION_DECIDED = "abolition_decided"
    ABOLISHED = "abolished"


@dataclass(frozen=True, slots=True)
class OfficeMailbox:
    """One mailbox ID ever issued to an office; IDs are never reused, so abolished ones stay here (E1, E4)."""

    mailbox_id: MailboxId
    office_code: OfficeCode
    kind: MailboxKind
    active_from: date
    abolished_on: date | None = None
    issued_by: ReceiptNumber | None = None
    """The application it comes from; None for an opening mailbox."""

    def state_on(self, day: date) -> MailboxState:
        """What the contract page says about it on that day (E13: an abolition bites at 00:00 of its date)."""
        if self.abolished_on is not None:
            return MailboxState.ABOLISHED if self.abolished_on <= day else MailboxState.ABOLITION_DECIDED
        return MailboxState.ACTIVE if self.active_from <= day else MailboxState.NOT_STARTED


def current_mailboxes(mailboxes: Iterable[OfficeMailbox]) -> list[MailboxRef]:
    """What an application starts from: issued, also not yet started (E7), and not decided to be abolished; by ID."""
    current = [MailboxRef(mailbox_id=box.mailbox_id, kind=box.kind) for box in mailboxes if box.abolished_on is None]
    return sorted(current, key=lambda box: box.mailbox_id)


def serials_left(mailboxes: Sequence[OfficeMailbox]) -> int:
    """How many IDs the office can still get: serials count every ID ever issued (E1)."""
    highest = max((serial_of_mailbox(box.mailbox_id) for box in mailboxes), default=0)
    return HIGHEST_MAILBOX_SERIAL - highest


def in_use(mailboxes: Iterable[OfficeMailbox], today: date) -> list[MailboxRef]:
    """Mailboxes whose password can be reissued: every one that is not closed yet (E23, E24); by ID."""
    kept = [box for box in mailboxes if box.state_on(today) is not MailboxState.ABOLISHED]
    return sorted((MailboxRef(mailbox_id=b.mailbox_id, kind=b.kind) for b in kept), key=lambda box: box.mailbox_id)
