"""Queries that issue: office counters and the ID ledger."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import asyncpg

from services.provisioning.domain.issuing import Issue
from services.provisioning.domain.ledger import LedgerEntry
from services.provisioning.domain.office import Office
from shared.contracts.intake_events import SystemClass
from shared.contracts.provisioning_events import MailboxIssueFailed
from shared.kernel.identifiers import MailboxId, OfficeCode, ReceiptNumber
from shared.runtime.database import Connection

INSERT_MAILBOXES = """
insert into mailboxes as known (mailbox_id, office_code, serial, kind, cause, receipt_number, line, status, active_from,
                                entered_at, change, changed_at)
select mailbox_id, office_code, serial, kind, cause, receipt_number, line, status, active_from,
       entered_at, 'entered', entered_at
from unnest($1::text[], $2::text[], $3::smallint[], $4::text[], $5::text[],
            $6::text[], $7::smallint[], $8::text[], $9::date[], $10::timestamptz[])
    as given (mailbox_id, office_code, serial, kind, cause, receipt_number, line, status, active_from, entered_at)
"""

EXPLAIN_GAP = """
on conflict (mailbox_id) do update
set kind = excluded.kind, cause = excluded.cause, status = excluded.status, active_from = excluded.active_from,
    ended_at = null, end_cause = null, change = excluded.change, changed_at = excluded.changed_at
where known.cause = 'opening_gap'
"""


async def lock_offices(db: Connection, office_codes: Sequence[OfficeCode]) -> dict[OfficeCode, Office]:
    """Lock the offices' rows in sorted order until the transaction ends; unknown offices are left out."""
    rows = await db.fetch(
        """
        select office_code, contract_version, company_abbreviation, system_class, customs, billing_code,
               smtp_pop3_from, edifact_from, closed_on, highest_serial
        from offices
        where office_code = any($1)
        order by office_code
        for no key update
        """,
        office_codes,
    )
    return {OfficeCode(row["office_code"]): _office(row) for row in rows}


async def find_issued_receipts(db: Connection, receipt_numbers: Sequence[ReceiptNumber]) -> frozenset[ReceiptNumber]:
    """Which of the applications have been issued already. To be asked after their offices are locked."""
    rows = await db.fetch("select receipt_number from issues where receipt_number = any($1)", receipt_numbers)
    return frozenset(ReceiptNumber(row["receipt_number"]) for row in rows)


async def find_newest_revisions(db: Connection, receipt_numbers: Sequence[ReceiptNumber]) -> dict[ReceiptNumber, int]:
    """The newest revision of each application on which provisioning has decided; the others are left out."""
    rows = await db.fetch(
        """
        select receipt_number, revision from issues where receipt_number = any($1)
        union all
        select receipt_number, revision from refused_approvals where receipt_number = any($1)
        """,
        receipt_numbers,
    )
    newest: dict[ReceiptNumber, int] = {}
    for row in rows:
        number = ReceiptNumber(row["receipt_number"])
        newest[number] = max(row["revision"], newest.get(number, 0))
    return newest


async def remember_refusals(db: Connection, failures: Sequence[MailboxIssueFailed], now: datetime) -> None:
    """Remember for which revision nothing was issued; of several of one application the newest counts."""
    if not failures:
        return
    newest = {failure.receipt_number: failure for failure in sorted(failures, key=lambda failure: failure.revision)}
    await db.execute(
        """
        insert into refused_approvals as known (receipt_number, revision, reason_code, refused_at)
        select receipt_number, revision, reason_code, $4
        from unnest($1::text[], $2::integer[], $3::text[]) as given (receipt_number, revision, reason_code)
        on conflict (receipt_number) do update
        set revision = excluded.revision, reason_code = excluded.reason_code, refused_at = excluded.refused_at
        where known.revision <= excluded.revision
        """,
        list(newest),
        [failure.revision for failure in newest.values()],
        [failure.reason_code.value for failure in newest.values()],
        now,
    )


async def find_abolishable_mailboxes(
    db: Connection, office_codes: Sequence[OfficeCode]
) -> dict[OfficeCode, frozenset[MailboxId]]:
    """Per office, the active mailboxes whose abolition is not planned yet (E11)."""
    rows = await db.fetch(
        """
        select office_code, array_agg(mailbox_id) as mailbox_ids
        from mailboxes
        where office_code = any($1) and status = 'active' and abolition_receipt_number is null
        group by office_code
        """,
        office_codes,
    )
    return {OfficeCode(row["office_code"]): frozenset(row["mailbox_ids"]) for row in rows}


