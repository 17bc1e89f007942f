"""Which events were consumed already: the row is written in the transaction that does the work."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.runtime.database import Connection

EventKey = tuple[str, UUID]
"""Source and id: what an event is known by."""

Status = Literal["done", "held", "dead"]


async def claim_events(
    db: Connection, events: Sequence[EventKey], topics: Sequence[str], now: datetime
) -> set[EventKey] | None:
    """Those of the events that nobody has consumed yet; None if that is all of them, and none is there twice.

    They are now claimed, as done, by this transaction.

    Waits for another transaction that holds one of them. Its outcome is visible only to a *later* statement, so the
    queues of held events must be read after this, never in the same statement.
    """
    rows = await db.fetch(
        """
        insert into processed_events (source, event_id, topic, status, processed_at)
        select source, event_id, topic, 'done', $4
        from unnest($1::text[], $2::uuid[], $3::text[]) as received (source, event_id, topic)
        on conflict do nothing
        returning source, event_id
        """,
        [source for source, _ in events],
        [event_id for _, event_id in events],
        topics,
        now,
    )
    if len(rows) == len(events):
        return None
    return {(row["source"], row["event_id"]) for row in rows}


async def find_processed(db: Connection, events: Sequence[EventKey]) -> set[EventKey]:
    """Those of the events that were consumed, are held or dead."""
    rows = await db.fetch(
        """
        select processed.source, processed.event_id
        from processed_events as processed
        join unnest($1::text[], $2::uuid[]) as received (source, event_id)
            on received.source = processed.source and received.event_id = processed.event_id
        """,
        [source for source, _ in events],
        [event_id for _, event_id in events],
    )
    return {(row["source"], row["event_id"]) for row in rows}


async def delete_expired(db: Connection, topic: str, before: datetime, limit: int) -> int:
    """Forget up to `limit` finished events of a topic that were consumed before the instant; answers how many."""
    answer: str = await db.execute(
        """
        delete from processed_events where (source, event_id) in (
            select source, event_id from processed_events
            where topic = $1 and processed_at < $2 and status = 'done' limit $3
        )
        """,
        topic,
        before,
        limit,
    )
    return int(answer.rpartition(" ")[2])


async def update_status(db: Connection, events: Sequence[EventKey], status: Status, now: datetime) -> None:
    """What became of claimed events: done, held in a queue, or dead at its head."""
    await db.execute(
        """
        update processed_events as processed set status = $3, processed_at = $4
        from unnest($1::text[], $2::uuid[]) as changed (source, event_id)
        where processed.source = changed.source and processed.event_id = changed.event_id
        """,
        [source for source, _ in events],
        [event_id for _, event_id in events],
        status,
        now,
    )
