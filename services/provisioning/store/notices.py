"""Queries of the ID notice page: the notice, its sealed passwords, burned tickets and the audit."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.provisioning.domain.notice import Notice, NoticeAction, NoticeMailbox
from services.provisioning.domain.passwords import SealedPassword
from shared.contracts.event_data import MailboxKind
from shared.contracts.intake_events import SystemClass
from shared.kernel.identifiers import MailboxId, OfficeCode, ReceiptNumber
from shared.runtime.database import Connection


async def find_office_of_issue(db: Connection, receipt_number: ReceiptNumber) -> OfficeCode | None:
    """The office of an application that has an ID notice; None where no password was issued."""
    code = await db.fetchval(
        "select office_code from issues where receipt_number = $1 and viewable_until is not null", receipt_number
    )
    return None if code is None else OfficeCode(code)


async def insert_burned_ticket(db: Connection, jti: UUID, expires_at: datetime) -> bool:
    """Use a ticket up. False when it was used before."""
    burned = await db.fetchval(
        """
        insert into burned_tickets (jti, expires_at) values ($1, $2)
        on conflict (jti) do nothing
        returning jti
        """,
        jti,
        expires_at,
    )
    return burned is not None


async def delete_expired_tickets(db: Connection, now: datetime, limit: int) -> int:
    """Forget used tickets that would be refused for their age anyway; returns how many."""
    rows = await db.fetch(
        """
        delete from burned_tickets
        where jti in (select jti from burned_tickets where expires_at <= $1 limit $2 for update skip locked)
        returning jti
        """,
        now,
        limit,
    )
    return len(rows)


async def find_notice(db: Connection, receipt_number: ReceiptNumber) -> Notice | None:
    """The notice without its mailboxes; None where no password was issued."""
    row = await db.fetchrow(
        """
        select issues.receipt_number, issues.start_date, issues.office_code, offices.company_abbreviation,
               offices.system_class, offices.customs, offices.billing_code, issues.viewable_until
        from issues
        join offices on offices.office_code = issues.office_code
        where issues.receipt_number = $1 and issues.viewable_until is not null
        """,
        receipt_number,
    )
    return None if row is None else Notice(**{**row, "system_class": SystemClass(row["system_class"])})


async def find_notice_mailboxes(db: Connection, receipt_number: ReceiptNumber) -> Sequence[NoticeMailbox]:
    """The mailboxes that the application issued, in the order of its lines."""
    rows = await db.fetch(
        "select mailbox_id, kind from mailboxes where receipt_number = $1 order by line", receipt_number
    )
    return [NoticeMailbox(MailboxId(row["mailbox_id"]), MailboxKind(row["kind"])) for row in rows]


async def find_sealed_passwords(db: Connection, receipt_number: ReceiptNumber) -> Sequence[SealedPassword]:
    """The application's sealed passwords; none after the window has been closed."""
    rows = await db.fetch(
        """
        select mailbox_id, closing_day, wrapped_key, ciphertext
        from sealed_passwords
        where receipt_number = $1
        order by mailbox_id
        """,
        receipt_number,
    )
    return [SealedPassword(**row) for row in rows]


async def mark_first_viewed(db: Connection, receipt_number: ReceiptNumber, now: datetime) -> bool:
    """Remember when the notice was first opened; true for one caller alone, however many come at once."""
    marked = await db.fetchval(
        """
        update issues set first_viewed_at = $2
        where receipt_number = $1 and first_viewed_at is null
        returning receipt_number
        """,
        receipt_number,
        now,
    )
    return marked is not None


async def insert_notice_view(
    db: Connection,
    view_id: UUID,
    notice: Notice,
    acting_office: OfficeCode,
    action: NoticeAction,
    window_open: bool,
    now: datetime,
) -> None:
    """Audit one opening or revealing of a notice."""
    await db.execute(
        """
        insert into notice_views (id, receipt_number, acting_office, action, window_open, viewed_at)
        values ($1, $2, $3, $4, $5, $6)
        """,
        view_id,
        notice.receipt_number,
        acting_office,
        action.value,
        window_open,
        now,
    )
