"""How far the service's groups are behind, asked of the broker, so that a reader that hangs or is gone shows it too."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from shared.contracts.topics import HOOKED_TOPICS, ServiceName, Topic, consumer_group, hooks_group
from shared.runtime import metrics
from shared.runtime.clock import SystemClock
from shared.runtime.jobs import Job
from shared.runtime.kafka import client_options, committed_offsets
from shared.runtime.settings import ServiceSettings

EVERY_SECONDS = 15.0
ANSWER_SECONDS = 10.0
CLOSE_SECONDS = 2.0
FIRST_RECORD_MS = 1000
FIRST_RECORD_BYTES = 16 * 1024
"""A broker gives at least one record, however large; more of them are of no use here."""


@dataclass(frozen=True, slots=True)
class MeasuredGroup:
    """One group, without a prefix, what it reads, and where it shows how far it is behind."""

    name: str
    topics: Sequence[Topic]
    gauges: metrics.LagGauges


def own_group(service: ServiceName, topics: Sequence[Topic]) -> MeasuredGroup:
    """The group of the service's consumer."""
    return MeasuredGroup(consumer_group(service), topics, metrics.CONSUMER_LAGS)


def group_of_hooks() -> MeasuredGroup:
    """The group that reads for web hooks."""
    return MeasuredGroup(hooks_group(), HOOKED_TOPICS, metrics.HOOK_LAGS)


class LagMeter:
    """Holds one connection to the broker between measurements; a new one is made after any error."""

    def __init__(self, service: ServiceName, settings: ServiceSettings, groups: Sequence[MeasuredGroup]) -> None:
        self._service = service
        self._settings = settings
        self._groups = groups
        self._machine_clock = SystemClock()
        self._clients: tuple[AIOKafkaAdminClient, AIOKafkaConsumer] | None = None

    def job(self) -> Job:
        """Sets the gauges of each group every 15 s; it changes nothing, so it never counts a row."""
        return Job("measure_lag", self._measure, EVERY_SECONDS)

    async def close(self) -> None:
        """Give the connections back, without waiting long for a broker that does not answer."""
        clients, self._clients = self._clients, None
        if clients is None:
            return
        with contextlib.suppress(TimeoutError, KafkaError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await clients[0].close()
                await clients[1].stop()

    async def positions(self, group: MeasuredGroup) -> dict[TopicPartition, tuple[int, int]]:
        """Where the group reads next, and where each partition ends; one never committed counts from its beginning.

        Topics that cannot be read now are left out, so that they hide nothing of the others.
        """
        admin, consumer = await self._connected()
        prefix = self._settings.topic_prefix
        partitions = await _readable(admin, [topic.name_with(prefix) for topic in group.topics])
        committed = await committed_offsets(admin, prefix + group.name, partitions)
        ends = await consumer.end_offsets(partitions)
        starts = await consumer.beginning_offsets(partitions)
        return {
            partition: (min(_position(committed[partition], starts[partition]), ends[partition]), ends[partition])
            for partition in partitions
        }

    async def oldest_seconds(self, positions: Mapping[TopicPartition, tuple[int, int]]) -> Mapping[str, float]:
        """By topic on the broker: how long ago the oldest record arrived that the group has not committed; else 0."""
        _, consumer = await self._connected()
        behind = {partition: position for partition, (position, end) in positions.items() if position < end}
        oldest = dict.fromkeys((partition.topic for partition in positions), 0.0)
        consumer.assign(list(behind))
        for partition, position in behind.items():
            consumer.seek(partition, position)
            polled = await consumer.getmany(partition, timeout_ms=FIRST_RECORD_MS, max_records=1)
            for record in polled.get(partition, ()):
                # Stamped by the producer's machine, which knows nothing of a clock that is moved for a demo.
                age = self._machine_clock.now().timestamp() - record.timestamp / 1000
                oldest[partition.topic] = max(oldest[partition.topic], age)
        return oldest

    async def _measure(self) -> int:
        for group in self._groups:
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    positions = await self.positions(group)
                    oldest = await self.oldest_seconds(positions)
            except BaseException:
                await self.close()
                raise
            self._show(group.gauges, positions, oldest)
        return 0

    def _show(
        self,
        gauges: metrics.LagGauges,
        positions: Mapping[TopicPartition, tuple[int, int]],
        oldest: Mapping[str, float],
    ) -> None:
        prefix = self._settings.topic_prefix
        for partition, (position, end) in positions.items():
            topic = partition.topic.removeprefix(prefix)
            gauges.records.labels(self._service, topic, partition.partition).set(end - position)
        for name, seconds in oldest.items():
            gauges.seconds.labels(self._service, name.removeprefix(prefix)).set(seconds)

    async def _connected(self) -> tuple[AIOKafkaAdminClient, AIOKafkaConsumer]:
        if self._clients is None:
            options = client_options(self._settings)
            self._clients = (
                AIOKafkaAdminClient(**options),
                AIOKafkaConsumer(**options, enable_auto_commit=False, max_partition_fetch_bytes=FIRST_RECORD_BYTES),
            )
            for client in self._clients:
                await client.start()
        return self._clients


async def _readable(admin: AIOKafkaAdminClient, names: Sequence[str]) -> list[TopicPartition]:
    """The partitions of those topics of which every partition has a leader."""
    described = await admin.describe_topics(list(names))
    return [
        TopicPartition(topic["topic"], partition["partition"])
        for topic in described
        if all(partition["leader"] >= 0 for partition in topic["partitions"])
        for partition in topic["partitions"]
    ]


def _position(committed: int, start: int) -> int:
    """Where the group reads next: -1 means that it never committed."""
    return start if committed < 0 else max(committed, start)
