"""Queries that issue: office counters, the ID ledger, sealed passwords and credentials."""

from collections.abc import Mapping, Sequence

import asyncpg

from services.provisioning.domain.issuing import Issue
from services.provisioning.domain.ledger import LedgerEntry
from services.provisioning.domain.office import Office
from services.provisioning.domain.passwords import SealedPassword
from shared.contracts.intake_events import SystemClass
from shared.kernel.identifiers import MailboxId, OfficeCode, ReceiptNumber
from shared.runtime.database import Connection

INSERT_MAILBOXES = """
insert into mailboxes (mailbox_id, office_code, serial, kind, cause, receipt_number, line, status, active_from)
select mailbox_id, office_code, serial, kind, cause, receipt_number, line, status, active_from
from unnest($1::text[], $2::text[], $3::smallint[], $4::text[], $5::text[],
            $6::text[], $7::smallint[], $8::text[], $9::date[])
    as given (mailbox_id, office_code, serial, kind, cause, receipt_number, line, status, active_from)
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
    """Add opening mailboxes to the ledger; those it has already stay as they are."""
    await db.execute(f"{INSERT_MAILBOXES} on conflict (mailbox_id) do nothing", *_ledger_columns(entries))


async def plan_abolitions(db: Connection, issues: Sequence[Issue]) -> None:
    """Note which application gives up which mailbox, and from which day."""
    planned = [(mailbox, issue) for issue in issues for mailbox in issue.abolished]
    await db.execute(
        """
        update mailboxes
        set abolition_receipt_number = given.receipt_number, abolished_on = given.abolished_on
        from unnest($1::text[], $2::text[], $3::date[]) as given (mailbox_id, receipt_number, abolished_on)
        where mailboxes.mailbox_id = given.mailbox_id
        """,
        [mailbox for mailbox, _ in planned],
        [issue.receipt_number for _, issue in planned],
        [issue.start_date for _, issue in planned],
    )


async def insert_sealed_passwords(
    db: Connection, sealed: Sequence[SealedPassword], receipt_numbers: Sequence[ReceiptNumber]
) -> None:
    """Keep sealed passwords for the window; `receipt_numbers` has one entry per password."""
    await db.execute(
        """
        insert into sealed_passwords (mailbox_id, receipt_number, closing_day, wrapped_key, ciphertext)
        select mailbox_id, receipt_number, closing_day, wrapped_key, ciphertext
        from unnest($1::text[], $2::text[], $3::date[], $4::bytea[], $5::bytea[])
            as given (mailbox_id, receipt_number, closing_day, wrapped_key, ciphertext)
        """,
        [each.mailbox_id for each in sealed],
        receipt_numbers,
        [each.closing_day for each in sealed],
        [each.wrapped_key for each in sealed],
        [each.ciphertext for each in sealed],
    )


async def insert_credentials(db: Connection, hashes: Mapping[MailboxId, str]) -> None:
    """Keep the mail server's hashes until service starts."""
    await db.execute(
        """
        insert into mailbox_credentials (mailbox_id, password_hash)
        select mailbox_id, password_hash
        from unnest($1::text[], $2::text[]) as given (mailbox_id, password_hash)
        """,
        list(hashes),
        list(hashes.values()),
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
    )
