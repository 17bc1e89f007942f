"""Searching partitions for one subject by the bytes of whole batches: only batches that hold it are taken apart.

Taking a record apart costs a hundred times what looking over its bytes does, and of a million records an application
has twenty. Compressed batches are always taken apart.
"""

import struct
from collections.abc import Iterator, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import for_code
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.record.memory_records import MemoryRecords

from deploy.operate.records import SeenRecord, seen_record
from shared.contracts.topics import Topic

PARTITION_BYTES = 8 * 1024 * 1024
REQUEST_BYTES = 48 * 1024 * 1024
WAIT_MS = 100
UNCOMMITTED = 0
NEWEST_FORMAT = 2
HEAD = struct.Struct(">qiibIhi")
"""Base offset, length from there on, leader's epoch, format, checksum, attributes, last offset from the base."""
LENGTH_FROM = 12
COMPRESSION = 0b111


async def search(
    consumer: AIOKafkaConsumer,
    starts: Mapping[TopicPartition, int],
    ends: Mapping[TopicPartition, int],
    topics: Mapping[str, Topic],
    subject: str,
) -> list[SeenRecord]:
    """Every record with this `ce_subject` from the starts to before the ends. Raises KafkaError."""
    found: list[SeenRecord] = []
    places = {place: start for place, start in starts.items() if start < ends[place]}
    while places:
        for node, own in _by_leader(consumer, places).items():
            for place, content in await _fetch(consumer, node, own):
                places[place] = _look_over(content, place, places[place], topics[place.topic], subject, found)
        places = {place: offset for place, offset in places.items() if offset < ends[place]}
    return [record for record in found if record.offset < ends[TopicPartition(_name(topics, record), record.partition)]]


def _name(topics: Mapping[str, Topic], record: SeenRecord) -> str:
    return next(name for name, topic in topics.items() if topic is record.topic)


def _by_leader(
    consumer: AIOKafkaConsumer, places: Mapping[TopicPartition, int]
) -> Mapping[int, list[tuple[TopicPartition, int]]]:
    leaders: dict[int, list[tuple[TopicPartition, int]]] = {}
    for place, offset in places.items():
        leaders.setdefault(consumer._client.cluster.leader_for_partition(place), []).append((place, offset))
    return leaders


async def _fetch(
    consumer: AIOKafkaConsumer, node: int, places: list[tuple[TopicPartition, int]]
) -> list[tuple[TopicPartition, bytes]]:
    """What the node has from these offsets on, as it lies on its disk."""
    asked: dict[str, list[tuple[int, int, int]]] = {}
    for place, offset in places:
        asked.setdefault(place.topic, []).append((place.partition, offset, PARTITION_BYTES))
    request: Any = FetchRequest(WAIT_MS, 1, REQUEST_BYTES, UNCOMMITTED, list(asked.items()))
    answer = await consumer._client.send(node, request)
    found = []
    for topic, partitions in answer.topics:
        for partition, code, *_, content in partitions:
            if code:
                raise for_code(code)
            found.append((TopicPartition(topic, partition), bytes(content or b"")))
    return found


def _look_over(
    content: bytes, place: TopicPartition, offset: int, topic: Topic, subject: str, found: list[SeenRecord]
) -> int:
    """Adds what is found; the offset behind the last whole batch."""
    wanted, position = subject.encode(), 0
    while position + HEAD.size <= len(content):
        base, length, _, form, _, attributes, last = HEAD.unpack_from(content, position)
        end = position + LENGTH_FROM + length
        if end > len(content):
            break
        is_plain = form == NEWEST_FORMAT and not attributes & COMPRESSION
        if not is_plain or content.find(wanted, position, end) >= 0:
            batch = content[position:end]
            found += [record for record in _records(batch, place, topic) if record.offset >= offset
                      and record.subject == subject]  # fmt: skip
        offset, position = base + last + 1, end
    return offset


def _records(batch: bytes, place: TopicPartition, topic: Topic) -> Iterator[SeenRecord]:
    parts = MemoryRecords(batch)
    while parts.has_next():
        for record in parts.next_batch():
            yield seen_record(record, topic, place.partition)