async def update_highest_serials(db: Connection, highest: Mapping[OfficeCode, int]) -> None:
    """Set the counters of offices locked before."""
    await db.execute(
        """
        update offices
        set highest_serial = given.highest_serial
        from unnest($1::text[], $2::smallint[]) as given (office_code, highest_serial)
        where offices.office_code = given.office_code
        """,
        list(highest),
        list(highest.values()),
    )


async def insert_issues(db: Connection, issues: Sequence[Issue]) -> None:
    """One row per application; the primary key refuses a second issue of the same one."""
    await db.execute(
        """
        insert into issues (receipt_number, revision, office_code, start_date, issued_at,
                            viewable_until, closing_notice_on)
        select receipt_number, revision, office_code, start_date, issued_at, viewable_until, closing_notice_on
        from unnest($1::text[], $2::integer[], $3::text[], $4::date[], $5::timestamptz[], $6::date[], $7::date[])
            as given (receipt_number, revision, office_code, start_date, issued_at, viewable_until, closing_notice_on)
        """,
        [issue.receipt_number for issue in issues],
        [issue.revision for issue in issues],
        [issue.office_code for issue in issues],
        [issue.start_date for issue in issues],
        [issue.issued_at for issue in issues],
        [issue.window.viewable_until if issue.window else None for issue in issues],
        [issue.window.closing_notice_on if issue.window else None for issue in issues],
    )


async def insert_mailboxes(db: Connection, entries: Sequence[LedgerEntry]) -> None:
    """Add IDs to the ledger; an ID or a (receipt number, line) that exists already fails the transaction."""
    await db.execute(INSERT_MAILBOXES, *_ledger_columns(entries))


async def insert_opening_mailboxes(db: Connection, entries: Sequence[LedgerEntry]) -> None:
    """Add opening mailboxes to the ledger; those it has already stay as they are, but for gaps, which they explain."""
    await db.execute(f"{INSERT_MAILBOXES} {EXPLAIN_GAP}", *_ledger_columns(entries))


async def insert_opening_gaps(db: Connection, office_codes: Sequence[OfficeCode], now: datetime) -> None:
    """Add a row for every serial up to the offices' counters that has none: spent before the books were opened."""
    await db.execute(
        """
        insert into mailboxes (mailbox_id, office_code, serial, cause, status, entered_at, ended_at, end_cause, change,
                               changed_at)
        select office_code || lpad(serial::text, 2, '0'), office_code, serial, 'opening_gap', 'void', $2, $2,
               'before_opening', 'entered', $2
        from offices cross join generate_series(1, highest_serial) as serial
        where office_code = any($1)
        on conflict (mailbox_id) do nothing
        """,
        office_codes,
        now,
    )


async def plan_abolitions(db: Connection, issues: Sequence[Issue]) -> None:
    """Note which application gives up which mailbox, and from which day."""
    planned = [(mailbox, issue) for issue in issues for mailbox in issue.abolished]
    await db.execute(
        """
        update mailboxes
        set abolition_receipt_number = given.receipt_number, abolished_on = given.abolished_on,
            change = 'abolition_planned', changed_at = given.planned_at
        from unnest($1::text[], $2::text[], $3::date[], $4::timestamptz[])
            as given (mailbox_id, receipt_number, abolished_on, planned_at)
        where mailboxes.mailbox_id = given.mailbox_id
        """,
        [mailbox for mailbox, _ in planned],
        [issue.receipt_number for _, issue in planned],
        [issue.start_date for _, issue in planned],
        [issue.issued_at for _, issue in planned],
    )


def _office(row: asyncpg.Record) -> Office:
    return Office(**{**row, "system_class": SystemClass(row["system_class"])})


def _ledger_columns(entries: Sequence[LedgerEntry]) -> Sequence[Sequence[object]]:
    return (
        [entry.mailbox_id for entry in entries],
        [entry.office_code for entry in entries],
        [entry.serial for entry in entries],
        [entry.kind.value for entry in entries],
        [entry.cause.value for entry in entries],
        [entry.receipt_number for entry in entries],
        [entry.line for entry in entries],
        [entry.status.value for entry in entries],
        [entry.active_from for entry in entries],
        [entry.entered_at for entry in entries],
    )
