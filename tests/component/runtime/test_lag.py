"""How far a group is behind, as the broker knows."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupLoadInProgressError, KafkaError

from deploy.local.stack import Outside
from deploy.operate.topics import TopicLayout, create_topics
from shared.contracts.topics import REVIEW, consumer_group, topics_read_by
from shared.runtime.lag_measures import LagMeter, own_group
from tests.component.runtime.outbox_parts import settings_for
from tests.conftest import NewStack, PreparedTopics

AGE_SECONDS = 600
READ = topics_read_by("intake")
OWN = own_group("intake", READ)


def meter_of(bootstrap: str, prefix: str = "") -> LagMeter:
    return LagMeter("intake", settings_for("postgresql://h/d", bootstrap, prefix), [OWN])


@pytest.fixture
async def meter(topics: PreparedTopics) -> AsyncIterator[LagMeter]:
    meter = meter_of(topics.bootstrap, topics.prefix)
    yield meter
    await meter.close()


async def test_lag_counts_what_was_not_committed_from_the_beginning_on(topics: PreparedTopics, meter: LagMeter) -> None:
    name = topics.name(REVIEW)
    async with AIOKafkaProducer(bootstrap_servers=topics.bootstrap) as producer:
        for partition in (0, 1):
            for number in range(5):
                sent = round((time.time() - AGE_SECONDS + number) * 1000)
                await producer.send_and_wait(name, b"x", partition=partition, timestamp_ms=sent)
    group = consumer_group("intake", topics.prefix)
    async with AIOKafkaConsumer(
        bootstrap_servers=topics.bootstrap, group_id=group, enable_auto_commit=False
    ) as consumer:
        consumer.assign([TopicPartition(name, 0)])
        await consumer.commit({TopicPartition(name, 0): 3})
    positions = await meter.positions(OWN)
    oldest = dict(await meter.oldest_seconds(positions))
    assert {partition: end - position for partition, (position, end) in positions.items() if position < end} == {
        TopicPartition(name, 0): 2,
        TopicPartition(name, 1): 5,
    }
    assert len(positions) == 2 * len(READ)
    assert oldest.pop(name) == pytest.approx(AGE_SECONDS, abs=30)
    assert set(oldest.values()) == {0.0}


async def test_a_topic_without_a_leader_hides_nothing_of_the_others(
    topics: PreparedTopics, meter: LagMeter, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = topics.name(REVIEW)
    describe = AIOKafkaAdminClient.describe_topics

    async def without_a_leader(self: Any, names: Any) -> Any:
        described = await describe(self, names)
        next(topic for topic in described if topic["topic"] == name)["partitions"][0]["leader"] = -1
        return described

    monkeypatch.setattr(AIOKafkaAdminClient, "describe_topics", without_a_leader)
    measured = {partition.topic for partition in await meter.positions(OWN)}
    assert measured == {topics.name(topic) for topic in READ} - {name}


async def test_a_coordinator_that_still_loads_is_no_answer_about_positions(
    meter: LagMeter, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def about_no_partition(_self: Any, _group: str, **_options: Any) -> dict[TopicPartition, Any]:
        return {}

    monkeypatch.setattr(AIOKafkaAdminClient, "list_consumer_group_offsets", about_no_partition)
    with pytest.raises(GroupLoadInProgressError):
        await meter.positions(OWN)


@pytest.mark.full
async def test_a_broker_that_ends_and_comes_back_is_met_with_nothing_but_its_own_errors(new_stack: NewStack) -> None:
    stack = new_stack(Outside())
    await asyncio.to_thread(stack.start_kafka)
    bootstrap = stack.state.kafka_bootstrap
    await create_topics({"bootstrap_servers": bootstrap}, TopicLayout(partitions=2))
    meter = meter_of(bootstrap)
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=OWN.name, enable_auto_commit=False) as consumer:
        consumer.assign([TopicPartition(REVIEW.name, 0)])
        await consumer.commit({TopicPartition(REVIEW.name, 0): 0})
    met: Counter[str] = Counter()
    for _ in range(3):
        await asyncio.to_thread(stack.kill_part, "kafka")
        starting = asyncio.create_task(asyncio.to_thread(stack.start_kafka))
        while not (await answers(meter, met) and starting.done()):
            pass
        await starting
    await meter.close()
    print(dict(met))  # noqa: T201  what was met


async def answers(meter: LagMeter, met: Counter[str]) -> bool:
    """Whether the meter knows every position; what it met instead is noted."""
    try:
        async with asyncio.timeout(2):
            return len(await meter.positions(OWN)) == 2 * len(READ)
    except (KafkaError, TimeoutError, OSError) as error:
        met[type(error).__name__] += 1
        await meter.close()
        await asyncio.sleep(0.1)
        return False
