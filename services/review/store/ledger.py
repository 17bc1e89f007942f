"""The mailboxes of each office, as contracts and nss.mailbox.v1 tell of them; every statement may be repeated."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

import asyncpg

from services.review.domain.ledger import LedgerMailbox
from shared.contracts.event_data import MailboxKind
from shared.kernel.identifiers import MailboxId, OfficeCode, ReceiptNumber
from shared.runtime.database import Connection

Dated = Sequence[tuple[str, date]]
"""A mailbox ID or receipt number, each with a day."""


async def upsert_mailboxes(db: Connection, mailboxes: Sequence[LedgerMailbox]) -> None:
    """Keep each mailbox's kind and origin; an abolition that was told before stays."""
    await db.execute(
        """
        insert into office_mailboxes (mailbox_id, office_code, kind, active_from, receipt_number)
        select mailbox_id, office_code, kind, active_from, receipt_number
        from unnest($1::text[], $2::text[], $3::text[], $4::date[], $5::text[])
            as row (mailbox_id, office_code, kind, active_from, receipt_number)
        on conflict (mailbox_id) do update set
            kind = excluded.kind,
            active_from = coalesce(office_mailboxes.active_from, excluded.active_from),
            receipt_number = coalesce(office_mailboxes.receipt_number, excluded.receipt_number)
        where office_mailboxes.kind is null
        """,
        [mailbox.mailbox_id for mailbox in mailboxes],
        [mailbox.office_code for mailbox in mailboxes],
        [mailbox.kind.value if mailbox.kind else None for mailbox in mailboxes],
        [mailbox.active_from for mailbox in mailboxes],
        [mailbox.receipt_number for mailbox in mailboxes],
    )


async def upsert_abolitions(db: Connection, mailboxes: Sequence[LedgerMailbox]) -> None:
    """Note from which day each mailbox is closed, and by which application; the day told last holds."""
    await db.execute(
        """
        insert into office_mailboxes (mailbox_id, office_code, abolished_on, abolished_by)
        select mailbox_id, office_code, abolished_on, abolished_by
        from unnest($1::text[], $2::text[], $3::date[], $4::text[])
            as row (mailbox_id, office_code, abolished_on, abolished_by)
        on conflict (mailbox_id) do update set
            abolished_on = excluded.abolished_on, abolished_by = excluded.abolished_by
        """,
        [mailbox.mailbox_id for mailbox in mailboxes],
        [mailbox.office_code for mailbox in mailboxes],
        [mailbox.abolished_on for mailbox in mailboxes],
        [mailbox.abolished_by for mailbox in mailboxes],
    )


async def mark_mailboxes_voided(
    db: Connection, mailbox_ids: Collection[MailboxId], receipt_numbers: Collection[ReceiptNumber]
) -> None:
    """Retire what the voided applications were issued, and take back the abolitions they asked for."""
    await db.execute(
        """
        update office_mailboxes set
            is_voided = is_voided or mailbox_id = any($1::text[]),
            abolished_on = case when abolished_by = any($2::text[]) then null else abolished_on end,
            abolished_by = case when abolished_by = any($2::text[]) then null else abolished_by end
        where mailbox_id = any($1::text[]) or abolished_by = any($2::text[])
        """,
        list(mailbox_ids),
        list(receipt_numbers),
    )


async def move_mailbox_starts(db: Connection, new_starts: Dated) -> None:
    """The applications start on other days: so do their mailboxes and their abolitions."""
    await db.execute(
        """
        update office_mailboxes set
            active_from = case when office_mailboxes.receipt_number = row.receipt_number
                then row.start_date else active_from end,
            abolished_on = case when abolished_by = row.receipt_number then row.start_date else abolished_on end
        from unnest($1::text[], $2::date[]) as row (receipt_number, start_date)
        where office_mailboxes.receipt_number = row.receipt_number or abolished_by = row.receipt_number
        """,
        [number for number, _ in new_starts],
        [day for _, day in new_starts],
    )


async def mark_mailboxes_reissued(db: Connection, reissues: Dated) -> None:
    """Remember the day each mailbox last got a new password."""
    await db.execute(
        """
        update office_mailboxes set reissued_on = greatest(office_mailboxes.reissued_on, row.reissued_on)
        from unnest($1::text[], $2::date[]) as row (mailbox_id, reissued_on)
        where office_mailboxes.mailbox_id = row.mailbox_id
        """,
        [mailbox_id for mailbox_id, _ in reissues],
        [day for _, day in reissues],
    )


async def find_office_mailboxes(
    db: Connection, office_codes: Collection[OfficeCode]
) -> Mapping[OfficeCode, list[LedgerMailbox]]:
    """Every mailbox each office has ever had, by serial."""
    rows = await db.fetch(
        """
        select mailbox_id, office_code, kind, active_from, receipt_number, abolished_on, abolished_by, is_voided,
            reissued_on
        from office_mailboxes where office_code = any($1::text[]) order by mailbox_id
        """,
        list(office_codes),
    )
    found: dict[OfficeCode, list[LedgerMailbox]] = {code: [] for code in office_codes}
    for row in rows:
        found[OfficeCode(row["office_code"])].append(_mailbox(row))
    return found


def _mailbox(row: asyncpg.Record) -> LedgerMailbox:
    return LedgerMailbox(
        mailbox_id=row["mailbox_id"],
        office_code=row["office_code"],
        kind=MailboxKind(row["kind"]) if row["kind"] else None,
        active_from=row["active_from"],
        receipt_number=row["receipt_number"],
        abolished_on=row["abolished_on"],
        abolished_by=row["abolished_by"],
        is_voided=row["is_voided"],
        reissued_on=row["reissued_on"],
    )
