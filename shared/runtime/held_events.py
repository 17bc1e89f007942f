"""The queues of events that must wait, one per subject and topic. Their head row is the lock for append and drain.

Reasons: `dead` (a dead letter, until an operator decides), `waiting` (for a fact about `awaited_subject`), `future`
(for a newer release), `behind` (queued behind a head; a head that is `behind` has become one and is to be tried).
"""

import base64
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg

from shared.contracts.decoding import ReceivedRecord
from shared.runtime.database import Connection
from shared.runtime.event_batch import Delivery, Failure, Queue
from shared.runtime.processed_events import EventKey

Reason = Literal["dead", "waiting", "future", "behind"]


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as it was received, read back from its row."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class HeldEvent:
    """One row of a queue."""

    position: int
    queue: Queue
    source: str
    event_id: UUID
    event_type: str | None
    reason: Reason
    awaited_subject: str | None
    attempts: int
    record: StoredRecord

    @property
    def key(self) -> EventKey:
        """Source and id."""
        return (self.source, self.event_id)


@dataclass(frozen=True, slots=True)
class Holding:
    """A delivery to be put into its queue."""

    delivery: Delivery
    reason: Reason
    awaited_subject: str | None = None

    @property
    def failure(self) -> Failure | None:
        """Why it is dead; None for what only waits."""
        return self.delivery.failure if self.reason == "dead" else None


async def find_queues(db: Connection, queues: Collection[Queue]) -> set[Queue]:
    """Those of the queues that are not empty."""
    rows = await db.fetch(
        """
        select distinct held.subject, held.topic
        from held_events as held
        join unnest($1::text[], $2::text[]) as wanted (subject, topic)
            on wanted.subject = held.subject and wanted.topic = held.topic
        """,
        [subject for subject, _ in queues],
        [topic for _, topic in queues],
    )
    return {(row["subject"], row["topic"]) for row in rows}


async def lock_heads(db: Connection, queues: Iterable[Queue]) -> dict[Queue, Reason]:
    """The reasons of the heads of those queues that are not empty, each head locked until the transaction ends."""
    heads: dict[Queue, Reason] = {}
    if not await db.fetchval("select exists (select from held_events)"):
        # Almost always: this spares sending every subject of the batch.
        return heads
    for queue in sorted(await find_queues(db, set(queues))):
        head = await lock_head(db, queue)
        if head is not None:
            heads[queue] = head.reason
    return heads


async def lock_head(db: Connection, queue: Queue) -> HeldEvent | None:
    """The head of the queue, locked; None once the queue is empty.

    A head that somebody drained while this waited for its lock is no head: the next row is locked instead, and an
    answer of nothing is checked again, because the statement that waited saw the queue as it was before.
    """
    while True:
        row = await db.fetchrow(
            """
            select position, subject, topic, source, event_id, event_type, reason, awaited_subject, attempts,
                record_key, record_value, record_headers, record_partition, record_offset
            from held_events where subject = $1 and topic = $2 order by position limit 1 for update
            """,
            *queue,
        )
        if row is not None:
            return _held_event(row)
        if not await find_queues(db, [queue]):
            return None


async def find_head(db: Connection, queue: Queue) -> HeldEvent | None:
    """The head of the queue without a lock: it may be gone the next moment."""
    row = await db.fetchrow(
        """
        select position, subject, topic, source, event_id, event_type, reason, awaited_subject, attempts,
            record_key, record_value, record_headers, record_partition, record_offset
        from held_events where subject = $1 and topic = $2 order by position limit 1
        """,
        *queue,
    )
    return None if row is None else _held_event(row)


async def find_queue_of(db: Connection, event_id: UUID) -> Queue | None:
    """The queue in which an event is held, if it is."""
    row = await db.fetchrow("select subject, topic from held_events where event_id = $1", event_id)
    return None if row is None else (row["subject"], row["topic"])


async def find_held(db: Connection, event_id: UUID) -> HeldEvent | None:
    """The row of an event; its queue's head must be locked."""
    row = await db.fetchrow(
        """
        select position, subject, topic, source, event_id, event_type, reason, awaited_subject, attempts,
            record_key, record_value, record_headers, record_partition, record_offset
        from held_events where event_id = $1
        """,
        event_id,
    )
    return None if row is None else _held_event(row)


