"""What provisioning's answers make of approved applications."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from services.review import store
from services.review.domain.review import Moved, Review, complete, note_issue_failed, start_service
from services.review.domain.timeline import TimelineEntry, TimelineStep
from shared.contracts.envelope import Event, new_event
from shared.contracts.provisioning_events import MailboxesIssued, MailboxIssueFailed, ServiceStarted
from shared.runtime.database import Connection
from shared.runtime.event_outbox import append_events
from shared.runtime.event_router import Waiting
from shared.runtime.ids import NewId

AnswerT = TypeVar("AnswerT", MailboxesIssued, MailboxIssueFailed, ServiceStarted)


@dataclass(frozen=True, slots=True)
class _Stamp:
    """What the writing of a batch needs besides the decisions."""

    step: TimelineStep
    now: datetime
    new_id: NewId


async def complete_reviews(
    db: Connection, events: Sequence[Event[MailboxesIssued]], now: datetime, new_id: NewId
) -> list[Waiting]:
    """End the review of every application whose mailboxes were issued; the completion mail follows from the event."""
    return await _apply_answers(db, events, complete, _Stamp(TimelineStep.COMPLETED, now, new_id))


async def note_failed_issues(
    db: Connection, events: Sequence[Event[MailboxIssueFailed]], now: datetime, new_id: NewId
) -> list[Waiting]:
    """Back under review, with the reason, for every application that could not be issued (E2, E19)."""
    return await _apply_answers(db, events, note_issue_failed, _Stamp(TimelineStep.ISSUE_FAILED, now, new_id))


async def start_services(
    db: Connection, events: Sequence[Event[ServiceStarted]], now: datetime, new_id: NewId
) -> list[Waiting]:
    """In service: every application whose start date has come; nothing is published, provisioning told it."""
    return await _apply_answers(db, events, start_service, _Stamp(TimelineStep.SERVICE_STARTED, now, new_id))


async def _apply_answers(
    db: Connection,
    events: Sequence[Event[AnswerT]],
    decide: Callable[[Review, AnswerT, datetime], Moved | None],
    stamp: _Stamp,
) -> list[Waiting]:
    """An answer about an application not known here waits for it (its subject is the receipt number)."""
    reviews = await store.lock_reviews(db, {event.data.receipt_number for event in events})
    known = [event for event in events if event.data.receipt_number in reviews]
    decided = [(event, decide(reviews[event.data.receipt_number], event.data, stamp.now)) for event in known]
    moves = [(event, move) for event, move in decided if move is not None]
    if moves:
        await _write_moves(db, moves, stamp)
    return [Waiting(event, event.subject) for event in events if event.data.receipt_number not in reviews]


async def _write_moves(db: Connection, moves: Sequence[tuple[Event[AnswerT], Moved]], stamp: _Stamp) -> None:
    told = [
        new_event(move.announces, event_id=stamp.new_id(), key=event.key, now=stamp.now, caused_by=event)
        for event, move in moves
        if move.announces
    ]
    await store.update_reviews(db, [move.review for _, move in moves])
    await store.insert_timeline_entries(db, [_entry(event, move.review, stamp.step) for event, move in moves])
    await append_events(db, told)


def _entry(event: Event[AnswerT], review: Review, step: TimelineStep) -> TimelineEntry:
    details: dict[str, str] = {}
    if isinstance(event.data, MailboxesIssued):
        details["mailbox_ids"] = " ".join(mailbox.mailbox_id for mailbox in event.data.mailboxes)
    elif isinstance(event.data, MailboxIssueFailed):
        details["reason_code"] = event.data.reason_code.value
    return TimelineEntry(event.id, review.receipt_number, event.time, step, details=details)
