"""What was published stays for seven days in partitions by day, so that a lost topic can be published again."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from shared.contracts.topics import Topic
from shared.runtime.clock import Clock
from shared.runtime.database import Connection, Pool
from shared.runtime.jobs import Job

KEPT_DAYS = 7
DAYS_AHEAD = 3
EVERY_SECONDS = 3600.0


async def archive_published(db: Connection, seqs: Sequence[int], published_on: date) -> None:
    """Move acknowledged rows from the outbox to the archive, in one statement."""
    await db.execute(
        """
        with published as (
            delete from event_outbox where seq = any($1::bigint[])
            returning seq, id, aggregatetype, aggregateid, record_key, type, payload, topic, source, specversion,
                subject, partitionkey, sequence, occurred_at, dataschema, causationid, correlationid, datacontenttype,
                traceparent, extra_headers, created_at
        )
        insert into event_outbox_archive
            (published_on, seq, id, aggregatetype, aggregateid, record_key, type, payload, topic, source, specversion,
             subject, partitionkey, sequence, occurred_at, dataschema, causationid, correlationid, datacontenttype,
             traceparent, extra_headers, created_at)
        select $2, seq, id, aggregatetype, aggregateid, record_key, type, payload, topic, source, specversion,
            subject, partitionkey, sequence, occurred_at, dataschema, causationid, correlationid, datacontenttype,
            traceparent, extra_headers, created_at
        from published
        """,
        seqs,
        published_on,
    )


async def republish(db: Connection, topic: Topic, since: datetime) -> int:
    """Put copies of a topic's archived events, decided at or after `since`, back into the outbox in their old order.

    Ids, sequences and bytes stay the same, so consumers absorb what they already have. Returns how many there are.
    """
    status = await db.execute(
        """
        insert into event_outbox
            (id, aggregatetype, aggregateid, record_key, type, payload, topic, source, specversion, subject,
             partitionkey, sequence, occurred_at, dataschema, causationid, correlationid, datacontenttype, traceparent,
             extra_headers, created_at)
        select id, aggregatetype, aggregateid, record_key, type, payload, topic, source, specversion, subject,
            partitionkey, sequence, occurred_at, dataschema, causationid, correlationid, datacontenttype, traceparent,
            extra_headers, created_at
        from (
            select distinct on (id, type) seq, id, aggregatetype, aggregateid, record_key, type, payload, topic, source,
                specversion, subject, partitionkey, sequence, occurred_at, dataschema, causationid, correlationid,
                datacontenttype, traceparent, extra_headers, created_at
            from event_outbox_archive
            where topic = $1 and created_at >= $2
            order by id, type, seq
        ) as first_published
        order by seq
        """,
        topic.name,
        since,
    )
    return int(status.split()[-1])


async def count_archived(db: Connection, topic: Topic, since: datetime) -> int:
    """How many events `republish` would put back."""
    count: int = await db.fetchval(
        "select count(distinct (id, type)) from event_outbox_archive where topic = $1 and created_at >= $2",
        topic.name,
        since,
    )
    return count


async def roll_archive(pool: Pool, today: date) -> int:
    """Create the coming days' partitions and drop those older than seven days; returns how many changed."""
    changed: int = await pool.fetchval("select roll_outbox_archive($1, $2, $3)", today, KEPT_DAYS, DAYS_AHEAD)
    return changed


def archive_job(pool: Pool, clock: Clock) -> Job:
    """Rolls the partitions hourly; rows of a day without one wait in the default partition and are moved."""

    async def run() -> int:
        return await roll_archive(pool, clock.now().astimezone(UTC).date())

    return Job("roll_outbox_archive", run, EVERY_SECONDS)
