"""`nss lag`: how far each service's group is behind, in records and in seconds, asked of the broker."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from deploy.operate.broker import committed_offsets, partitions_of, reader
from deploy.operate.records import POLL_MS
from deploy.operate.topics import admin_client
from shared.contracts.topics import SERVICES, ServiceName, consumer_group, topics_read_by
from shared.runtime.kafka import client_options
from shared.runtime.settings import KafkaSettings

MILLISECONDS = 1000


@dataclass(frozen=True, slots=True)
class PartitionLag:
    """One partition of one group; `oldest_seconds` is the age of the first record it has not committed."""

    service: ServiceName
    topic: str
    partition: int
    committed: int | None
    end: int
    behind: int
    oldest_seconds: float | None

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


async def measure_lag(broker: KafkaSettings, now: datetime) -> Sequence[PartitionLag]:
    """Every partition of every service's group, in order."""
    async with reader(broker) as consumer, admin_client(client_options(broker)) as admin:
        return [lag for service in SERVICES for lag in await _of(service, broker, consumer, admin, now)]


async def _of(
    service: ServiceName, broker: KafkaSettings, consumer: AIOKafkaConsumer, admin: AIOKafkaAdminClient, now: datetime
) -> list[PartitionLag]:
    names = [topic.name_with(broker.topic_prefix) for topic in topics_read_by(service)]
    partitions = await partitions_of(consumer, names)
    group = consumer_group(service, broker.topic_prefix)
    committed = await committed_offsets(admin, group, partitions)
    starts, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
    found = []
    for partition in partitions:
        offset = committed[partition]
        position = max(offset, starts[partition])
        behind = ends[partition] - position
        oldest = await _age(consumer, partition, position, now) if behind else None
        found.append(
            PartitionLag(service, partition.topic.removeprefix(broker.topic_prefix), partition.partition,
                         offset if offset >= 0 else None, ends[partition], behind, oldest)
        )  # fmt: skip
    return found


async def _age(consumer: AIOKafkaConsumer, partition: TopicPartition, offset: int, now: datetime) -> float | None:
    """Seconds since the record at the offset, or the next one there is, arrived at the broker."""
    consumer.assign([partition])
    consumer.seek(partition, offset)
    polled = await consumer.getmany(partition, timeout_ms=POLL_MS, max_records=1)
    records = polled.get(partition)
    return max(now.timestamp() - records[0].timestamp / MILLISECONDS, 0.0) if records else None
