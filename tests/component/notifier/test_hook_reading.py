"""From the topics to the receivers of hooks, over a real broker: read once, again after trouble, and replayed."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from services.notifier import workflows
from services.notifier.jobs import HookDispatcher
from shared.contracts.envelope import Record
from shared.contracts.topics import HOOKED_TOPICS, hooks_group
from shared.runtime.event_batch import PolledRecord
from shared.runtime.group_reader import GroupReader, records_since
from tests.component.notifier.bench import Bench
from tests.component.notifier.hook_desk import OPENED, ORDER, RECEIVED, Hooks, hooks_at, told
from tests.component.notifier.hook_receiver import a_receiver
from tests.component.runtime.outbox_parts import ReviewSettings, settings_for
from tests.conftest import PreparedTopics
from tests.topic_reader import group_lag
from tests.town import until


@pytest.fixture
def settings(topics: PreparedTopics) -> ReviewSettings:
    """The test's own topics and groups."""
    return settings_for("postgresql://h/d", topics.bootstrap, topic_prefix=topics.prefix)


@pytest.fixture
async def producer(topics: PreparedTopics) -> AsyncIterator[AIOKafkaProducer]:
    """Writes where the settings read."""
    producer = AIOKafkaProducer(bootstrap_servers=topics.bootstrap)
    await producer.start()
    yield producer
    await producer.stop()


@pytest.fixture
def hooks(bench: Bench) -> Hooks:
    """At the time of day: the broker stamps arrivals with it."""
    bench.clock.set(datetime.now(UTC))
    return hooks_at(bench)


async def put(producer: AIOKafkaProducer, prefix: str, *records: Record) -> None:
    for record in records:
        await producer.send_and_wait(prefix + record.topic, record.value, record.key, headers=list(record.headers))


async def test_events_reach_the_receiver_in_order_and_a_replay_brings_them_again_with_their_ids(
    hooks: Hooks, settings: ReviewSettings, producer: AIOKafkaProducer
) -> None:
    now = hooks.bench.clock.now()
    first, second = ([told(RECEIVED, number, now), told(RECEIVED, number, now, event=2)] for number in (1, 2))
    queue = partial(workflows.queue_posts, hooks.desk)
    reader = GroupReader(settings, hooks_group(settings.topic_prefix), HOOKED_TOPICS, queue)
    async with a_receiver() as receiver:
        await hooks.add(receiver.url)
        running = [asyncio.create_task(reader.run()), asyncio.create_task(HookDispatcher(hooks.desk).run())]
        await put(producer, settings.topic_prefix, *first)
        await receiver.comes(2)
        between = datetime.now(UTC)
        await asyncio.sleep(0.05)
        await put(producer, settings.topic_prefix, *second)
        await receiver.comes(4)
        ids = receiver.ids
        assert [ids.index(dict(record.headers)["ce_id"].decode()) for record in first] == [0, 1]

        hooks.bench.clock.advance(seconds=1)
        await workflows.ask_for_replay(hooks.desk, "payroll", between, ORDER)
        since = partial(records_since, settings, HOOKED_TOPICS)
        assert await workflows.replay_posts(hooks.desk, since) == 1
        assert await workflows.replay_posts(hooks.desk, since) == 0, "it is done once"
        await receiver.comes(6)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    assert receiver.ids[4:] == [dict(record.headers)["ce_id"].decode() for record in second]
    assert await hooks.bench.pool.fetchval("select queued from hook_replays") == 2


async def test_what_could_not_be_queued_is_read_again_and_a_new_reader_goes_on_where_the_old_one_stood(
    hooks: Hooks, settings: ReviewSettings, producer: AIOKafkaProducer
) -> None:
    now, failing, handed = hooks.bench.clock.now(), [True], list[str]()
    names = [topic.name_with(settings.topic_prefix) for topic in HOOKED_TOPICS]

    async def queue(records: Sequence[PolledRecord]) -> None:
        if failing.pop() if failing else False:
            raise asyncpg.PostgresConnectionError
        handed.extend((dict(record.headers)["ce_subject"] or b"").decode() for record in records)

    async def read_until(count: int) -> None:
        reader = GroupReader(settings, hooks_group(settings.topic_prefix), HOOKED_TOPICS, queue)
        running = asyncio.create_task(reader.run())

        async def look() -> bool | None:
            behind = await group_lag(settings, hooks_group(settings.topic_prefix), names)
            return (len(handed) >= count and not behind) or None

        await until(look, f"{count} records to be handed over, and their offsets to be committed")
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    await put(producer, settings.topic_prefix, told(OPENED, 1, now))
    await read_until(1)
    await put(producer, settings.topic_prefix, told(OPENED, 2, now))
    await read_until(2)
    assert handed == ["180001A", "180002A"]


async def test_a_replay_begins_with_what_arrived_then_and_not_before(
    settings: ReviewSettings, producer: AIOKafkaProducer
) -> None:
    begin = datetime.now(UTC)
    await put(producer, settings.topic_prefix, *[told(OPENED, number, begin) for number in range(5)])
    for since, expected in ((begin - timedelta(hours=1), 5), (datetime.now(UTC) + timedelta(hours=1), 0)):
        async with records_since(settings, HOOKED_TOPICS, since) as batches:
            assert sum([len(records) async for records in batches]) == expected
