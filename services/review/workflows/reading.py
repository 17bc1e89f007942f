"""What the console shows: the queue, and one application with everything around it."""

from datetime import datetime

from services.review import store
from services.review.domain.case_file import CaseFile, Queue
from services.review.domain.review import Review, ReviewState, suggested_start
from services.review.domain.review_queue import (
    QueueFilter,
    QueuePage,
    QueuePosition,
    QueueRow,
    age_in_business_days,
    position_of,
)
from services.review.domain.schedule import Schedule
from shared.kernel.identifiers import ReceiptNumber
from shared.kernel.local_time import local_date
from shared.runtime.database import Connection, Pool

PAGE_ROWS = 50
COUNTED_STATES = (ReviewState.UNDER_REVIEW, ReviewState.CLARIFICATION, ReviewState.APPROVED)


async def read_queue(pool: Pool, narrowed: QueueFilter, after: QueuePosition, now: datetime) -> Queue:
    """At most PAGE_ROWS applications, oldest first, beginning after a position."""
    async with pool.acquire() as db:
        found = await _find_rows(db, narrowed.state, after)
        counts = await store.count_reviews(db, COUNTED_STATES)
        schedule = await store.find_schedule(db)
    shown = found[:PAGE_ROWS]
    following = position_of(shown[-1]) if len(found) > PAGE_ROWS else None
    return Queue(QueuePage([_row(review, schedule, now) for review in shown], following), counts, schedule)


async def read_case(pool: Pool, receipt_number: ReceiptNumber, now: datetime) -> CaseFile | None:
    """Everything about one application, or None when there is no such number."""
    async with pool.acquire() as db:
        review = await store.find_review(db, receipt_number)
        if review is None:
            return None
        schedule = await store.find_schedule(db)
        contracts = await store.find_contracts(db, [review.office_code])
        contact = await store.find_contact(db, receipt_number, review.revision)
        timeline = await store.find_timeline(db, receipt_number)
    return CaseFile(_row(review, schedule, now), contact, contracts.get(review.office_code), schedule, timeline)


async def _find_rows(db: Connection, state: ReviewState | None, after: QueuePosition) -> list[Review]:
    if state is None:
        return await store.find_all_reviews(db, after, PAGE_ROWS + 1)
    return await store.find_queue(db, state, after, PAGE_ROWS + 1)


def _row(review: Review, schedule: Schedule | None, now: datetime) -> QueueRow:
    today = local_date(now)
    suggested = suggested_start(schedule, review.requested_start_date, review.received_on, today)
    return QueueRow(review, age_in_business_days(review, schedule, today), suggested)
