"""Reading the ledger: an office's rows in order, rows of given IDs, and what the mail server should have."""

from collections.abc import Sequence
from datetime import date

import asyncpg

from services.provisioning.domain.ledger import EndCause, LedgerChange, LedgerRow, MailboxCause, MailboxStatus
from shared.contracts.event_data import MailboxKind
from shared.kernel.identifiers import MailboxId, OfficeCode
from shared.runtime.database import Connection


async def find_ledger_rows(
    db: Connection, office_code: OfficeCode, after_serial: int, limit: int
) -> Sequence[LedgerRow]:
    """The office's next rows behind a serial, in the order of the serials."""
    rows = await db.fetch(
        """
        select mailbox_id, kind, cause, status, receipt_number, line, active_from, entered_at, started_at,
               abolition_receipt_number, abolished_on, ended_at, end_cause, content_erasable_from, change, changed_at
        from mailboxes
        where office_code = $1 and serial > $2
        order by serial
        limit $3
        """,
        office_code,
        after_serial,
        limit,
    )
    return [_ledger_row(row) for row in rows]


async def find_rows_of_offices(db: Connection, office_codes: Sequence[OfficeCode]) -> dict[MailboxId, LedgerRow]:
    """The whole ledger of those offices, by mailbox."""
    rows = await db.fetch(
        """
        select mailbox_id, kind, cause, status, receipt_number, line, active_from, entered_at, started_at,
               abolition_receipt_number, abolished_on, ended_at, end_cause, content_erasable_from, change, changed_at
        from mailboxes
        where office_code = any($1)
        """,
        office_codes,
    )
    return {MailboxId(row["mailbox_id"]): _ledger_row(row) for row in rows}


async def find_highest_serial(db: Connection, office_code: OfficeCode) -> int | None:
    """The office's counter; None where the office is not known."""
    serial = await db.fetchval("select highest_serial from offices where office_code = $1", office_code)
    return None if serial is None else int(serial)


async def find_erasable_mailboxes(
    db: Connection, today: date, after: str, limit: int
) -> Sequence[tuple[MailboxId, date]]:
    """Mailboxes whose content the mail store may erase by that day, and since when, in the order of their IDs."""
    rows = await db.fetch(
        """
        select mailbox_id, content_erasable_from
        from mailboxes
        where content_erasable_from <= $1 and mailbox_id > $2
        order by mailbox_id
        limit $3
        """,
        today,
        after,
        limit,
    )
    return [(MailboxId(row["mailbox_id"]), row["content_erasable_from"]) for row in rows]


def _ledger_row(row: asyncpg.Record) -> LedgerRow:
    given = dict(row)
    given["kind"] = MailboxKind(row["kind"]) if row["kind"] else None
    given["cause"] = MailboxCause(row["cause"])
    given["status"] = MailboxStatus(row["status"])
    given["end_cause"] = EndCause(row["end_cause"]) if row["end_cause"] else None
    given["change"] = LedgerChange(row["change"])
    return LedgerRow(**given)
