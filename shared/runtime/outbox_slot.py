"""Debezium in the relay's place: which events its replication slot has confirmed, so that they may be archived.

Debezium moves its slot on only when Kafka has acknowledged everything before. Events stay in the outbox until then, so
that what waits is measured as ever, and the relay can take over again at any time without a loss.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import asyncpg

from shared.runtime.database import Connection
from shared.runtime.outbox_rows import find_last_seq

SAMPLE_ROWS = 10_000


class SlotMissing(RuntimeError):
    """The replication slot is not there, or the server has given it up; the message is one line."""


@dataclass(frozen=True, slots=True)
class _Sample:
    """Events that stood in the outbox while the log had been written up to this place, in bytes from its beginning."""

    rows: Sequence[asyncpg.Record]
    written_up_to: int


class OutboxSlot:
    """Follows one slot, a sample of the outbox at a time.

    Events up to `own_up_to` were there when it began: they may be older than the slot, so the relay sends them itself.
    What Debezium sends of them as well is absorbed like every repetition.
    """

    def __init__(self, name: str, own_up_to: int) -> None:
        self._name = name
        self.own_up_to = own_up_to
        self._sample: _Sample | None = None

    @classmethod
    async def follow(cls, db: Connection, name: str) -> Self:
        """Begin: first the slot must be there, then the outbox is looked at. Raises SlotMissing."""
        await _find_confirmed_up_to(db, name)
        return cls(name, await find_last_seq(db))

    async def find_confirmed(self, db: Connection) -> Sequence[asyncpg.Record]:
        """Events (`seq`, `topic`) that Kafka has by now and that were not found before. Raises SlotMissing."""
        confirmed_up_to = await _find_confirmed_up_to(db, self._name)
        if self._sample is None:
            self._sample = await _take_sample(db, self.own_up_to)
        if self._sample is None or confirmed_up_to < self._sample.written_up_to:
            return ()
        confirmed, self._sample = self._sample.rows, None
        return confirmed


async def _find_confirmed_up_to(db: Connection, slot: str) -> int:
    position: int | None = await db.fetchval(
        """
        select (confirmed_flush_lsn - '0/0')::bigint from pg_replication_slots
        where slot_name = $1 and database = current_database() and wal_status is distinct from 'lost'
        """,
        slot,
    )
    if position is None:
        raise SlotMissing(f"the replication slot {slot} is missing or lost: see deploy/SCALING.md")
    return position


async def _take_sample(db: Connection, after: int) -> _Sample | None:
    """The log's place is read after the rows were: what made them visible was written before it."""
    rows = await db.fetch(
        """
        select seq, topic, (pg_current_wal_insert_lsn() - '0/0')::bigint as written_up_to
        from event_outbox where seq > $1 and extra_headers is null order by seq limit $2
        """,
        after,
        SAMPLE_ROWS,
    )
    return _Sample(rows, rows[0]["written_up_to"]) if rows else None
