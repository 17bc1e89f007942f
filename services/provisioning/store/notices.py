"""Queries of the ID notice page: the notice, burned tickets and who looked."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.provisioning.domain.notice import Notice, NoticeAction, NoticeMailbox, NoticeView, PastView
from shared.contracts.event_data import ApplicationKind, MailboxKind
from shared.contracts.intake_events import SystemClass
from shared.kernel.identifiers import OfficeCode, ReceiptNumber
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


async def act_for_office(db: Connection, office_code: OfficeCode) -> None:
    """From here to the end of the transaction, see the rows of this office alone, whatever a query asks for."""
    await db.execute("select set_config('nss.office', $1, true)", office_code)


async def find_notice(db: Connection, receipt_number: ReceiptNumber) -> Notice | None:
    """The notice without its mailboxes; None where no password was issued."""
    row = await db.fetchrow(
        """
        select issues.receipt_number, issues.kind, issues.issued_at, issues.start_date, issues.office_code,
               offices.company_abbreviation, offices.system_class, offices.customs, offices.billing_code,
               issues.viewable_until, issues.window_closed_at as closed_at
        from issues
        join offices on offices.office_code = issues.office_code
        where issues.receipt_number = $1 and issues.viewable_until is not null
        """,
        receipt_number,
    )
    if row is None:
        return None
    typed = {"kind": ApplicationKind(row["kind"]), "system_class": SystemClass(row["system_class"])}
    return Notice(**{**row, **typed})


async def find_notice_mailboxes(db: Connection, receipt_number: ReceiptNumber) -> Sequence[NoticeMailbox]:
    """The mailboxes that the application issued or gave a new password, in the order of its lines."""
    rows = await db.fetch(
        """
        with named as (
            select mailbox_id, line from mailboxes where receipt_number = $1
            union all
            select mailbox_id, line from reissued_mailboxes where receipt_number = $1
        ), reissued as (
            select distinct on (mailbox_id) mailbox_id, receipt_number
            from reissued_mailboxes join issues using (receipt_number)
            where mailbox_id in (select mailbox_id from named)
            order by mailbox_id, issued_at desc, receipt_number desc
        )
        select mailboxes.mailbox_id, mailboxes.kind, sealed_passwords.mailbox_id is not null as is_readable,
               nullif(reissued.receipt_number, $1) as reissued_by
        from named
        join mailboxes on mailboxes.mailbox_id = named.mailbox_id
        left join reissued on reissued.mailbox_id = named.mailbox_id
        left join sealed_passwords
            on sealed_passwords.mailbox_id = named.mailbox_id and sealed_passwords.receipt_number = $1
        order by named.line
        """,
        receipt_number,
    )
    return [NoticeMailbox(**{**row, "kind": MailboxKind(row["kind"])}) for row in rows]


async def find_past_views(db: Connection, receipt_number: ReceiptNumber, limit: int) -> Sequence[PastView]:
    """Who looked at the notice, the latest first."""
    rows = await db.fetch(
        """
        select viewed_at, acting_office, action, mailbox_ids as revealed
        from notice_views
        where receipt_number = $1
        order by viewed_at desc, id desc
        limit $2
        """,
        receipt_number,
        limit,
    )
    return [PastView(**{**row, "action": NoticeAction(row["action"])}) for row in rows]


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


async def insert_notice_view(db: Connection, view: NoticeView) -> None:
    """Audit one opening or revealing of a notice."""
    await db.execute(
        """
        insert into notice_views (id, receipt_number, acting_office, action, window_open, mailbox_ids, viewed_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        """,
        view.view_id,
        view.receipt_number,
        view.acting_office,
        view.action.value,
        view.window_open,
        sorted(view.revealed),
        view.viewed_at,
    )


async def forget_notice_views(db: Connection, viewed_before: datetime, limit: int) -> int:
    """Delete the oldest looks from before that instant; how many."""
    return int(await db.fetchval("select forget_notice_views($1, $2)", viewed_before, limit))


async def find_busy_offices(db: Connection, since: datetime, at_least: int) -> Sequence[OfficeCode]:
    """Offices that looked at ID notices that often since then."""
    rows = await db.fetch(
        """
        select acting_office
        from notice_views
        where viewed_at > $1
        group by acting_office
        having count(*) >= $2
        order by acting_office
        """,
        since,
        at_least,
    )
    return [OfficeCode(row["acting_office"]) for row in rows]
