"""Queries of the scheduled jobs. Claims skip rows that another worker holds."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

import asyncpg

from services.provisioning.domain.timetable import DueStart, DueWindow
from shared.contracts.event_data import MailboxKind, MailboxRef
from shared.kernel.identifiers import MailboxId, ReceiptNumber
from shared.runtime.database import Connection


async def claim_due_starts(db: Connection, today: date, limit: int) -> Sequence[DueStart]:
    """Applications whose start date has come and whose service has not started."""
    rows = await db.fetch(
        """
        select receipt_number, office_code, start_date
        from issues
        where started_at is null and start_date <= $1
        order by start_date, receipt_number
        limit $2
        for no key update skip locked
        """,
        today,
        limit,
    )
    return [DueStart(**row) for row in rows]


async def activate_mailboxes(
    db: Connection, receipt_numbers: Sequence[ReceiptNumber]
) -> dict[ReceiptNumber, list[MailboxRef]]:
    """Make the applications' issued mailboxes active; returns them by application."""
    rows = await db.fetch(
        """
        update mailboxes set status = 'active'
        where receipt_number = any($1) and status = 'issued'
        returning receipt_number, mailbox_id, kind
        """,
        receipt_numbers,
    )
    activated: dict[ReceiptNumber, list[MailboxRef]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: str(row["mailbox_id"])):
        mailbox = MailboxRef(mailbox_id=row["mailbox_id"], kind=MailboxKind(row["kind"]))
        activated[ReceiptNumber(row["receipt_number"])].append(mailbox)
    return dict(activated)


async def abolish_mailboxes(
    db: Connection, receipt_numbers: Sequence[ReceiptNumber]
) -> dict[ReceiptNumber, list[MailboxId]]:
    """Let the applications' planned abolitions take effect (E13); returns the mailboxes by application."""
    rows = await db.fetch(
        """
        update mailboxes set status = 'abolished'
        where abolition_receipt_number = any($1) and status = 'active'
        returning abolition_receipt_number, mailbox_id
        """,
        receipt_numbers,
    )
    abolished: dict[ReceiptNumber, list[MailboxId]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: str(row["mailbox_id"])):
        abolished[ReceiptNumber(row["abolition_receipt_number"])].append(MailboxId(row["mailbox_id"]))
    return dict(abolished)


async def open_mail_server_accounts(db: Connection, mailbox_ids: Sequence[MailboxId]) -> None:
    """Show active mailboxes with their hashes to the mail server."""
    await db.execute(
        """
        insert into mail_server_accounts (mailbox_id, password_hash, active)
        select mailbox_id, password_hash, true
        from mailbox_credentials
        where mailbox_id = any($1)
        on conflict (mailbox_id) do update set password_hash = excluded.password_hash, active = true
        """,
        mailbox_ids,
    )


async def close_mail_server_accounts(db: Connection, mailbox_ids: Sequence[MailboxId]) -> None:
    """Have the mail server refuse logins; an opening mailbox gets its first row here, without a hash."""
    await db.execute(
        """
        insert into mail_server_accounts (mailbox_id, password_hash, active)
        select mailbox_id, null, false
        from unnest($1::text[]) as given (mailbox_id)
        on conflict (mailbox_id) do update set active = false
        """,
        mailbox_ids,
    )


async def mark_started(db: Connection, receipt_numbers: Sequence[ReceiptNumber], now: datetime) -> None:
    """Remember that service has started."""
    await db.execute("update issues set started_at = $2 where receipt_number = any($1)", receipt_numbers, now)


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


async def claim_ended_windows(db: Connection, today: date, limit: int) -> Sequence[DueWindow]:
    """Windows whose last day is over and whose secrets still exist."""
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


async def delete_sealed_passwords(db: Connection, receipt_numbers: Sequence[ReceiptNumber]) -> None:
    """Erase the applications' ciphertexts."""
    await db.execute("delete from sealed_passwords where receipt_number = any($1)", receipt_numbers)


async def mark_windows_closed(db: Connection, receipt_numbers: Sequence[ReceiptNumber], now: datetime) -> None:
    """Remember that the windows are closed."""
    await db.execute("update issues set window_closed_at = $2 where receipt_number = any($1)", receipt_numbers, now)


def _due_window(row: asyncpg.Record) -> DueWindow:
    return DueWindow(
        receipt_number=row["receipt_number"],
        office_code=row["office_code"],
        viewable_until=row["viewable_until"],
        ever_viewed=row["first_viewed_at"] is not None,
    )
