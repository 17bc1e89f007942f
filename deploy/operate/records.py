"""Records of our topics as the command reads them: headers as text, data only when it is asked for."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.operate.broker import partitions_of
from shared.contracts.topics import Topic

POLL_MS = 200
MILLISECONDS = 1000


@dataclass(frozen=True, slots=True)
class SeenRecord:
    """One record: where it stands, its headers as text, and its bytes."""

    topic: Topic
    partition: int
    offset: int
    key: str
    headers: Mapping[str, str]
    value: bytes | None = field(repr=False)
    arrived_ms: int
    """By the clock of the machine that sent it, which no demo moves."""

    @property
    def event_type(self) -> str | None:
        """The CloudEvents type, if the record says one."""
        return self.headers.get("ce_type")

    @property
    def subject(self) -> str:
        """Receipt number, office code or key."""
        return self.headers.get("ce_subject", self.key)

    @property
    def time(self) -> str:
        """When it was decided, as the record says."""
        return self.headers.get("ce_time", "")

    @property
    def arrived(self) -> datetime:
        """When it came to the broker."""
        return datetime.fromtimestamp(self.arrived_ms / MILLISECONDS, UTC)

    def data(self) -> Any:
        """The value as JSON; None for a tombstone or what is no JSON."""
        try:
            return None if self.value is None else json.loads(self.value)
        except ValueError:
            return None


async def read_records(
    consumer: AIOKafkaConsumer, topics: Mapping[str, Topic], since: datetime | None, *, follow: bool
) -> AsyncIterator[Sequence[SeenRecord]]:
    """Poll by poll, each ordered by the time of decision; ends at today's end of the topics unless it follows.

    `topics` are by their name on the broker; `since` counts by the broker's time of arrival.
    """
    partitions = await partitions_of(consumer, list(topics))
    consumer.assign(partitions)
    await seek(consumer, partitions, since)
    ends = await consumer.end_offsets(partitions)
    while follow or await _unread(consumer, ends):
        polled = await consumer.getmany(timeout_ms=POLL_MS)
        seen = [seen_record(record, topics[place.topic], place.partition) for place, records in polled.items()
                for record in records]  # fmt: skip
        if seen:
            yield sorted(seen, key=lambda record: record.time)


async def read_until(
    consumer: AIOKafkaConsumer, topics: Mapping[str, Topic], ends: Mapping[TopicPartition, int]
) -> AsyncIterator[Sequence[SeenRecord]]:
    """The records of assigned partitions from where the consumer stands to before the ends, poll by poll."""
    while await _unread(consumer, ends):
        polled = await consumer.getmany(timeout_ms=POLL_MS)
        yield [
            seen_record(record, topics[place.topic], place.partition)
            for place, records in polled.items()
            for record in records
            if record.offset < ends[place]
        ]


async def seek(consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition], since: datetime | None) -> None:
    """Stand at the first record that arrived at or after `since`, or at the beginning."""
    if since is None:
        await consumer.seek_to_beginning(*partitions)
        return
    for partition, offset in (await offsets_at(consumer, partitions, since)).items():
        consumer.seek(partition, offset)


async def offsets_at(
    consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition], since: datetime
) -> Mapping[TopicPartition, int]:
    """Of each partition the first record that arrived at or after the instant, or its end."""
    instant = int(since.timestamp() * MILLISECONDS)
    found = await consumer.offsets_for_times(dict.fromkeys(partitions, instant))
    ends = await consumer.end_offsets(partitions)
    places = {partition: found.get(partition) for partition in partitions}
    return {partition: ends[partition] if place is None else place.offset for partition, place in places.items()}


def seen_record(record: Any, topic: Topic, partition: int) -> SeenRecord:
    """A record as the client gives it. Bytes that are no UTF-8 are replaced, for this is only looked at.

    A null header counts as absent.
    """
    return SeenRecord(
        topic=topic,
        partition=partition,
        offset=record.offset,
        key=(record.key or b"").decode(errors="replace"),
        headers={name: raw.decode(errors="replace") for name, raw in record.headers if raw is not None},
        value=record.value,
        arrived_ms=record.timestamp,
    )


async def _unread(consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> bool:
    for partition, end in ends.items():
        if await consumer.position(partition) < end:
            return True
    return False
