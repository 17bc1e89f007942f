"""Keeping review's picture of the offices' mailboxes; every step may be repeated, so redeliveries change nothing."""

from collections.abc import Sequence

from services.review import store
from services.review.domain.ledger import LedgerMailbox
from shared.contracts.envelope import Event
from shared.contracts.intake_events import ContractPublished
from shared.contracts.provisioning_events import (
    MailboxesIssued,
    MailboxesRescheduled,
    MailboxesVoided,
    OfficeClosed,
    PasswordsReissued,
)
from shared.kernel.local_time import local_date
from shared.runtime.database import Connection


async def record_opening_mailboxes(db: Connection, events: Sequence[Event[ContractPublished]]) -> None:
    """What the offices had before NSS."""
    mailboxes = {
        opening.mailbox_id: LedgerMailbox(opening.mailbox_id, event.data.office_code, opening.kind, opening.active_from)
        for event in events
        for opening in event.data.opening_mailboxes
    }
    if mailboxes:
        await store.upsert_mailboxes(db, list(mailboxes.values()))


async def record_issued_mailboxes(db: Connection, events: Sequence[Event[MailboxesIssued]]) -> None:
    """What was issued, and what will be abolished with it."""
    issued = {
        mailbox.mailbox_id: LedgerMailbox(
            mailbox.mailbox_id, event.data.office_code, mailbox.kind, mailbox.active_from, event.data.receipt_number
        )
        for event in events
        for mailbox in event.data.mailboxes
    }
    abolished = {
        abolition.mailbox_id: LedgerMailbox(
            abolition.mailbox_id,
            event.data.office_code,
            None,
            None,
            abolished_on=abolition.abolished_on,
            abolished_by=event.data.receipt_number,
        )
        for event in events
        for abolition in event.data.abolitions
    }
    if issued:
        await store.upsert_mailboxes(db, list(issued.values()))
    if abolished:
        await store.upsert_abolitions(db, list(abolished.values()))


async def record_voided_mailboxes(db: Connection, events: Sequence[Event[MailboxesVoided]]) -> None:
    """Retired IDs, spent for ever, and abolitions that no longer happen."""
    mailbox_ids = [mailbox_id for event in events for mailbox_id in event.data.mailbox_ids]
    await store.mark_mailboxes_voided(db, mailbox_ids, [event.data.receipt_number for event in events])


async def record_moved_starts(db: Connection, events: Sequence[Event[MailboxesRescheduled]]) -> None:
    """New first and last days of what the applications brought."""
    starts = {event.data.receipt_number: event.data.new_start_date for event in events}
    await store.move_mailbox_starts(db, list(starts.items()))


async def record_reissues(db: Connection, events: Sequence[Event[PasswordsReissued]]) -> None:
    """Which mailboxes got a new password, and when."""
    days = {mailbox_id: local_date(event.data.reissued_at) for event in events for mailbox_id in event.data.mailbox_ids}
    if days:
        await store.mark_mailboxes_reissued(db, list(days.items()))


async def record_closed_offices(db: Connection, events: Sequence[Event[OfficeClosed]]) -> None:
    """Everything an office had is closed from its closing day on."""
    closed = {
        mailbox_id: LedgerMailbox(mailbox_id, event.data.office_code, None, None, abolished_on=event.data.closed_on)
        for event in events
        for mailbox_id in event.data.abolished
    }
    if closed:
        await store.upsert_abolitions(db, list(closed.values()))
