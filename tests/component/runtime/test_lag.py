"""How far a group is behind, as the broker knows."""

import time

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from shared.contracts.topics import REVIEW, consumer_group, topics_read_by
from shared.runtime.lag_measures import LagMeter, own_group
from tests.component.runtime.outbox_parts import settings_for
from tests.conftest import PreparedTopics

AGE_SECONDS = 600


async def test_lag_counts_what_was_not_committed_from_the_beginning_on(topics: PreparedTopics) -> None:
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
    settings = settings_for("postgresql://h/d", topics.bootstrap, topics.prefix)
    own = own_group("intake", topics_read_by("intake"))
    meter = LagMeter("intake", settings, [own])
    positions = await meter.positions(own)
    oldest = dict(await meter.oldest_seconds(positions))
    await meter.close()
    assert {partition: end - position for partition, (position, end) in positions.items() if position < end} == {
        TopicPartition(name, 0): 2,
        TopicPartition(name, 1): 5,
    }
    assert len(positions) == 2 * len(topics_read_by("intake"))
    assert oldest.pop(name) == pytest.approx(AGE_SECONDS, abs=30)
    assert set(oldest.values()) == {0.0}
