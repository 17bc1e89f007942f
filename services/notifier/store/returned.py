"""What came back from mails, and the addresses that are suppressed for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.contracts.notifier_events import Mail, MailFailure, RecipientRole
from shared.kernel.identifiers import ReceiptNumber
from shared.runtime.database import Connection


@dataclass(frozen=True, slots=True)
class ReturnedMail:
    """The mail that something came back for."""

    mail_id: int
    receipt_number: ReceiptNumber
    office_code: str
    event_id: UUID
    mail: Mail
    role: RecipientRole
    state: str
    attempts: int
    address_hash: bytes | None


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address to which nothing is sent, told by the mail that bounced and how many mails wait for its release."""

    suppression_id: UUID
    receipt_number: str
    role: str
    mail: str
    status: str | None
    suppressed_at: datetime
    held_mails: int


async def lock_returned_mail(db: Connection, message_key: str) -> ReturnedMail | None:
    """The mail of that key, locked; None if there is none."""
    row = await db.fetchrow(
        """
        select mail_id, receipt_number, office_code, event_id, mail, role, state, attempts, address_hash
        from mails where message_key = $1 for update
        """,
        message_key,
    )
    return None if row is None else _returned(row)


async def insert_report(db: Connection, mail: ReturnedMail, outcome: str, status: str | None, now: datetime) -> None:
    """A line about what came back."""
    await db.execute(
        "insert into mail_attempts (mail_id, attempt, ended_at, outcome, status) values ($1, $2, $3, $4, $5)",
        mail.mail_id,
        mail.attempts,
        now,
        outcome,
        status,
    )


async def mark_bounced(db: Connection, mail_id: int, now: datetime) -> None:
    """The mail was accepted but did not arrive."""
    await db.execute(
        "update mails set state = 'failed', failure_class = $2, ended_at = $3 where mail_id = $1",
        mail_id,
        MailFailure.BOUNCED.value,
        now,
    )


async def insert_suppressions(
    db: Connection, suppressed: Sequence[tuple[UUID, bytes, int, str | None]], now: datetime
) -> None:
    """Suppress addresses: id, hash, the mail that bounced, its status. An address already suppressed stays so."""
    if not suppressed:
        return
    await db.executemany(
        """
        insert into suppressions (suppression_id, address_hash, mail_id, status, suppressed_at)
        values ($1, $2, $3, $4, $5) on conflict (address_hash) where released_at is null do nothing
        """,
        [(*row, now) for row in suppressed],
    )


async def find_suppressions(db: Connection) -> list[Suppression]:
    """Those in force, oldest first."""
    rows = await db.fetch(
        """
        select suppression_id, receipt_number, role, mail, suppressions.status, suppressed_at,
            (select count(*) from mails held
             where held.state = 'suppressed' and held.address_hash = suppressions.address_hash) as held_mails
        from suppressions join mails using (mail_id)
        where released_at is null order by suppressed_at, suppression_id
        """
    )
    return [Suppression(**row) for row in rows]


async def lock_suppression(db: Connection, suppression_id: UUID) -> bytes | None:
    """The hash of a suppressed address, locked; None if there is no such suppression in force."""
    address_hash: bytes | None = await db.fetchval(
        "select address_hash from suppressions where suppression_id = $1 and released_at is null for update",
        suppression_id,
    )
    return address_hash


async def release_address(db: Connection, address_hash: bytes, now: datetime) -> int:
    """End the suppression and let the mails it held go; how many."""
    await db.execute(
        "update suppressions set released_at = $2 where address_hash = $1 and released_at is null", address_hash, now
    )
    status = await db.execute(
        """
        update mails set state = 'queued', due_at = $2, ended_at = null, failure_class = null,
            attempts_before = attempts, first_tried_at = null
        where address_hash = $1 and state = 'suppressed' and sealed is not null
        """,
        address_hash,
        now,
    )
    return int(status.rpartition(" ")[2])


async def count_held_mails(db: Connection, address_hash: bytes) -> int:
    """Mails that a release would let go."""
    count: int = await db.fetchval(
        "select count(*) from mails where address_hash = $1 and state = 'suppressed' and sealed is not null",
        address_hash,
    )
    return count


async def delete_old_suppressions(db: Connection, before: datetime) -> int:
    """Forget the hashes of suppressions begun before then; how many."""
    status = await db.execute("delete from suppressions where suppressed_at < $1", before)
    return int(status.rpartition(" ")[2])


def _returned(row: Any) -> ReturnedMail:
    return ReturnedMail(
        mail_id=row["mail_id"],
        receipt_number=row["receipt_number"],
        office_code=row["office_code"],
        event_id=row["event_id"],
        mail=Mail(row["mail"]),
        role=RecipientRole(row["role"]),
        state=row["state"],
        attempts=row["attempts"],
        address_hash=row["address_hash"],
    )
