"""Queries on what becomes of issued applications and their mailboxes: voided, moved, ended with their office."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from services.provisioning.domain.life import DueClosure, IssuedApplication, StartDateMove, VoidedMailbox
from shared.kernel.identifiers import MailboxId, OfficeCode, ReceiptNumber
from shared.runtime.database import Connection


async def lock_issued_applications(
    db: Connection, receipt_numbers: Sequence[ReceiptNumber]
) -> dict[ReceiptNumber, IssuedApplication]:
    """Lock the applications that have been issued until the transaction ends; others are left out."""
    rows = await db.fetch(
        """
        select receipt_number, office_code, start_date, viewable_until, window_closed_at is not null as window_closed,
               started_at is not null as started, voided_at is not null as voided,
               voided_at is not null or office_closed_at is not null as ended
        from issues
        where receipt_number = any($1)
        order by receipt_number
        for no key update
        """,
        receipt_numbers,
    )
    return {ReceiptNumber(row["receipt_number"]): IssuedApplication(**row) for row in rows}


async def void_mailboxes(
    db: Connection, receipt_numbers: Sequence[ReceiptNumber], now: datetime, erasable_from: date
) -> dict[ReceiptNumber, list[VoidedMailbox]]:
    """Retire what the applications issued, whether it has started or not; returns it by application."""
    rows = await db.fetch(
        """
        update mailboxes
        set status = 'void', ended_at = $2,
            end_cause = case status when 'active' then 'voided_after_start' else 'voided_before_start' end,
            content_erasable_from = case status when 'active' then $3::date end,
            change = 'voided', changed_at = $2
        where receipt_number = any($1) and status in ('issued', 'active')
        returning receipt_number, mailbox_id, end_cause = 'voided_after_start' as was_active
        """,
        receipt_numbers,
        now,
        erasable_from,
    )
    voided: dict[ReceiptNumber, list[VoidedMailbox]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: str(row["mailbox_id"])):
        mailbox = VoidedMailbox(MailboxId(row["mailbox_id"]), row["was_active"])
        voided[ReceiptNumber(row["receipt_number"])].append(mailbox)
    return dict(voided)


async def cancel_abolitions(db: Connection, receipt_numbers: Sequence[ReceiptNumber], now: datetime) -> None:
    """Let the mailboxes live on that the applications would have given up; one that has ended stays ended."""
    await db.execute(
        """
        update mailboxes
        set abolition_receipt_number = null, abolished_on = null, change = 'abolition_cancelled', changed_at = $2
        where abolition_receipt_number = any($1) and status = 'active'
        """,
        receipt_numbers,
        now,
    )


async def mark_voided(db: Connection, receipt_numbers: Sequence[ReceiptNumber], now: datetime) -> None:
    """Remember that the applications have no effect any more."""
    await db.execute("update issues set voided_at = $2 where receipt_number = any($1)", receipt_numbers, now)


async def move_start_dates(db: Connection, moves: Sequence[StartDateMove]) -> None:
    """Give the applications their new start date; those that had started will start again."""
    await db.execute(
        """
        update issues
        set start_date = given.start_date, started_at = null
        from unnest($1::text[], $2::date[]) as given (receipt_number, start_date)
        where issues.receipt_number = given.receipt_number
        """,
        [move.receipt_number for move in moves],
        [move.new_start_date for move in moves],
    )


async def move_mailboxes(db: Connection, moves: Sequence[StartDateMove], now: datetime) -> Sequence[MailboxId]:
    """Have the applications' mailboxes start on the new date; returns those that it finds active and makes wait."""
    rows = await db.fetch(
        """
        update mailboxes
        set active_from = given.start_date, status = 'issued', started_at = null,
            change = 'rescheduled', changed_at = $3
        from unnest($1::text[], $2::date[]) as given (receipt_number, start_date)
        join mailboxes as before on before.receipt_number = given.receipt_number
        where mailboxes.mailbox_id = before.mailbox_id and mailboxes.status in ('issued', 'active')
        returning mailboxes.mailbox_id, before.status = 'active' as was_active
        """,
        [move.receipt_number for move in moves],
        [move.new_start_date for move in moves],
        now,
    )
    return sorted(MailboxId(row["mailbox_id"]) for row in rows if row["was_active"])


async def move_abolitions(db: Connection, moves: Sequence[StartDateMove], now: datetime) -> None:
    """Have planned abolitions bite on the new date; what has been abolished already stays so."""
    await db.execute(
        """
        update mailboxes
        set abolished_on = given.start_date, change = 'rescheduled', changed_at = $3
        from unnest($1::text[], $2::date[]) as given (receipt_number, start_date)
        where mailboxes.abolition_receipt_number = given.receipt_number and mailboxes.status = 'active'
        """,
        [move.receipt_number for move in moves],
        [move.new_start_date for move in moves],
        now,
    )


async def claim_due_closures(db: Connection, today: date, limit: int) -> Sequence[DueClosure]:
    """Offices whose closing day has come and has not been carried out."""
    rows = await db.fetch(
        """
        select office_code, closed_on
        from offices
        where closed_on <= $1 and closed_on is distinct from closing_done_for
        order by closed_on, office_code
        limit $2
        for no key update skip locked
        """,
        today,
        limit,
    )
    return [DueClosure(OfficeCode(row["office_code"]), row["closed_on"]) for row in rows]


async def end_mailboxes_of_offices(
    db: Connection, closures: Sequence[DueClosure], now: datetime, grace_days: int
) -> dict[OfficeCode, list[MailboxId]]:
    """Retire everything the offices have: active mailboxes are abolished, those not started yet are void (E33)."""
    rows = await db.fetch(
        """
        update mailboxes
        set status = case status when 'active' then 'abolished' else 'void' end,
            ended_at = $3, end_cause = 'office_closure',
            content_erasable_from = case status when 'active' then given.closed_on + $4::integer end,
            change = 'office_closed', changed_at = $3
        from unnest($1::text[], $2::date[]) as given (office_code, closed_on)
        where mailboxes.office_code = given.office_code and mailboxes.status in ('issued', 'active')
        returning mailboxes.office_code, mailboxes.mailbox_id
        """,
        [closure.office_code for closure in closures],
        [closure.closed_on for closure in closures],
        now,
        grace_days,
    )
    ended: dict[OfficeCode, list[MailboxId]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: str(row["mailbox_id"])):
        ended[OfficeCode(row["office_code"])].append(MailboxId(row["mailbox_id"]))
    return dict(ended)


async def mark_cut_off(db: Connection, office_codes: Sequence[OfficeCode], now: datetime) -> None:
    """Remember that what the offices had been issued and has not started never will."""
    await db.execute(
        """
        update issues set office_closed_at = $2
        where office_code = any($1) and started_at is null and voided_at is null and office_closed_at is null
        """,
        office_codes,
        now,
    )


async def mark_closings_done(db: Connection, closures: Sequence[DueClosure]) -> None:
    """Remember which closing day has been carried out; a later one of a reopened office is due again."""
    await db.execute(
        """
        update offices
        set closing_done_for = given.closed_on
        from unnest($1::text[], $2::date[]) as given (office_code, closed_on)
        where offices.office_code = given.office_code
        """,
        [closure.office_code for closure in closures],
        [closure.closed_on for closure in closures],
    )
