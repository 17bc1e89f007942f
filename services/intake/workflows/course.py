"""What the other services' events change: states, outcomes, mailboxes, timeline and news. Every function may see an
event twice, and events of different topics in any order, with the same result."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from services.intake import store
from services.intake.domain.application import (
    Application,
    status_completed,
    status_in_service,
    status_under_review,
)
from services.intake.domain.mailboxes import OfficeMailbox
from services.intake.domain.timeline import (
    Actor,
    MailOutcome,
    MailState,
    NewsCategory,
    NewsItem,
    NewsKind,
    TimelineEntry,
    TimelineKind,
)
from services.intake.workflows.refusals import UnknownApplication
from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.contracts.notifier_events import MailDeferred, MailFailed, MailSent
from shared.contracts.provisioning_events import MailboxesIssued, ServiceStarted
from shared.contracts.review_events import IssueFailedNoted, ReviewCompleted, ReviewOpened
from shared.kernel.identifiers import MailboxId, ReceiptNumber
from shared.runtime.database import Connection

DataT = TypeVar("DataT", bound=EventData)
Move = Callable[[Application, DataT], Application]


async def open_reviews(db: Connection, events: Sequence[Event[ReviewOpened]]) -> None:
    """Under review, from the instant review names."""
    await _move(db, events, lambda application, _: replace(application, status=status_under_review(application.status)))
    await _note(db, events, TimelineKind.REVIEW_OPENED, Actor.CENTER, lambda opened: opened.opened_at)


async def note_issue_failures(db: Connection, events: Sequence[Event[IssueFailedNoted]]) -> None:
    """Still under review: the reviewer has it again."""
    await _move(db, events, lambda application, _: replace(application, status=status_under_review(application.status)))
    entries = [_entry(event, TimelineKind.ISSUE_FAILED, Actor.SYSTEM, event.time) for event in events]
    await store.insert_timeline_entries(db, entries)


async def complete_applications(db: Connection, events: Sequence[Event[ReviewCompleted]]) -> None:
    """Review completed, with its outcome, and the news of it in the same transaction."""
    applications = await _move(db, events, _completed)
    await _note(db, events, TimelineKind.REVIEW_COMPLETED, Actor.CENTER, lambda completed: completed.completed_at)
    news = [item for event in events for item in _completion_news(event, applications[event.data.receipt_number])]
    await store.insert_news(db, news)


async def record_issued_mailboxes(db: Connection, events: Sequence[Event[MailboxesIssued]]) -> None:
    """New IDs and decided abolitions become part of the office's mailboxes."""
    await _lock_known(db, [event.data.receipt_number for event in events])
    await store.insert_mailboxes(db, [box for event in events for box in _issued(event.data)])
    abolitions = [(each.mailbox_id, each.abolished_on) for event in events for each in event.data.abolitions]
    await store.abolish_mailboxes(db, abolitions)
    with_ids = [event for event in events if event.data.mailboxes]
    await _note(db, with_ids, TimelineKind.MAILBOXES_ISSUED, Actor.SYSTEM, lambda issued: issued.issued_at)


async def start_services(db: Connection, events: Sequence[Event[ServiceStarted]]) -> None:
    """In service: the start date has come."""
    await _move(db, events, _started)
    abolitions = [(box, event.data.started_on) for event in events for box in event.data.abolished]
    await store.abolish_mailboxes(db, abolitions)
    entries = [_entry(event, TimelineKind.SERVICE_STARTED, Actor.SYSTEM, event.time) for event in events]
    await store.insert_timeline_entries(db, entries)


async def follow_sent_mails(db: Connection, events: Sequence[Event[MailSent]]) -> None:
    """A mail has gone out."""
    outcomes = [_outcome(event.data, MailState.SENT, event.data.sent_at) for event in events]
    await _follow(db, events, outcomes, TimelineKind.MAIL_SENT)


async def follow_deferred_mails(db: Connection, events: Sequence[Event[MailDeferred]]) -> None:
    """A mail is late."""
    outcomes = [_outcome(event.data, MailState.DEFERRED, event.time) for event in events]
    await _follow(db, events, outcomes, TimelineKind.MAIL_DEFERRED)


