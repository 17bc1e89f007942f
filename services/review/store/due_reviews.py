"""Applications that the clock has something to do with, locked; those that others hold are left for the next time."""

from datetime import date, datetime

from services.review.domain.review import Review
from services.review.store.review_rows import COLUMNS, review_of
from shared.runtime.database import Connection

# The f-strings below put in COLUMNS only, a constant of this package: no value from outside ever enters a statement.


async def lock_unanswered(db: Connection, asked_before: datetime, limit: int) -> list[Review]:
    """Open questions asked before the instant and not reminded of yet, oldest first."""
    rows = await db.fetch(
        f"select {COLUMNS} from reviews"  # noqa: S608
        " where state = 'clarification' and clarification_reminded_at is null and clarification_asked_at < $1"
        " and clarification->>'cancel_requested_at' is null"
        " order by clarification_asked_at, receipt_number limit $2 for update skip locked",
        asked_before,
        limit,
    )
    return [review_of(row) for row in rows]


async def lock_missing_settings(db: Connection, today: date, first_start: date, limit: int) -> list[Review]:
    """Completed applications starting from `first_start` on whose setting was due before today; earliest due first."""
    rows = await db.fetch(
        f"select {COLUMNS} from reviews"  # noqa: S608
        " where state = 'review_completed' and system_setting_required and setting_completed_on is null"
        " and system_setting_deadline < $1 and confirmed_start_date >= $2"
        " order by system_setting_deadline, receipt_number limit $3 for update skip locked",
        today,
        first_start,
        limit,
    )
    return [review_of(row) for row in rows]


async def lock_held_by_closed_offices(db: Connection, first_start: date, limit: int) -> list[Review]:
    """What review holds for offices that close: under review, or completed and starting from `first_start` on."""
    rows = await db.fetch(
        f"select {COLUMNS} from reviews"  # noqa: S608
        " where office_code in (select office_code from contracts where closed_on is not null)"
        " and (state = 'under_review' or (state = 'review_completed' and confirmed_start_date >= $1))"
        " order by receipt_number limit $2 for update skip locked",
        first_start,
        limit,
    )
    return [review_of(row) for row in rows]