async def find_awaiting(db: Connection, subjects: Collection[str]) -> set[Queue]:
    """Queues with an event that waits for a fact about one of the subjects."""
    rows = await db.fetch(
        "select subject, topic from held_events where reason = 'waiting' and awaited_subject = any($1::text[])",
        list(subjects),
    )
    return {(row["subject"], row["topic"]) for row in rows}


async def find_heads(db: Connection, reasons: Collection[Reason], after: int, limit: int) -> list[tuple[int, Queue]]:
    """Position and queue of heads with one of the reasons, oldest first, behind the position `after`."""
    rows = await db.fetch(
        """
        select position, subject, topic
        from (
            select distinct on (subject, topic) position, subject, topic, reason
            from held_events order by subject, topic, position
        ) as heads
        where reason = any($1::text[]) and position > $2 order by position limit $3
        """,
        list(reasons),
        after,
        limit,
    )
    return [(row["position"], (row["subject"], row["topic"])) for row in rows]


async def insert_held(db: Connection, holdings: Iterable[Holding], now: datetime) -> None:
    """Append to the queues in the order given; the caller has locked the heads of those that are not empty."""
    await db.executemany(
        """
        insert into held_events (subject, topic, source, event_id, event_type, reason, awaited_subject, record_key,
            record_value, record_headers, record_partition, record_offset, error_class, error_code, attempts, held_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
        """,
        [_row(holding, now) for holding in holdings],
    )


async def update_held(
    db: Connection, position: int, reason: Reason, awaited_subject: str | None = None, failure: Failure | None = None
) -> None:
    """Why the row waits from now on; without a failure its attempts start again."""
    await db.execute(
        """
        update held_events set reason = $2, awaited_subject = $3, error_class = $4, error_code = $5, attempts = $6
        where position = $1
        """,
        position,
        reason,
        awaited_subject,
        failure.error_class if failure else None,
        failure.code if failure else None,
        failure.attempts if failure else 0,
    )


async def delete_held(db: Connection, position: int) -> None:
    """Remove one row from its queue; the caller has locked the head."""
    await db.execute("delete from held_events where position = $1", position)


async def delete_queue(db: Connection, queue: Queue) -> list[EventKey]:
    """Empty a queue whose head the caller has locked; answers the events that were in it."""
    rows = await db.fetch(
        "delete from held_events where subject = $1 and topic = $2 returning source, event_id", *queue
    )
    return [(row["source"], row["event_id"]) for row in rows]


def stored_headers(record: ReceivedRecord) -> list[list[str | None]]:
    """Headers as a list of [name, base64 or null]; a null character in a name, which jsonb refuses, is replaced."""
    return [
        [name.replace("\0", "\N{REPLACEMENT CHARACTER}"), None if raw is None else base64.b64encode(raw).decode()]
        for name, raw in record.headers
    ]


def _row(holding: Holding, now: datetime) -> tuple[Any, ...]:
    delivery, failure, record = holding.delivery, holding.failure, holding.delivery.record
    return (
        *delivery.queue,
        *delivery.key,
        delivery.event_type,
        holding.reason,
        holding.awaited_subject,
        record.key,
        record.value,
        stored_headers(record),
        record.partition,
        record.offset,
        failure.error_class if failure else None,
        failure.code if failure else None,
        failure.attempts if failure else 0,
        now,
    )


def _held_event(row: asyncpg.Record) -> HeldEvent:
    return HeldEvent(
        position=row["position"],
        queue=(row["subject"], row["topic"]),
        source=row["source"],
        event_id=row["event_id"],
        event_type=row["event_type"],
        reason=row["reason"],
        awaited_subject=row["awaited_subject"],
        attempts=row["attempts"],
        record=StoredRecord(
            partition=row["record_partition"],
            offset=row["record_offset"],
            key=row["record_key"],
            value=row["record_value"],
            headers=[(name, None if raw is None else base64.b64decode(raw)) for name, raw in row["record_headers"]],
        ),
    )
