"""Mails to the Center's desk about what could not be delivered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from shared.runtime.database import Connection


@dataclass(frozen=True, slots=True)
class ClaimedDigest:
    """A digest whose attempt is ours."""

    cause: str
    day: date
    facts: Mapping[str, Any]
    message_key: str
    attempts: int
    covers_until: datetime


async def lock_digests(db: Connection) -> None:
    """One replica at a time decides which digests are due."""
    await db.execute("select pg_advisory_xact_lock(hashtext('notifier digests'))")


async def find_covered(db: Connection) -> dict[str, tuple[date, datetime]]:
    """Per cause the day of the last digest, and until when it covers failures."""
    rows = await db.fetch("select distinct on (cause) cause, day, covers_until from digests order by cause, day desc")
    return {row["cause"]: (row["day"], row["covers_until"]) for row in rows}


async def find_failures(db: Connection, cause: str, after: datetime, until: datetime, limit: int) -> list[Any]:
    """Mails that failed for this cause in (after, until], oldest first."""
    return list(
        await db.fetch(
            """
            select receipt_number, office_code, mail, role, reply_code, ended_at as since from mails
            where state in ('failed', 'suppressed') and failure_class = $1 and ended_at > $2 and ended_at <= $3
            order by ended_at, mail_id limit $4
            """,
            cause,
            after,
            until,
            limit,
        )
    )


async def find_overdue(db: Connection, queued_before: datetime, limit: int) -> list[Any]:
    """Mails still waiting that were queued before then, oldest first."""
    return list(
        await db.fetch(
            """
            select receipt_number, office_code, mail, role, reply_code, queued_at as since from mails
            where state in ('queued', 'sending') and queued_at < $1 and due_at is not null
            order by queued_at, mail_id limit $2
            """,
            queued_before,
            limit,
        )
    )


async def insert_digest(
    db: Connection, cause: str, day: date, facts: Mapping[str, Any], message_key: str, now: datetime, until: datetime
) -> None:
    """Queue a digest; a cause has at most one per day."""
    await db.execute(
        """
        insert into digests (cause, day, facts, message_key, due_at, covers_until)
        values ($1, $2, $3, $4, $5, $6) on conflict (cause, day) do nothing
        """,
        cause,
        day,
        facts,
        message_key,
        now,
        until,
    )


async def claim_digests(db: Connection, now: datetime, claimed_until: datetime) -> list[ClaimedDigest]:
    """Take the digests that are due."""
    rows = await db.fetch(
        """
        with due as (
            select cause, day from digests where state in ('queued', 'sending') and due_at <= $1
            for update skip locked
        )
        update digests set state = 'sending', attempts = attempts + 1, due_at = $2
        from due where digests.cause = due.cause and digests.day = due.day
        returning digests.cause, digests.day, facts, message_key, attempts, covers_until
        """,
        now,
        claimed_until,
    )
    return [
        ClaimedDigest(
            row["cause"],
            row["day"],
            row["facts"],
            row["message_key"],
            row["attempts"],
            row["covers_until"],
        )
        for row in rows
    ]


async def mark_digest(db: Connection, digest: ClaimedDigest, state: str, due_at: datetime) -> None:
    """What became of a digest's attempt."""
    await db.execute(
        "update digests set state = $3, due_at = $4 where cause = $1 and day = $2 and attempts = $5",
        digest.cause,
        digest.day,
        state,
        due_at,
        digest.attempts,
    )


async def delete_old_digests(db: Connection, causes: Sequence[str], before: date) -> int:
    """Forget digests of days before then, but the last of each cause; how many."""
    status = await db.execute(
        """
        delete from digests where day < $2 and cause = any($1::text[])
            and day < (select max(later.day) from digests later where later.cause = digests.cause)
        """,
        causes,
        before,
    )
    return int(status.rpartition(" ")[2])
