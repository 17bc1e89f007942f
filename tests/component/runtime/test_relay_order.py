"""An event never overtakes an earlier one of its subject, in whatever order transactions number and commit."""

import asyncio

from shared.contracts.topics import REVIEW
from shared.runtime.database import Pool
from shared.runtime.event_outbox import append_events
from tests.component.runtime.outbox_parts import header, opened, order_violations, show
from tests.component.runtime.relay_parts import a_relay, append, running, until_outbox_is_empty
from tests.conftest import PreparedTopics
from tests.topic_reader import read_topics

ATTEMPTS = 20
PATIENCE_SECONDS = 60.0


async def test_a_transaction_that_numbers_first_and_commits_last_is_not_overtaken_by_its_follower(
    url: str, pool: Pool, topics: PreparedTopics
) -> None:
    async with running(a_relay(url, topics.bootstrap, topics.prefix)):
        for attempt in range(1, ATTEMPTS + 1):
            await _commit_late_behind_a_sent_event(pool, slow=f"18{attempt:04d}A", quick=f"18{attempt:04d}B")
        await until_outbox_is_empty(pool)
    records = [record for _, record in await read_topics(topics.bootstrap, [REVIEW], topics.prefix)]
    late = len({header(record, "ce_subject") for record in records if header(record, "ce_subject").endswith("A")})
    show(sent=3 * ATTEMPTS, records=len(records), subjects_late=late, violations=order_violations(records))
    assert (len(records), late, order_violations(records)) == (3 * ATTEMPTS, ATTEMPTS, 0)


async def _commit_late_behind_a_sent_event(pool: Pool, *, slow: str, quick: str) -> None:
    """A slow writer numbers first, a quick one is published meanwhile; at once the slow one's subject gets a second."""
    async with pool.acquire() as writer:
        writing = writer.transaction()
        await writing.start()
        await append_events(writer, [opened(slow)])
        await append(pool, opened(quick))

        await _until_published(pool, quick, 1)
        await writing.commit()
    await append(pool, opened(slow))
    await _until_published(pool, slow, 2)


async def _until_published(pool: Pool, subject: str, count: int) -> None:
    """Notices it within a millisecond or two: the relay looks again 15 ms after it has published."""
    published = 0
    async with asyncio.timeout(PATIENCE_SECONDS):
        while published < count:
            await asyncio.sleep(0.001)
            published = await pool.fetchval("select count(*) from event_outbox_archive where subject = $1", subject)
