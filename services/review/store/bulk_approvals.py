"""Requests to approve many applications at once, row by row."""

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from services.review.domain.bulk_approval import BulkItem, BulkOrder, BulkOutcome
from services.review.domain.review import Review
from services.review.domain.staff import StaffMember, StaffRole
from services.review.store.review_rows import COLUMNS, review_of
from shared.runtime.database import Connection

Result = tuple[BulkOutcome, Sequence[str], str | None]
"""Outcome, problems, and who was faster."""

_ITEM = """
    bulk_id, position, receipt_number, revision, confirmed_start_date, outcome, details::text as details, decided_at
"""


async def find_oldest_under_review(db: Connection, limit: int) -> list[Review]:
    """The oldest applications that wait for a decision and whose last issue did not fail."""
    rows = await db.fetch(
        f"select {COLUMNS} from reviews where state = 'under_review' and proposal is null"  # noqa: S608  a constant
        " order by review_starts_on, receipt_number limit $1",
        limit,
    )
    return [review_of(row) for row in rows]


async def insert_bulk_approval(db: Connection, bulk_id: UUID, member: StaffMember, now: datetime) -> bool:
    """Keep the request; False when it is known already."""
    status = await db.execute(
        "insert into bulk_approvals (bulk_id, login, display_name, is_lead, requested_at) values ($1, $2, $3, $4, $5)"
        " on conflict do nothing",
        bulk_id,
        member.login,
        member.display_name,
        member.is_lead,
        now,
    )
    return status.endswith(" 1")


async def insert_bulk_items(db: Connection, items: Sequence[BulkItem]) -> None:
    """Add the rows of a new request."""
    await db.executemany(
        "insert into bulk_approval_items (bulk_id, position, receipt_number, revision, confirmed_start_date)"
        " values ($1, $2, $3, $4, $5) on conflict do nothing",
        [
            (
                item.bulk_id,
                item.position,
                item.order.receipt_number,
                item.order.revision,
                item.order.confirmed_start_date,
            )
            for item in items
        ],
    )


async def lock_open_bulk_item(db: Connection, bulk_id: UUID | None) -> BulkItem | None:
    """The next row without a result, of that request or of any, locked; None when nobody needs to do anything."""
    row = await db.fetchrow(
        f"select {_ITEM} from bulk_approval_items"  # noqa: S608  a constant of this module
        " where outcome is null and ($1::uuid is null or bulk_id = $1)"
        " order by bulk_id, position limit 1 for update skip locked",
        bulk_id,
    )
    return _item(row) if row else None


async def find_bulk_member(db: Connection, bulk_id: UUID) -> StaffMember:
    """Who asked for it, with the rank of that moment."""
    row = await db.fetchrow("select login, display_name, is_lead from bulk_approvals where bulk_id = $1", bulk_id)
    if row is None:
        raise LookupError(f"no bulk approval {bulk_id}")
    role = StaffRole.LEAD if row["is_lead"] else StaffRole.REVIEWER
    return StaffMember(row["login"], row["display_name"], frozenset({role}))


async def record_bulk_result(db: Connection, item: BulkItem, result: Result, now: datetime) -> None:
    """Write what became of a row, in the transaction of its decision."""
    outcome, problems, moved_by = result
    await db.execute(
        "update bulk_approval_items set outcome = $3, details = $4::text::jsonb, decided_at = $5"
        " where bulk_id = $1 and position = $2",
        item.bulk_id,
        item.position,
        outcome.value,
        json.dumps({"problems": list(problems), "moved_by": moved_by}, ensure_ascii=False),
        now,
    )


async def find_bulk_items(db: Connection, bulk_id: UUID) -> list[BulkItem]:
    """The rows of a request, in its order."""
    rows = await db.fetch(
        f"select {_ITEM} from bulk_approval_items where bulk_id = $1 order by position",  # noqa: S608  a constant
        bulk_id,
    )
    return [_item(row) for row in rows]


def _item(row: asyncpg.Record) -> BulkItem:
    details = json.loads(row["details"])
    return BulkItem(
        bulk_id=row["bulk_id"],
        position=row["position"],
        order=BulkOrder(row["receipt_number"], row["revision"], row["confirmed_start_date"]),
        outcome=BulkOutcome(row["outcome"]) if row["outcome"] else None,
        problems=tuple(details.get("problems", ())),
        moved_by=details.get("moved_by"),
        decided_at=row["decided_at"],
    )
