"""What the course of applications does to an office's mailboxes."""

from collections.abc import Sequence
from datetime import date, datetime

from shared.kernel.identifiers import MailboxId, ReceiptNumber
from shared.runtime.database import Connection


async def decide_abolitions(
    db: Connection, receipt_number: ReceiptNumber, abolitions: Sequence[tuple[MailboxId, date]]
) -> None:
    """Note which application gives each mailbox up and from which day; a repeated decision changes nothing."""
    await db.executemany(
        """
        update mailboxes set abolished_on = $2, abolished_by = $3
        where mailbox_id = $1 and abolished_by is null and (abolished_on is null or abolished_on > $2)
        """,
        [(mailbox_id, abolished_on, receipt_number) for mailbox_id, abolished_on in abolitions],
    )


async def move_start(db: Connection, receipt_number: ReceiptNumber, new_start_date: date) -> None:
    """The application's additions start later, and what it gives up is kept until then; a start never moves back."""
    await db.execute(
        """
        update mailboxes set active_from = $2
        where issued_by = $1 and active_from < $2 and (abolished_on is null or abolished_by is not null)
        """,
        receipt_number,
        new_start_date,
    )
    await db.execute(
        "update mailboxes set abolished_on = $2 where abolished_by = $1 and abolished_on < $2",
        receipt_number,
        new_start_date,
    )


async def retire_mailboxes(db: Connection, mailbox_ids: Sequence[MailboxId], retired_on: date) -> None:
    """Closed for good from that day, whatever was decided before; an earlier day stays."""
    await db.execute(
        """
        update mailboxes set abolished_on = least(abolished_on, $2), abolished_by = null
        where mailbox_id = any($1::text[])
        """,
        list(mailbox_ids),
        retired_on,
    )


async def find_mailboxes_as_of(db: Connection, office_code: str, kinds: Sequence[str]) -> datetime:
    """The instant of the newest fact about the office's mailboxes, the register's or that of an entry of these kinds.

    What other services have said later has not come in; it follows within seconds.
    """
    as_of: datetime = await db.fetchval(
        """
        select greatest(
            updated_at,
            (
                select max(occurred_at) from timeline_entries
                where kind = any($2::text[]) and receipt_number in (
                    select issued_by from mailboxes where mailboxes.office_code = $1
                    union
                    select abolished_by from mailboxes where mailboxes.office_code = $1
                )
            )
        )
        from contracts where office_code = $1
        """,
        office_code,
        list(kinds),
    )
    return as_of


async def keep_abolished_mailboxes(db: Connection, receipt_number: ReceiptNumber, today: date) -> None:
    """The application was voided: what it would have given up stays, unless it is closed already."""
    await db.execute(
        """
        update mailboxes set abolished_on = null, abolished_by = null
        where abolished_by = $1 and abolished_on > $2
        """,
        receipt_number,
        today,
    )
