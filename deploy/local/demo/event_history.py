"""Every event on the stack's topics as plain records, oldest first; dead letters are left out."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from shared.contracts.topics import SERVICES, TOPICS, dead_letter_topic
from shared.runtime.kafka import client_options
from shared.runtime.settings import KafkaSettings

READ_SECONDS = 60.0
POLL_MS = 200
DEAD_LETTERS = frozenset(dead_letter_topic(service).name for service in SERVICES)

EventRecord = Mapping[str, Any]
"""topic, key, every CloudEvents attribute by its name, and data."""


async def read_history(broker: KafkaSettings) -> list[EventRecord]:
    """All events that stand in the topics now, in the order in which they were decided."""
    names = {topic.name_with(broker.topic_prefix): topic.name for topic in TOPICS if topic.name not in DEAD_LETTERS}
    partitions = await _partitions(broker, list(names))
    consumer = AIOKafkaConsumer(**client_options(broker), enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        async with asyncio.timeout(READ_SECONDS):
            records = await _read_to_end(consumer, partitions)
    finally:
        await consumer.stop()
    events = [_as_event(names[record.topic], record) for record in records if record.value is not None]
    return sorted(events, key=lambda event: (event["time"], event["id"]))


async def _partitions(broker: KafkaSettings, names: Sequence[str]) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(**client_options(broker))
    await admin.start()
    try:
        described = await admin.describe_topics(list(names))
    finally:
        await admin.close()
    return [TopicPartition(topic["topic"], each["partition"]) for topic in described for each in topic["partitions"]]


async def _read_to_end(consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]) -> list[Any]:
    consumer.assign(partitions)
    await consumer.seek_to_beginning(*partitions)
    ends = await consumer.end_offsets(partitions)
    records: list[Any] = []
    while any([await consumer.position(partition) < end for partition, end in ends.items()]):
        for polled in (await consumer.getmany(timeout_ms=POLL_MS)).values():
            records += polled
    return records


def _as_event(topic: str, record: Any) -> EventRecord:
    attributes = {name.removeprefix("ce_"): value.decode() for name, value in record.headers if value is not None}
    return {"topic": topic, "key": record.key.decode(), **attributes, "data": json.loads(record.value)}
