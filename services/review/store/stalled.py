"""Applications whose next step does not come: counted, or found to be noted."""

from datetime import date, datetime

from services.review.domain.review import Review
from services.review.store.review_rows import COLUMNS, review_of
from shared.runtime.database import Connection

_MISSED_VOID = (
    "state in ('review_completed', 'in_service') and system_setting_required and setting_completed_on is null"
    " and system_setting_deadline < $1 and confirmed_start_date < $2 and confirmed_start_date >= $3"
)


async def count_unissued(db: Connection, approved_before: datetime) -> int:
    """Applications approved before the instant for which provisioning has neither issued nor refused."""
    counted: int = await db.fetchval(
        "select count(*) from reviews where state = 'approved' and approved_at < $1", approved_before
    )
    return counted


async def count_missed_voids(db: Connection, today: date, first_changeable: date, started_from: date) -> int:
    """Applications without the setting that was due before today, which start before what can still be voided.

    Those that started before `started_from` are counted no longer.
    """
    counted: int = await db.fetchval(
        f"select count(*) from reviews where {_MISSED_VOID}",  # noqa: S608
        today,
        first_changeable,
        started_from,
    )
    return counted


async def lock_missed_voids(
    db: Connection, today: date, first_changeable: date, started_from: date, limit: int
) -> list[Review]:
    """The same, locked, where the timeline does not say so yet; the earliest due first."""
    rows = await db.fetch(
        f"select {COLUMNS} from reviews where {_MISSED_VOID}"  # noqa: S608
        " and not exists (select 1 from timeline_entries as entry"
        " where entry.receipt_number = reviews.receipt_number and entry.step = 'void_missed')"
        " order by system_setting_deadline, receipt_number limit $4 for update skip locked",
        today,
        first_changeable,
        started_from,
        limit,
    )
    return [review_of(row) for row in rows]
