"""Forgets consumed events that can never be delivered again: topic retention and thirty days ago."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.contracts.topics import Topic
from shared.runtime.clock import Clock
from shared.runtime.database import Pool, transaction
from shared.runtime.jobs import Job
from shared.runtime.processed_events import delete_expired

KEPT_BEYOND_RETENTION = timedelta(days=30)
BATCH_ROWS = 5_000
EVERY_SECONDS = 3_600.0


def forgotten_before(topic: Topic, now: datetime) -> datetime | None:
    """What was consumed of the topic before this instant may be forgotten; None for what is remembered for ever."""
    if topic.retention_days is None:
        return None
    return now - timedelta(days=topic.retention_days) - KEPT_BEYOND_RETENTION


def purge_job(pool: Pool, clock: Clock, topics: Sequence[Topic]) -> Job:
    """Deletes in batches, most of the time nothing. Topics that are kept for ever are remembered for ever."""

    async def run() -> int:
        deleted = 0
        for topic in topics:
            if before := forgotten_before(topic, clock.now()):
                async with transaction(pool) as db:
                    deleted += await delete_expired(db, topic.name, before, BATCH_ROWS)
        return deleted

    return Job("purge_processed_events", run, EVERY_SECONDS, irreversible=True)