async def follow_failed_mails(db: Connection, events: Sequence[Event[MailFailed]]) -> None:
    """A mail could not be delivered; the applicant reads it here (E26, E27)."""
    outcomes = [_outcome(event.data, MailState.FAILED, event.data.failed_at) for event in events]
    await _follow(db, events, outcomes, TimelineKind.MAIL_FAILED)


async def _move(db: Connection, events: Sequence[Event[DataT]], move: Move[DataT]) -> dict[ReceiptNumber, Application]:
    """Lock the applications, let each event move its own, write them back."""
    applications = await _lock_known(db, [_number(event) for event in events])
    for event in events:
        applications[_number(event)] = move(applications[_number(event)], event.data)
    await store.update_applications(db, list(applications.values()))
    return applications


async def _lock_known(db: Connection, numbers: Sequence[ReceiptNumber]) -> dict[ReceiptNumber, Application]:
    applications = await store.lock_applications(db, numbers)
    for number in numbers:
        if number not in applications:
            raise UnknownApplication(number)
    return applications


async def _note(
    db: Connection,
    events: Sequence[Event[DataT]],
    kind: TimelineKind,
    actor: Actor,
    occurred_at: Callable[[DataT], datetime],
) -> None:
    entries = [_entry(event, kind, actor, occurred_at(event.data)) for event in events]
    await store.insert_timeline_entries(db, entries)


async def _follow(
    db: Connection,
    events: Sequence[Event[MailSent | MailDeferred | MailFailed]],
    outcomes: Sequence[MailOutcome],
    kind: TimelineKind,
) -> None:
    await _lock_known(db, [outcome.receipt_number for outcome in outcomes])
    await store.upsert_mail_outcomes(db, outcomes)
    entries = [
        replace(_entry(event, kind, Actor.SYSTEM, outcome.changed_at), mail=outcome.mail, role=outcome.role)
        for event, outcome in zip(events, outcomes, strict=True)
    ]
    await store.insert_timeline_entries(db, entries)


def _number(event: Event[EventData]) -> ReceiptNumber:
    return ReceiptNumber(event.subject)


def _entry(event: Event[EventData], kind: TimelineKind, actor: Actor, occurred_at: datetime) -> TimelineEntry:
    return TimelineEntry(_number(event), event.id, kind, actor, occurred_at)


def _completed(application: Application, completed: ReviewCompleted) -> Application:
    return replace(
        application,
        status=status_completed(application.status),
        confirmed_start_date=completed.confirmed_start_date,
        start_date_note=completed.start_date_note,
        completed_on=completed.completed_on,
        system_setting_deadline=completed.system_setting_deadline,
        viewable_from=completed.viewable_from,
        viewable_until=completed.viewable_until,
        mailbox_ids_issued=tuple(MailboxId(each) for each in completed.mailbox_ids_issued),
        mailbox_ids_abolished=tuple(MailboxId(each) for each in completed.mailbox_ids_abolished),
    )


def _completion_news(event: Event[ReviewCompleted], application: Application) -> list[NewsItem]:
    offices = sorted({application.applicant_office_code, application.office_code})
    number, at = application.receipt_number, event.data.completed_at
    category = NewsCategory.USE_APPLICATION
    return [NewsItem(office, event.id, category, NewsKind.REVIEW_COMPLETED, number, at) for office in offices]


def _issued(issued: MailboxesIssued) -> list[OfficeMailbox]:
    return [OfficeMailbox(box.mailbox_id, issued.office_code, box.kind, box.active_from) for box in issued.mailboxes]


def _started(application: Application, started: ServiceStarted) -> Application:
    return replace(application, status=status_in_service(application.status), started_on=started.started_on)


def _outcome(mailed: MailSent | MailDeferred | MailFailed, state: MailState, changed_at: datetime) -> MailOutcome:
    return MailOutcome(mailed.receipt_number, mailed.mail, mailed.role, state, changed_at)
