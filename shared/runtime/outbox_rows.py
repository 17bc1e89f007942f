"""What the relay reads of the outbox: the rows that are its own to send, and how much waits."""

from datetime import datetime

import asyncpg

from shared.runtime.database import Connection

BATCH_ROWS = 500
EVERY_ROW = 2**63 - 1


async def next_rows(db: Connection, floor: int, own_up_to: int = EVERY_ROW) -> list[asyncpg.Record]:
    """The relay's next rows by `seq`, and which transactions were open when they were read.

    Beyond `own_up_to` only copies of dead letters are the relay's: the events there are published by Debezium.
    """
    return await db.fetch(
        """
        with open as materialized (
            select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as oldest_open,
                pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next_opened
        )
        select oldest_open, next_opened, seq, id, aggregateid, record_key, type, payload, topic, source, specversion,
            subject, partitionkey, sequence, occurred_at, dataschema, causationid, correlationid, datacontenttype,
            traceparent, extra_headers
        from event_outbox cross join open
        where seq > $1 and (seq <= $2 or extra_headers is not null) order by seq limit $3
        """,
        floor,
        own_up_to,
        BATCH_ROWS,
    )


async def find_last_seq(db: Connection) -> int:
    """The highest `seq` in the outbox; 0 when it is empty."""
    last: int | None = await db.fetchval("select max(seq) from event_outbox")
    return last or 0


async def find_depth_and_oldest(db: Connection) -> tuple[int, datetime | None]:
    """How many rows wait (100,000 stands for more), and when the first of them was written."""
    depth = await db.fetchval("select count(*) from (select from event_outbox limit 100000) as counted")
    oldest = await db.fetchval("select created_at from event_outbox order by seq limit 1")
    return depth, oldest
