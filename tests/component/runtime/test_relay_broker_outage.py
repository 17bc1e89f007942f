"""The relay while its broker is killed and comes back, on a broker of the test's own."""

import asyncio

import pytest

from deploy.local.stack import LocalStack, Outside
from deploy.operate.topics import TopicLayout, create_topics
from shared.contracts.topics import REVIEW
from shared.runtime.clock import SystemClock
from shared.runtime.database import Pool, transaction
from shared.runtime.event_outbox import append_events
from shared.runtime.event_relay import EventRelay
from tests.component.runtime.outbox_parts import duplicates, opened, order_violations, settings_for, show, until
from tests.conftest import NewStack
from tests.topic_reader import read_topics


@pytest.fixture
async def broker(new_stack: NewStack) -> LocalStack:
    """A stack that is nothing but a broker, with every topic."""
    stack = new_stack(Outside())
    await asyncio.to_thread(stack.start_kafka)
    await create_topics({"bootstrap_servers": stack.state.kafka_bootstrap}, TopicLayout(partitions=2))
    return stack


async def append_steadily(pool: Pool, count: int) -> None:
    """Events of six applications of three offices, ten to a transaction, over some seconds."""
    for start in range(0, count, 10):
        async with transaction(pool) as db:
            numbers = range(start, start + 10)
            await append_events(db, [opened(f"18{n % 6:04d}A", key=f"NAC{n % 3:03d}") for n in numbers])
        await asyncio.sleep(0.05)


async def test_a_broker_killed_under_load_loses_and_reorders_nothing(broker: LocalStack, url: str, pool: Pool) -> None:
    bootstrap = broker.state.kafka_bootstrap
    relay = EventRelay(service="review", settings=settings_for(url, bootstrap), clock=SystemClock())
    relay.start()
    try:
        writing = asyncio.create_task(append_steadily(pool, 1000))
        await asyncio.sleep(1)
        await asyncio.to_thread(broker.kill_part, "kafka")
        await asyncio.sleep(2)
        waiting = await pool.fetchval("select count(*) from event_outbox")
        await asyncio.to_thread(broker.start_kafka)
        await writing

        async def outbox_is_empty() -> bool:
            return not await pool.fetchval("select exists (select from event_outbox)")

        await until(outbox_is_empty, seconds=90)
        assert relay.failing_seconds() == 0
    finally:
        await relay.stop()
    records = [record for _, record in await read_topics(bootstrap, [REVIEW])]
    effects = len(records) - duplicates(records)
    show(
        sent=1000,
        waiting_while_away=waiting,
        effects=effects,
        duplicates=duplicates(records),
        order_violations=order_violations(records),
    )
    assert waiting > 0
    assert (effects, order_violations(records)) == (1000, 0)
