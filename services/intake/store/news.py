"""News items of each office, with their unread marks."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from services.intake.domain.news import NewsCategory, NewsItem, NewsKind
from shared.kernel.identifiers import OfficeCode, ReceiptNumber
from shared.runtime.database import Connection

_COLUMNS = "news_id, office_code, event_id, category, kind, receipt_number, occurred_at, message, read_at"


async def insert_news(db: Connection, items: Sequence[NewsItem]) -> None:
    """Add news; one per event and office, however often the event comes."""
    await db.execute(
        """
        insert into news_items (office_code, event_id, category, kind, receipt_number, occurred_at, message)
        select office_code, event_id, category, kind, receipt_number, occurred_at, message
        from unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[])
            as new (office_code, event_id, category, kind, receipt_number, occurred_at, message)
        on conflict (event_id, office_code) do nothing
        """,
        [item.office_code for item in items],
        [item.event_id for item in items],
        [item.category.value for item in items],
        [item.kind.value for item in items],
        [item.receipt_number for item in items],
        [item.occurred_at for item in items],
        [item.message for item in items],
    )


async def list_news(
    db: Connection, office_code: str, categories: Sequence[NewsCategory], after: int | None, at_most: int
) -> list[NewsItem]:
    """A page of the office's items, newest first (B30); `after` is the last `news_id` of the page before."""
    rows = await db.fetch(
        f"""
        select {_COLUMNS} from news_items
        where office_code = $1 and category = any($2::text[]) and (
            $3::bigint is null
            or (occurred_at, news_id) < (select occurred_at, news_id from news_items where news_id = $3)
        )
        order by occurred_at desc, news_id desc limit $4
        """,  # noqa: S608  a constant list of columns
        office_code,
        [category.value for category in categories],
        after,
        at_most,
    )
    return [_news_item(row) for row in rows]


async def count_unread_news(db: Connection, office_code: str) -> int:
    """How many items nobody of the office has opened."""
    count: int = await db.fetchval(
        "select count(*) from news_items where office_code = $1 and read_at is null", office_code
    )
    return count


async def mark_news_read(db: Connection, office_code: str, receipt_number: str, now: datetime) -> None:
    """The office has opened the application's page: its news is no longer new."""
    await db.execute(
        """
        update news_items set read_at = $3
        where office_code = $1 and receipt_number = $2 and kind <> 'posted' and read_at is null
        """,
        office_code,
        receipt_number,
        now,
    )


async def mark_news_item_read(db: Connection, office_code: str, news_id: int, now: datetime) -> NewsItem | None:
    """The office has opened this item; None where it is not the office's."""
    row = await db.fetchrow(
        f"""
        update news_items set read_at = coalesce(read_at, $3) where news_id = $2 and office_code = $1
        returning {_COLUMNS}
        """,  # noqa: S608  a constant list of columns
        office_code,
        news_id,
        now,
    )
    return _news_item(row) if row else None


def _news_item(row: asyncpg.Record) -> NewsItem:
    number = row["receipt_number"]
    return NewsItem(
        office_code=OfficeCode(row["office_code"]),
        event_id=row["event_id"],
        category=NewsCategory(row["category"]),
        kind=NewsKind(row["kind"]),
        receipt_number=ReceiptNumber(number) if number else None,
        occurred_at=row["occurred_at"],
        message=row["message"],
        news_id=row["news_id"],
        read_at=row["read_at"],
    )
