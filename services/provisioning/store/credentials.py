"""Queries of secrets: sealed passwords, the days whose keys wrap them, and the mail server's hashes."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import asyncpg

from services.provisioning.domain.passwords import SealedPassword
from shared.kernel.identifiers import MailboxId, ReceiptNumber
from shared.runtime.database import Connection


async def insert_day_keys(db: Connection, closing_days: Sequence[date]) -> None:
    """Remember that the days' keys wrap something and are to be destroyed. Sorted days, because rows may be locked."""
    await db.execute(
        """
        insert into day_keys (closing_day)
        select closing_day from unnest($1::date[]) as given (closing_day)
        on conflict (closing_day) do update set destroyed_at = null where day_keys.destroyed_at is not null
        """,
        closing_days,
    )


async def lock_ended_day_keys(db: Connection, today: date) -> Sequence[date]:
    """Days before today whose keys may still exist, locked until the transaction ends."""
    rows = await db.fetch(
        """
        select closing_day
        from day_keys
        where destroyed_at is null and closing_day < $1
        order by closing_day
        for no key update
        """,
        today,
    )
    return [row["closing_day"] for row in rows]


async def mark_day_keys_destroyed(db: Connection, closing_days: Sequence[date], now: datetime) -> None:
    """Remember that the days' keys are gone."""
    await db.execute("update day_keys set destroyed_at = $2 where closing_day = any($1)", closing_days, now)


async def upsert_sealed_passwords(
    db: Connection, sealed: Sequence[SealedPassword], receipt_numbers: Sequence[ReceiptNumber]
) -> None:
    """Keep sealed passwords for their windows; one receipt number each. A mailbox's older one is overwritten."""
    await db.execute(
        """
        insert into sealed_passwords (mailbox_id, receipt_number, closing_day, wrapped_key, ciphertext)
        select mailbox_id, receipt_number, closing_day, wrapped_key, ciphertext
        from unnest($1::text[], $2::text[], $3::date[], $4::bytea[], $5::bytea[])
            as given (mailbox_id, receipt_number, closing_day, wrapped_key, ciphertext)
        on conflict (mailbox_id) do update
        set receipt_number = excluded.receipt_number,
            closing_day = excluded.closing_day,
            wrapped_key = excluded.wrapped_key,
            ciphertext = excluded.ciphertext
        """,
        [each.mailbox_id for each in sealed],
        receipt_numbers,
        [each.closing_day for each in sealed],
        [each.wrapped_key for each in sealed],
        [each.ciphertext for each in sealed],
    )


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


async def find_receipts_of_sealed(db: Connection, mailbox_ids: Sequence[MailboxId]) -> Sequence[ReceiptNumber]:
    """The applications under which the mailboxes' passwords can be read now."""
    rows = await db.fetch(
        "select distinct receipt_number from sealed_passwords where mailbox_id = any($1)", mailbox_ids
    )
    return [ReceiptNumber(row["receipt_number"]) for row in rows]


async def lock_sealed_passwords(
    db: Connection, receipt_numbers: Sequence[ReceiptNumber]
) -> dict[ReceiptNumber, list[SealedPassword]]:
    """The applications' sealed passwords, locked until the transaction ends."""
    rows = await db.fetch(
        """
        select receipt_number, mailbox_id, closing_day, wrapped_key, ciphertext
        from sealed_passwords
        where receipt_number = any($1)
        order by mailbox_id
        for no key update
        """,
        receipt_numbers,
    )
    found: dict[ReceiptNumber, list[SealedPassword]] = {}
    for row in rows:
        found.setdefault(ReceiptNumber(row["receipt_number"]), []).append(_sealed(row))
    return found


async def update_wrapped_keys(db: Connection, sealed: Sequence[SealedPassword]) -> None:
    """Keep data keys as wrapped for another day; the ciphertexts under them stay."""
    await db.execute(
        """
        update sealed_passwords
        set closing_day = given.closing_day, wrapped_key = given.wrapped_key
        from unnest($1::text[], $2::date[], $3::bytea[]) as given (mailbox_id, closing_day, wrapped_key)
        where sealed_passwords.mailbox_id = given.mailbox_id
        """,
        [each.mailbox_id for each in sealed],
        [each.closing_day for each in sealed],
        [each.wrapped_key for each in sealed],
    )


async def delete_ended_sealed_passwords(db: Connection, today: date) -> None:
    """Erase the ciphertexts of every day that is over."""
    await db.execute("delete from sealed_passwords where closing_day < $1", today)


async def delete_sealed_passwords(db: Connection, mailbox_ids: Sequence[MailboxId]) -> Sequence[ReceiptNumber]:
    """Erase the mailboxes' ciphertexts; returns the applications under which they could be read."""
    rows = await db.fetch(
        "delete from sealed_passwords where mailbox_id = any($1) returning receipt_number", mailbox_ids
    )
    return sorted({ReceiptNumber(row["receipt_number"]) for row in rows})


async def upsert_credentials(db: Connection, hashes: Mapping[MailboxId, str]) -> None:
    """Keep the mail server's hashes; a mailbox's older one is overwritten."""
    await db.execute(
        """
        insert into mailbox_credentials (mailbox_id, password_hash)
        select mailbox_id, password_hash
        from unnest($1::text[], $2::text[]) as given (mailbox_id, password_hash)
        on conflict (mailbox_id) do update set password_hash = excluded.password_hash
        """,
        list(hashes),
        list(hashes.values()),
    )


def _sealed(row: asyncpg.Record) -> SealedPassword:
    return SealedPassword(row["mailbox_id"], row["closing_day"], row["wrapped_key"], row["ciphertext"])
