"""`nss lag`: how far each group of ours is behind, in records and in seconds, asked of the broker."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from deploy.catalogue.access import POSTS_HOOKS
from deploy.operate.broker import committed_offsets, partitions_of, reader
from deploy.operate.records import POLL_MS, seen_record
from deploy.operate.topics import admin_client
from shared.contracts.topics import (
    HOOKED_TOPICS,
    SERVICES,
    ServiceName,
    Topic,
    consumer_group,
    hooks_group,
    topics_read_by,
)
from shared.runtime.kafka import client_options
from shared.runtime.settings import KafkaSettings


@dataclass(frozen=True, slots=True)
class OldestEvent:
    """The first record that a group has not committed; `age_seconds` counts from its arrival at the broker."""

    age_seconds: float
    event_id: str | None
    event_type: str | None
    subject: str


@dataclass(frozen=True, slots=True)
class PartitionLag:
    """One partition of one group, names without a prefix; `committed` is None where nothing was committed yet."""

    group: str
    service: ServiceName
    topic: str
    partition: int
    committed: int | None
    end: int
    behind: int
    oldest: OldestEvent | None

    @property
    def oldest_seconds(self) -> float | None:
        """How old what waits here is."""
        return self.oldest.age_seconds if self.oldest else None

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {**asdict(self), "oldest_seconds": self.oldest_seconds}


@dataclass(frozen=True, slots=True)
class _Group:
    """A group by its name without a prefix, whose it is, and what it reads."""

    name: str
    service: ServiceName
    topics: Sequence[Topic]


GROUPS: Sequence[_Group] = (
    *(_Group(consumer_group(service), service, topics_read_by(service)) for service in SERVICES),
    _Group(hooks_group(), POSTS_HOOKS, HOOKED_TOPICS),
)
"""Every group of ours: one for each service, and the one that reads for web hooks."""


async def measure_lag(broker: KafkaSettings, now: datetime) -> Sequence[PartitionLag]:
    """Every partition of every group of ours, in order."""
    async with reader(broker) as consumer, admin_client(client_options(broker)) as admin:
        return [lag for group in GROUPS for lag in await _of(group, broker.topic_prefix, consumer, admin, now)]


async def _of(
    group: _Group, prefix: str, consumer: AIOKafkaConsumer, admin: AIOKafkaAdminClient, now: datetime
) -> list[PartitionLag]:
    topics = {topic.name_with(prefix): topic for topic in group.topics}
    partitions = await partitions_of(consumer, list(topics))
    committed = await committed_offsets(admin, prefix + group.name, partitions)
    starts, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
    found = []
    for place in partitions:
        offset = committed[place]
        position = max(offset, starts[place])
        behind = ends[place] - position
        oldest = await _oldest(consumer, topics, place, position, now) if behind else None
        found.append(
            PartitionLag(group.name, group.service, topics[place.topic].name, place.partition,
                         offset if offset >= 0 else None, ends[place], behind, oldest)
        )  # fmt: skip
    return found


async def _oldest(
    consumer: AIOKafkaConsumer, topics: Mapping[str, Topic], place: TopicPartition, offset: int, now: datetime
) -> OldestEvent | None:
    """The record at the offset, or the next one there is; None where the broker gives none in time."""
    consumer.assign([place])
    consumer.seek(place, offset)
    polled = await consumer.getmany(place, timeout_ms=POLL_MS, max_records=1)
    for record in polled.get(place, ()):
        seen = seen_record(record, topics[place.topic], place.partition)
        age = max((now - seen.arrived).total_seconds(), 0.0)
        return OldestEvent(age, seen.headers.get("ce_id"), seen.event_type, seen.subject)
    return None
