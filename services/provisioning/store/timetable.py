"""Queries of the scheduled jobs. Claims skip rows that another worker holds."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from services.provisioning.domain.timetable import DueStart
from shared.contracts.event_data import MailboxKind, MailboxRef
from shared.kernel.identifiers import MailboxId, ReceiptNumber
from shared.runtime.database import Connection


async def claim_due_starts(db: Connection, today: date, limit: int) -> Sequence[DueStart]:
    """Applications whose start date has come and whose service has not started; void ones never start."""
    rows = await db.fetch(
        """
        select receipt_number, office_code, start_date
        from issues
        where started_at is null and voided_at is null and office_closed_at is null and start_date <= $1
        order by start_date, receipt_number
        limit $2
        for no key update skip locked
        """,
        today,
        limit,
    )
    return [DueStart(**row) for row in rows]


async def activate_mailboxes(
    db: Connection, receipt_numbers: Sequence[ReceiptNumber], now: datetime
) -> dict[ReceiptNumber, list[MailboxRef]]:
    """Make the applications' issued mailboxes active; returns them by application."""
    rows = await db.fetch(
        """
        update mailboxes
        set status = 'active', started_at = $2, change = 'started', changed_at = $2
        where receipt_number = any($1) and status = 'issued'
        returning receipt_number, mailbox_id, kind
        """,
        receipt_numbers,
        now,
    )
    activated: dict[ReceiptNumber, list[MailboxRef]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: str(row["mailbox_id"])):
        mailbox = MailboxRef(mailbox_id=row["mailbox_id"], kind=MailboxKind(row["kind"]))
        activated[ReceiptNumber(row["receipt_number"])].append(mailbox)
    return dict(activated)


async def abolish_mailboxes(
    db: Connection, receipt_numbers: Sequence[ReceiptNumber], now: datetime, grace_days: int
) -> dict[ReceiptNumber, list[MailboxId]]:
    """Let the applications' planned abolitions take effect (E13); returns the mailboxes by application.

    The mail store may erase their content `grace_days` days after the day of the abolition.
    """
    rows = await db.fetch(
        """
        update mailboxes
        set status = 'abolished', ended_at = $2, end_cause = 'abolition',
            content_erasable_from = abolished_on + $3::integer, change = 'abolished', changed_at = $2
        where abolition_receipt_number = any($1) and status = 'active'
        returning abolition_receipt_number, mailbox_id
        """,
        receipt_numbers,
        now,
        grace_days,
    )
    abolished: dict[ReceiptNumber, list[MailboxId]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: str(row["mailbox_id"])):
        abolished[ReceiptNumber(row["abolition_receipt_number"])].append(MailboxId(row["mailbox_id"]))
    return dict(abolished)


async def mark_started(db: Connection, receipt_numbers: Sequence[ReceiptNumber], now: datetime) -> None:
    """Remember that service has started."""
    await db.execute("update issues set started_at = $2 where receipt_number = any($1)", receipt_numbers, now)
