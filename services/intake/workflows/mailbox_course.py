"""What provisioning's events change: an office's mailboxes, the password window, the start of service. Every function
may see an event twice, and events of different topics in any order, with the same result."""

from collections.abc import Sequence
from datetime import datetime

from services.intake import store
from services.intake.domain import course
from services.intake.domain.application import ApplicationStatus
from services.intake.domain.mailboxes import OfficeMailbox
from services.intake.domain.news import NewsKind
from services.intake.domain.timeline import Actor, TimelineKind
from services.intake.workflows.closing import withdraw_applications_of_office
from services.intake.workflows.progress import entry_of, lock_known, move, news_about, number_of
from shared.contracts.envelope import Event
from shared.contracts.provisioning_events import (
    MailboxesIssued,
    MailboxesRescheduled,
    MailboxesVoided,
    NoticeViewed,
    OfficeClosed,
    PasswordsReissued,
    ServiceStarted,
    WindowClosed,
    WindowClosing,
)
from shared.kernel.local_time import local_date
from shared.runtime.database import Connection
from shared.runtime.ids import NewId


async def record_issued_mailboxes(db: Connection, events: Sequence[Event[MailboxesIssued]]) -> None:
    """New IDs and decided abolitions become part of the office's mailboxes."""
    applications = await lock_known(db, [number_of(event) for event in events])
    await store.insert_mailboxes(db, [box for event in events for box in _issued(event.data)])
    entries = []
    for event in events:
        data, number = event.data, number_of(event)
        if applications[number].status is not ApplicationStatus.VOIDED:
            decided = [(each.mailbox_id, each.abolished_on) for each in data.abolitions]
            await store.decide_abolitions(db, number, decided)
        kind = TimelineKind.MAILBOXES_ISSUED if data.mailboxes else TimelineKind.ABOLITION_DECIDED
        entries.append(entry_of(event, kind, Actor.SYSTEM, data.issued_at, next_on=data.viewable_until))
    await store.insert_timeline_entries(db, entries)


async def record_reissued_passwords(db: Connection, events: Sequence[Event[PasswordsReissued]]) -> None:
    """New passwords for mailboxes that exist; the window is theirs alone (E23)."""
    await move(db, events, course.reissued)
    entries = [
        entry_of(
            event,
            TimelineKind.PASSWORDS_REISSUED,
            Actor.SYSTEM,
            event.data.reissued_at,
            next_on=event.data.viewable_until,
        )
        for event in events
    ]
    await store.insert_timeline_entries(db, entries)


async def start_services(db: Connection, events: Sequence[Event[ServiceStarted]]) -> None:
    """In service: the start date has come."""
    applications = await move(db, events, course.started)
    for event in events:
        data, number = event.data, number_of(event)
        if applications[number].started_on == data.started_on:
            await store.decide_abolitions(db, number, [(box, data.started_on) for box in data.abolished])
    kind = TimelineKind.SERVICE_STARTED
    entries = [entry_of(event, kind, Actor.SYSTEM, event.time) for event in events]
    await store.insert_timeline_entries(db, entries)


async def reschedule_mailboxes(db: Connection, events: Sequence[Event[MailboxesRescheduled]]) -> None:
    """The mailboxes start later, and the news of it: page and notice show the same date now (E18)."""
    applications = await move(db, events, course.rescheduled)
    for event in events:
        await store.move_start(db, number_of(event), event.data.new_start_date)
    entries = [
        entry_of(event, TimelineKind.RESCHEDULED, Actor.SYSTEM, event.time, next_on=event.data.viewable_until)
        for event in events
    ]
    await store.insert_timeline_entries(db, entries)
    changed = NewsKind.START_DATE_CHANGED
    await store.insert_news(db, news_about(events, applications, changed, lambda event: event.time))


async def void_mailboxes(db: Connection, events: Sequence[Event[MailboxesVoided]]) -> None:
    """The IDs are retired, their serials spent (E28); what was to be given up stays."""
    await lock_known(db, [number_of(event) for event in events])
    for event in events:
        day = local_date(event.time)
        await store.retire_mailboxes(db, event.data.mailbox_ids, day)
        await store.keep_abolished_mailboxes(db, number_of(event), day)
    with_ids = [event for event in events if event.data.mailbox_ids]
    entries = [entry_of(event, TimelineKind.MAILBOXES_VOIDED, Actor.SYSTEM, event.time) for event in with_ids]
    await store.insert_timeline_entries(db, entries)


async def close_offices(db: Connection, events: Sequence[Event[OfficeClosed]], now: datetime, new_id: NewId) -> None:
    """The office's mailboxes are closed, and what it had in its own hands is withdrawn (E33)."""
    for event in events:
        await store.retire_mailboxes(db, event.data.abolished, event.data.closed_on)
        await withdraw_applications_of_office(db, event.data.office_code, now, new_id)


async def note_viewed_notices(db: Connection, events: Sequence[Event[NoticeViewed]]) -> None:
    """Somebody of the office opened the ID notice."""
    await lock_known(db, [number_of(event) for event in events])
    kind = TimelineKind.NOTICE_VIEWED
    entries = [entry_of(event, kind, Actor.APPLICANT, event.data.viewed_at) for event in events]
    await store.insert_timeline_entries(db, entries)


async def note_closing_windows(db: Connection, events: Sequence[Event[WindowClosing]]) -> None:
    """One business day is left."""
    await lock_known(db, [number_of(event) for event in events])
    kind = TimelineKind.WINDOW_CLOSING
    entries = [entry_of(event, kind, Actor.SYSTEM, event.time, next_on=event.data.viewable_until) for event in events]
    await store.insert_timeline_entries(db, entries)


async def close_windows(db: Connection, events: Sequence[Event[WindowClosed]]) -> None:
    """The passwords have been destroyed."""
    await move(db, events, course.window_closed)
    kind = TimelineKind.WINDOW_CLOSED
    entries = [entry_of(event, kind, Actor.SYSTEM, event.data.closed_at) for event in events]
    await store.insert_timeline_entries(db, entries)


def _issued(issued: MailboxesIssued) -> list[OfficeMailbox]:
    return [
        OfficeMailbox(box.mailbox_id, issued.office_code, box.kind, box.active_from, issued_by=issued.receipt_number)
        for box in issued.mailboxes
    ]
