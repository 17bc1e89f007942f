"""Reading whole topics from the beginning without a group, and how far a service's group is behind."""

import asyncio
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from shared.contracts.topics import ServiceName, Topic, consumer_group, topics_read_by
from shared.runtime.kafka import client_options
from shared.runtime.settings import KafkaSettings

READ_TIMEOUT_SECONDS = 60

Broker = str | KafkaSettings
"""An address, or one with a login."""


async def read_topics(broker: Broker, topics: Sequence[Topic], prefix: str = "") -> list[tuple[Topic, Any]]:
    """Every record that stands in the topics now, per partition in order, each with its topic."""
    by_name = {topic.name_with(prefix): topic for topic in topics}
    consumer = AIOKafkaConsumer(**_client(broker), enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        async with asyncio.timeout(READ_TIMEOUT_SECONDS):
            partitions = await _partitions(consumer, list(by_name))
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            return [(by_name[record.topic], record) for record in await _read_to_end(consumer, partitions)]
    finally:
        await consumer.stop()


def _client(broker: Broker) -> dict[str, Any]:
    return {"bootstrap_servers": broker} if isinstance(broker, str) else client_options(broker)


async def _partitions(consumer: AIOKafkaConsumer, names: Sequence[str]) -> list[TopicPartition]:
    metadata = await consumer._client.fetch_all_metadata()
    return [
        TopicPartition(name, partition) for name in names for partition in metadata.partitions_for_topic(name) or ()
    ]


async def _read_to_end(consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]) -> list[Any]:
    ends = await consumer.end_offsets(partitions)
    records: list[Any] = []
    while any([await consumer.position(partition) < end for partition, end in ends.items()]):
        for polled in (await consumer.getmany(timeout_ms=200)).values():
            records += polled
    return records


async def committed_lag(broker: Broker, service: ServiceName, prefix: str = "") -> int:
    """Records in the service's topics that its group has not committed yet."""
    names = [topic.name_with(prefix) for topic in topics_read_by(service)]
    return await group_lag(broker, consumer_group(service, prefix), names)


async def group_lag(broker: Broker, group: str, names: Sequence[str]) -> int:
    """Records in the topics of these names that the group has not committed yet."""
    admin = AIOKafkaAdminClient(**_client(broker))
    consumer = AIOKafkaConsumer(**_client(broker), enable_auto_commit=False)
    await admin.start()
    await consumer.start()
    try:
        committed = await admin.list_consumer_group_offsets(group)
        partitions = await _partitions(consumer, names)
        ends = await consumer.end_offsets(partitions)
        starts = await consumer.beginning_offsets(partitions)
    finally:
        await consumer.stop()
        await admin.close()
    return sum(
        ends[partition] - (committed[partition].offset if partition in committed else starts[partition])
        for partition in partitions
    )
