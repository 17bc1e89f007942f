"""Which applications have moved since somebody looked: listed up to an instant, compared from there on.

A reader without a row in review_readers has looked at nothing yet, and nothing is listed for them.
"""

from collections.abc import Collection
from datetime import datetime

from shared.kernel.identifiers import ReceiptNumber
from shared.runtime.database import Connection


async def upsert_read(db: Connection, login: str, receipt_number: ReceiptNumber, now: datetime) -> None:
    """That person has seen the application as it stands now."""
    await _lock_own_row(db, login)
    await db.execute(
        """
        with listed as (delete from review_unread where login = $1 and receipt_number = $2)
        insert into review_reads (login, receipt_number, read_at) values ($1, $2, $3)
        on conflict (login, receipt_number) do update set read_at = greatest(review_reads.read_at, excluded.read_at)
        """,
        login,
        receipt_number,
        now,
    )


async def find_unread(db: Connection, login: str, receipt_numbers: Collection[ReceiptNumber]) -> set[ReceiptNumber]:
    """Those of the applications that have moved since that person last looked at them, or were never looked at."""
    rows = await db.fetch(
        """
        select receipt_number from reviews
        left join review_readers as reader on reader.login = $1
        where receipt_number = any($2::text[]) and case
            when moved_at <= reader.listed_until then exists (
                select 1 from review_unread as listed
                where listed.login = $1 and listed.receipt_number = reviews.receipt_number)
            else not exists (
                select 1 from review_reads as seen
                where seen.login = $1 and seen.receipt_number = reviews.receipt_number
                    and seen.read_at >= reviews.moved_at)
            end
        """,
        login,
        list(receipt_numbers),
    )
    return {row["receipt_number"] for row in rows}


async def lock_reader(db: Connection, listed_before: datetime) -> tuple[str, datetime] | None:
    """A reader whose list ends before the instant and where it ends; None where there is none."""
    row = await db.fetchrow(
        "select login, listed_until from review_readers where listed_until < $1"
        " order by listed_until limit 1 for update skip locked",
        listed_before,
    )
    return tuple(row) if row else None


async def find_nth_move(db: Connection, after: datetime, before: datetime, nth: int) -> datetime | None:
    """When the `nth` application to move between the instants moved; None where fewer did."""
    moved_at: datetime | None = await db.fetchval(
        "select moved_at from reviews where moved_at > $1 and moved_at < $2 order by moved_at limit 1 offset $3",
        after,
        before,
        nth - 1,
    )
    return moved_at


async def list_unread(db: Connection, login: str, after: datetime, until: datetime) -> None:
    """List what moved between the instants and was not looked at since. The caller holds the reader's lock."""
    await db.execute(
        """
        insert into review_unread (login, receipt_number, in_state, in_turn)
        select $1, receipt_number, state, counts_from from reviews
        where moved_at > $2 and moved_at <= $3 and not exists (
            select 1 from review_reads as seen
            where seen.login = $1 and seen.receipt_number = reviews.receipt_number and seen.read_at >= reviews.moved_at)
        on conflict (login, receipt_number) do update set in_state = excluded.in_state, in_turn = excluded.in_turn
        """,
        login,
        after,
        until,
    )


async def end_list(db: Connection, login: str, until: datetime) -> None:
    """From here on the list holds everything up to the instant, and looks until then are needed no longer."""
    await db.execute("update review_readers set listed_until = $2 where login = $1", login, until)
    await db.execute("delete from review_reads where login = $1 and read_at <= $2", login, until)


async def _lock_own_row(db: Connection, login: str) -> None:
    """A look and the listing of unread applications follow one another, or the list would keep what was just seen."""
    await db.execute(
        "insert into review_readers (login, listed_until) values ($1, '-infinity') on conflict do nothing", login
    )
    await db.execute("select 1 from review_readers where login = $1 for share", login)
