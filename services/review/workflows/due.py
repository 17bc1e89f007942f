"""What the clock does: reminders, voids for missing settings and closing offices. Each is done once, oldest first."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from services.review import store
from services.review.domain.review import (
    Moved,
    Review,
    first_changeable_start,
    remind,
    reminded_if_asked_before,
    void_for_closed_office,
    void_for_missing_setting,
)
from services.review.domain.timeline import TimelineEntry, TimelineStep
from services.review.workflows.deciding import voided_step
from services.review.workflows.moving import Step, write_steps
from shared.kernel.business_days import DateNotCovered
from shared.kernel.local_time import local_date
from shared.runtime.database import Connection
from shared.runtime.ids import NewId
from shared.runtime.logs import get_log

MISSED_VOID_NOTED = timedelta(days=30)
"""An outage longer than this leaves older ones unnoted."""

Judge = Callable[[Review, datetime], Moved | None]

log = get_log()


async def remind_of_questions(db: Connection, limit: int, now: datetime, new_id: NewId) -> int:
    """Remind of at most `limit` questions unanswered for ten business days (T9); says how many.

    None while the calendar does not reach back or forth that far: no guessing.
    """
    schedule = await store.find_schedule(db)
    if schedule is None:
        return 0
    try:
        asked_before = reminded_if_asked_before(schedule.calendar, now)
    except DateNotCovered:
        return 0
    reviews = await store.lock_unanswered(db, asked_before, limit)
    moves = [move for move in (remind(review, now) for review in reviews) if move is not None]
    if moves:
        await write_steps(db, [Step(move, TimelineStep.REMINDED) for move in moves], now, new_id)
    return len(moves)


async def void_missing_settings(db: Connection, limit: int, now: datetime, new_id: NewId) -> int:
    """Void at most `limit` applications whose system-setting deadline has passed (T6); says how many."""
    reviews = await store.lock_missing_settings(db, local_date(now), first_changeable_start(now), limit)
    return await _void(db, reviews, void_for_missing_setting, now, new_id)


async def note_missed_voids(db: Connection, limit: int, now: datetime, new_id: NewId) -> int:
    """Note on at most `limit` applications, once each, that their void (T6) comes too late; says how many.

    Provisioning holds them from 18:00 on the day before the start, so what becomes of them is for people to decide.
    """
    today = local_date(now)
    since = today - MISSED_VOID_NOTED
    reviews = await store.lock_missed_voids(db, today, first_changeable_start(now), since, limit)
    for review in reviews:
        log.warning("void missed", receipt_number=review.receipt_number)
    entries = [TimelineEntry(new_id(), review.receipt_number, now, TimelineStep.VOID_MISSED) for review in reviews]
    await store.insert_timeline_entries(db, entries)
    return len(reviews)


async def void_in_closed_offices(db: Connection, limit: int, now: datetime, new_id: NewId) -> int:
    """Void at most `limit` applications that review holds for offices that close (E33); says how many.

    It asks again and again, so the order in which contract, application and issue come does not matter: one that was
    being issued is voided as soon as it is here again.
    """
    reviews = await store.lock_held_by_closed_offices(db, first_changeable_start(now), limit)
    return await _void(db, reviews, void_for_closed_office, now, new_id)


async def _void(db: Connection, reviews: Sequence[Review], judge: Judge, now: datetime, new_id: NewId) -> int:
    moves = [move for move in (judge(review, now) for review in reviews) if move is not None]
    steps = [Step(move, *_step_of(move)) for move in moves]
    if steps:
        await write_steps(db, steps, now, new_id)
    return len(moves)


def _step_of(move: Moved) -> tuple[TimelineStep, None, dict[str, str | None]]:
    step, details = voided_step(move.review)
    return step, None, dict(details)
