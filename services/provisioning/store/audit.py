"""Queries of the audit: entries that wait to be sealed, the chain of seals, and what stands outside it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from services.provisioning.domain.audit import AuditEntry, Seal, SealedEntry
from shared.runtime.database import Connection

SEALERS_LOCK = 0x6E737361  # "nssa"


async def write_audit_entry(
    db: Connection, happened_at: datetime, action: str, subject: str, detail: dict[str, Any]
) -> None:
    """Write down something that no trigger sees, for example what an operator had done."""
    await db.execute("select write_audit_entry($1, $2, $3, $4)", happened_at, action, subject, detail)


async def try_sealers_lock(db: Connection) -> bool:
    """Become the only one who seals until the transaction ends; false where somebody else does."""
    return bool(await db.fetchval("select pg_try_advisory_xact_lock($1)", SEALERS_LOCK))


async def claim_unsealed(db: Connection, limit: int) -> Sequence[AuditEntry]:
    """Take the oldest entries that wait to be sealed off the queue; each must be sealed in this transaction."""
    rows = await db.fetch(
        """
        with claimed as (
            delete from audit_unsealed
            where entry in (select entry from audit_unsealed order by entry limit $1)
            returning entry
        )
        select audit_entries.entry, happened_at, action, subject, detail
        from audit_entries join claimed on claimed.entry = audit_entries.entry
        order by audit_entries.entry
        """,
        limit,
    )
    return [AuditEntry(**row) for row in rows]


async def count_unsealed(db: Connection) -> int:
    """How many entries wait to be sealed, counted up to 100,000."""
    return int(await db.fetchval("select count(*) from (select from audit_unsealed limit 100000) as counted"))


async def find_last_seal(db: Connection) -> Seal | None:
    """The head of the chain; None before the first seal."""
    row = await db.fetchrow("select position, entry, hash from audit_seals order by position desc limit 1")
    return None if row is None else Seal(**row)


async def find_seal(db: Connection, position: int) -> Seal | None:
    """One link of the chain, if it is there."""
    row = await db.fetchrow("select position, entry, hash from audit_seals where position = $1", position)
    return None if row is None else Seal(**row)


async def find_anchor(db: Connection) -> Seal | None:
    """The last seal that has been let go, after which the chain begins; None while it is whole."""
    row = await db.fetchrow("select position, entry, hash from audit_anchors order by position desc limit 1")
    return None if row is None else Seal(**row)


async def find_told_cut(db: Connection, position: int) -> bytes | None:
    """The hash that the audit itself has noted for a cut at that position; None where it has noted none."""
    told = await db.fetchval(
        "select detail ->> 'hash' from audit_entries where subject = $1 and action = 'audit.cut' limit 1",
        str(position),
    )
    return None if told is None else bytes.fromhex(told)


async def cut_audit(db: Connection, up_to: int, happened_before: datetime, now: datetime) -> None:
    """Let go of the chain's front up to that position. Raises CheckViolationError for what is not old enough."""
    await db.execute("select cut_audit($1, $2, $3)", up_to, happened_before, now)


async def insert_seals(db: Connection, seals: Sequence[Seal]) -> None:
    """Lengthen the chain; a position that is taken already fails the transaction."""
    await db.execute(
        """
        insert into audit_seals (position, entry, hash)
        select position, entry, hash
        from unnest($1::bigint[], $2::bigint[], $3::bytea[]) as given (position, entry, hash)
        """,
        [seal.position for seal in seals],
        [seal.entry for seal in seals],
        [seal.hash for seal in seals],
    )


async def find_links(db: Connection, after: int, limit: int) -> Sequence[SealedEntry]:
    """The next links of the chain with their entries, in order."""
    rows = await db.fetch(
        """
        select position, audit_seals.entry as sealed_entry, hash,
               audit_entries.entry, happened_at, action, subject, detail
        from audit_seals left join audit_entries on audit_entries.entry = audit_seals.entry
        where position > $1
        order by position
        limit $2
        """,
        after,
        limit,
    )
    return [_link(row) for row in rows]


async def find_never_sealed(db: Connection, limit: int) -> Sequence[int]:
    """Entries that are neither sealed nor waiting to be."""
    rows = await db.fetch(
        """
        select entry from audit_entries
        where not exists (select from audit_seals where audit_seals.entry = audit_entries.entry)
          and not exists (select from audit_unsealed where audit_unsealed.entry = audit_entries.entry)
        order by entry
        limit $1
        """,
        limit,
    )
    return [row["entry"] for row in rows]


def _link(row: asyncpg.Record) -> SealedEntry:
    seal = Seal(row["position"], row["sealed_entry"], row["hash"])
    if row["entry"] is None:
        return SealedEntry(seal, None)
    return SealedEntry(seal, AuditEntry(row["entry"], row["happened_at"], row["action"], row["subject"], row["detail"]))
