"""What review's and notifier's events change: states, outcomes, timeline, news and mails. Every function may see an
event twice, and events of different topics in any order, with the same result."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from services.intake import store
from services.intake.domain import course
from services.intake.domain.clarification import ClarificationOutcome
from services.intake.domain.news import NewsKind
from services.intake.domain.timeline import Actor, MailOutcome, MailState, TimelineKind
from services.intake.workflows.progress import entry_of, lock_known, move, news_about, number_of
from shared.contracts.envelope import Event
from shared.contracts.event_data import ApplicationKind
from shared.contracts.notifier_events import MailDeferred, MailFailed, MailSent
from shared.contracts.review_events import (
    ApplicationVoided,
    IssueFailedNoted,
    ReviewCompleted,
    ReviewOpened,
    StartDateChanged,
    SystemSettingRecorded,
)
from shared.kernel.local_time import local_date
from shared.runtime.database import Connection


async def open_reviews(db: Connection, events: Sequence[Event[ReviewOpened]]) -> None:
    """Under review, from the instant review names."""
    await move(db, events, lambda application, _: course.opened(application))
    kind = TimelineKind.REVIEW_OPENED
    entries = [entry_of(event, kind, Actor.CENTER, event.data.opened_at) for event in events]
    await store.insert_timeline_entries(db, entries)


async def note_issue_failures(db: Connection, events: Sequence[Event[IssueFailedNoted]]) -> None:
    """Still under review: the reviewer has it again."""
    await move(db, events, lambda application, _: course.opened(application))
    entries = [entry_of(event, TimelineKind.ISSUE_FAILED, Actor.SYSTEM, event.time) for event in events]
    await store.insert_timeline_entries(db, entries)


async def complete_applications(db: Connection, events: Sequence[Event[ReviewCompleted]]) -> None:
    """Review completed, with its outcome, and the news of it in the same transaction."""
    applications = await move(db, events, course.completed)
    entries = [
        entry_of(
            event,
            TimelineKind.REVIEW_COMPLETED,
            Actor.CENTER,
            event.data.completed_at,
            next_on=event.data.confirmed_start_date or event.data.viewable_until,
            note=event.data.start_date_note,
        )
        for event in events
    ]
    await store.insert_timeline_entries(db, entries)
    for kind, said in _COMPLETION_NEWS.items():
        of_kind = [event for event in events if event.data.kind is kind]
        await store.insert_news(db, news_about(of_kind, applications, said, lambda event: event.data.completed_at))


async def void_applications(db: Connection, events: Sequence[Event[ApplicationVoided]]) -> None:
    """No effect any more; an open question goes with the application."""
    applications = await move(db, events, course.voided)
    questions = [each for each in await store.list_clarifications(db, list(applications)) if each.is_open]
    voided_at = {number_of(event): event.data.voided_at for event in events}
    outcome = ClarificationOutcome.VOIDED
    await store.close_clarifications(db, [each.closed(outcome, voided_at[each.receipt_number]) for each in questions])
    for event in events:
        await store.keep_abolished_mailboxes(db, number_of(event), local_date(event.data.voided_at))
    entries = [
        entry_of(event, TimelineKind.VOIDED, Actor.CENTER, event.data.voided_at, note=event.data.note)
        for event in events
    ]
    await store.insert_timeline_entries(db, entries)
    await store.insert_news(db, news_about(events, applications, NewsKind.VOIDED, lambda event: event.data.voided_at))


async def change_start_dates(db: Connection, events: Sequence[Event[StartDateChanged]]) -> None:
    """Review has decided on a later date; its news waits until provisioning has followed."""
    await move(db, events, course.start_date_changed)
    entries = [
        entry_of(
            event,
            TimelineKind.START_DATE_CHANGED,
            Actor.CENTER,
            event.time,
            next_on=event.data.new_start_date,
            note=event.data.note,
        )
        for event in events
    ]
    await store.insert_timeline_entries(db, entries)


async def record_system_settings(db: Connection, events: Sequence[Event[SystemSettingRecorded]]) -> None:
    """The required system setting is complete (B38)."""
    await move(
        db,
        events,
        lambda application, recorded: replace(application, system_setting_completed_on=recorded.completed_on),
    )
    kind = TimelineKind.SYSTEM_SETTING_RECORDED
    entries = [entry_of(event, kind, Actor.CENTER, event.time) for event in events]
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


_COMPLETION_NEWS = {
    ApplicationKind.MAILBOX_CHANGE: NewsKind.REVIEW_COMPLETED,
    ApplicationKind.PASSWORD_REISSUE: NewsKind.PASSWORDS_REISSUED,
}


async def _follow(
    db: Connection,
    events: Sequence[Event[MailSent | MailDeferred | MailFailed]],
    outcomes: Sequence[MailOutcome],
    kind: TimelineKind,
) -> None:
    await lock_known(db, [outcome.receipt_number for outcome in outcomes])
    await store.upsert_mail_outcomes(db, outcomes)
    entries = [
        replace(entry_of(event, kind, Actor.SYSTEM, outcome.changed_at), mail=outcome.mail, role=outcome.role)
        for event, outcome in zip(events, outcomes, strict=True)
    ]
    await store.insert_timeline_entries(db, entries)


def _outcome(mailed: MailSent | MailDeferred | MailFailed, state: MailState, changed_at: datetime) -> MailOutcome:
    return MailOutcome(mailed.receipt_number, mailed.mail, mailed.role, state, changed_at)
