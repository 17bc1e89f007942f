"""Finding an application on its topic without reading all of it: receipt numbers rise with the offsets."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.partitioner import DefaultPartitioner

from deploy.operate.batch_search import search
from deploy.operate.broker import partitions_of
from deploy.operate.records import POLL_MS, SeenRecord, offsets_at, seen_record
from shared.contracts.topics import APPLICATION, Topic

RECEIVED = "nss.application.received.v1"
NEAR = 512
"""Records: numbers are drawn before the commit, so neighbours may stand in another order, but not far apart."""


def rank(receipt_number: str) -> tuple[str, str, str]:
    """What rises with time: year, letter, serial."""
    return receipt_number[:2], receipt_number[6:], receipt_number[2:6]


async def find_receipt(consumer: AIOKafkaConsumer, name: str, receipt_number: str) -> SeenRecord | None:
    """The `received` event of an application; `name` is its topic's on the broker. None if it is not there."""
    partitions = await partitions_of(consumer, [name])
    starts, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
    for partition in partitions:
        consumer.assign([partition])
        low = await _last_before(consumer, partition, receipt_number, starts[partition], ends[partition])
        first = max(low - NEAR, starts[partition])
        async for record in read_range(consumer, partition, first, min(low + 2 * NEAR, ends[partition]), APPLICATION):
            if record.event_type == RECEIVED and record.subject == receipt_number:
                return record
    return None


async def _last_before(
    consumer: AIOKafkaConsumer, partition: TopicPartition, receipt_number: str, low: int, high: int
) -> int:
    """An offset at most NEAR before the number's place, if it is in this partition."""
    while high - low > NEAR:
        middle = (low + high) // 2
        number = await _next_number(consumer, partition, middle, high)
        if number is None or rank(number) > rank(receipt_number):
            high = middle
        else:
            low = middle
    return low


async def _next_number(consumer: AIOKafkaConsumer, partition: TopicPartition, start: int, end: int) -> str | None:
    async for record in read_range(consumer, partition, start, end, APPLICATION):
        if record.event_type == RECEIVED:
            return record.subject
    return None


async def read_range(
    consumer: AIOKafkaConsumer, partition: TopicPartition, start: int, end: int, topic: Topic
) -> AsyncIterator[SeenRecord]:
    """The records of one assigned partition from `start` to before `end`."""
    consumer.seek(partition, start)
    while await consumer.position(partition) < end:
        for record in (await consumer.getmany(partition, timeout_ms=POLL_MS)).get(partition, ()):
            if record.offset >= end:
                return
            yield seen_record(record, topic, partition.partition)


async def read_application(
    consumer: AIOKafkaConsumer, topics: Mapping[str, Topic], receipt: SeenRecord, since: Any
) -> Sequence[SeenRecord]:
    """Every record about the application that arrived from `since` on, in the partitions that its key leads to."""
    partitions = await _partitions_of_key(consumer, list(topics), receipt)
    starts = await offsets_at(consumer, partitions, since)
    return await search(consumer, starts, await consumer.end_offsets(partitions), topics, receipt.subject)


async def _partitions_of_key(consumer: AIOKafkaConsumer, names: list[str], receipt: SeenRecord) -> list[TopicPartition]:
    """One partition a topic; all of them where the receipt shows that the number of partitions has changed since."""
    partitions = await partitions_of(consumer, names)
    by_name = {name: [each.partition for each in partitions if each.topic == name] for name in names}
    choose = DefaultPartitioner()
    chosen = [TopicPartition(name, choose(receipt.key.encode(), numbers, numbers)) for name, numbers in by_name.items()]
    kept_its_place = any(
        each.topic.endswith(APPLICATION.name) and each.partition == receipt.partition for each in chosen
    )
    return chosen if kept_its_place else partitions
