"""Queries of password windows: announced, changed, ended. Claims skip rows that another worker holds."""

from collections.abc import Sequence
from datetime import date, datetime

import asyncpg

from services.provisioning.domain.viewing_window import DueWindow, OpenWindow, WindowChangeCause, WindowExtension
from shared.kernel.identifiers import ReceiptNumber
from shared.runtime.database import Connection


async def claim_ending_windows(db: Connection, today: date, limit: int) -> Sequence[DueWindow]:
    """Open windows that end within one business day and have not been announced."""
    rows = await db.fetch(
        """
        select receipt_number, office_code, viewable_until, first_viewed_at
        from issues
        where closing_announced_at is null and window_closed_at is null
          and closing_notice_on <= $1 and viewable_until >= $1
        order by closing_notice_on, receipt_number
        limit $2
        for no key update skip locked
        """,
        today,
        limit,
    )
    return [_due_window(row) for row in rows]


async def mark_closing_announced(db: Connection, receipt_numbers: Sequence[ReceiptNumber], now: datetime) -> None:
    """Remember that the windows' end has been announced."""
    await db.execute("update issues set closing_announced_at = $2 where receipt_number = any($1)", receipt_numbers, now)


async def count_unread_closing(db: Connection) -> int:
    """Open windows whose end has been announced and whose notice nobody has opened."""
    counted: int = await db.fetchval(
        """
        select count(*) from issues
        where closing_announced_at is not null and window_closed_at is null and first_viewed_at is null
        """
    )
    return counted


async def claim_ended_windows(db: Connection, today: date, limit: int) -> Sequence[DueWindow]:
    """Windows whose last day is over and which have not been closed."""
    rows = await db.fetch(
        """
        select receipt_number, office_code, viewable_until, first_viewed_at
        from issues
        where window_closed_at is null and viewable_until < $1
        order by viewable_until, receipt_number
        limit $2
        for no key update skip locked
        """,
        today,
        limit,
    )
    return [_due_window(row) for row in rows]


async def mark_windows_closed(db: Connection, receipt_numbers: Sequence[ReceiptNumber], now: datetime) -> None:
    """Remember that the windows are closed."""
    await db.execute("update issues set window_closed_at = $2 where receipt_number = any($1)", receipt_numbers, now)


async def lock_open_windows(db: Connection, today: date) -> Sequence[OpenWindow]:
    """Every window that has not ended, locked until the transaction ends."""
    rows = await db.fetch(
        """
        select receipt_number, coalesce(start_date, (issued_at at time zone 'Asia/Tokyo')::date) as counted_from,
               viewable_until
        from issues
        where window_closed_at is null and viewable_until >= $1
        order by receipt_number
        for no key update
        """,
        today,
    )
    return [OpenWindow(**row) for row in rows]


async def extend_windows(db: Connection, extensions: Sequence[WindowExtension]) -> None:
    """Move the ends; an end that was announced before is announced again, because it is another one."""
    await db.execute(
        """
        update issues
        set viewable_until = given.new_until, closing_notice_on = given.closing_notice_on, closing_announced_at = null
        from unnest($1::text[], $2::date[], $3::date[]) as given (receipt_number, new_until, closing_notice_on)
        where issues.receipt_number = given.receipt_number
        """,
        [each.receipt_number for each in extensions],
        [each.new_until for each in extensions],
        [each.closing_notice_on for each in extensions],
    )


async def lock_windows_without_secrets(db: Connection, receipt_numbers: Sequence[ReceiptNumber]) -> Sequence[DueWindow]:
    """Those of the applications whose window is open in the books although no password of theirs can be read."""
    rows = await db.fetch(
        """
        select receipt_number, office_code, viewable_until, first_viewed_at
        from issues
        where receipt_number = any($1) and window_closed_at is null and viewable_until is not null
          and not exists (select from sealed_passwords where sealed_passwords.receipt_number = issues.receipt_number)
        order by receipt_number
        for no key update
        """,
        receipt_numbers,
    )
    return [_due_window(row) for row in rows]


async def audit_extensions(db: Connection, extensions: Sequence[WindowExtension], now: datetime) -> None:
    """Write down which windows became longer, by how much and why."""
    await db.execute(
        """
        select write_audit_entry($6, 'window.' || cause, receipt_number, jsonb_build_object(
            'old_until', old_until, 'new_until', new_until, 'calendar_version', calendar_version))
        from unnest($1::text[], $2::text[], $3::date[], $4::date[], $5::integer[])
            as given (receipt_number, cause, old_until, new_until, calendar_version)
        """,
        [each.receipt_number for each in extensions],
        [each.cause.value for each in extensions],
        [each.old_until for each in extensions],
        [each.new_until for each in extensions],
        [each.calendar_version for each in extensions],
        now,
    )


async def audit_early_ends(
    db: Connection, windows: Sequence[DueWindow], cause: WindowChangeCause, now: datetime
) -> None:
    """Write down which windows ended before their day, and why."""
    await db.execute(
        """
        select write_audit_entry($4, 'window.' || $3, receipt_number, jsonb_build_object('old_until', old_until))
        from unnest($1::text[], $2::date[]) as given (receipt_number, old_until)
        """,
        [each.receipt_number for each in windows],
        [each.viewable_until for each in windows],
        cause.value,
        now,
    )


def _due_window(row: asyncpg.Record) -> DueWindow:
    return DueWindow(
        receipt_number=row["receipt_number"],
        office_code=row["office_code"],
        viewable_until=row["viewable_until"],
        ever_viewed=row["first_viewed_at"] is not None,
    )
