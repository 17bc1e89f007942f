"""What the broker says: where topics end, what the service's group has committed, and the records in between."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from shared.contracts.decoding import ReceivedRecord
from shared.contracts.topics import ServiceName, Topic, consumer_group
from shared.runtime.kafka import KafkaUnreachable, client_options, unreachable_line
from shared.runtime.recall.memory import Place
from shared.runtime.settings import ServiceSettings

START_SECONDS = 10.0
CLOSE_SECONDS = 3.0
COORDINATOR_SECONDS = 15.0
RETRY_SECONDS = 0.2
POLL_MS = 500
STANDSTILL_SECONDS = 30.0
"""How long not one record may come although the end is not reached."""


class BrokerView:
    """One connection, without a membership in any group."""

    def __init__(self, admin: AIOKafkaAdminClient, consumer: AIOKafkaConsumer, prefix: str) -> None:
        self._admin = admin
        self._consumer = consumer
        self._prefix = prefix

    async def ends(self, topics: Sequence[Topic]) -> dict[Place, int]:
        """One past the last offset of each partition."""
        found = await self._consumer.end_offsets(await self._partitions(topics))
        return {self._place(partition): offset for partition, offset in found.items()}

    async def committed(self, service: ServiceName, topics: Sequence[Topic]) -> dict[Place, int]:
        """Where the service's group reads next; partitions of which it never committed anything are missing."""
        group = consumer_group(service, self._prefix)
        partitions = await self._partitions(topics)
        found = await self._offsets_of(group, partitions)
        # A topic that was made anew is shorter than what was committed of the old one.
        ends = await self._consumer.end_offsets(partitions)
        return {self._place(each): min(at.offset, ends[each]) for each, at in found.items() if at.offset >= 0}

    async def read(
        self, begin: Mapping[Place, int], end: Mapping[Place, int]
    ) -> AsyncIterator[tuple[Place, Sequence[ReceivedRecord]]]:
        """Records before `end`, from `begin` or the oldest there is, in order per partition. Raises TimeoutError."""
        ends = {self._partition(place): offset for place, offset in end.items()}
        self._consumer.assign(list(ends))
        oldest = await self._consumer.beginning_offsets(list(ends))
        for partition, offset in ends.items():
            wanted = max(begin.get(self._place(partition), 0), oldest[partition])
            self._consumer.seek(partition, min(wanted, max(offset, oldest[partition])))
        while unread := [each for each, offset in ends.items() if await self._consumer.position(each) < offset]:
            async with asyncio.timeout(STANDSTILL_SECONDS):
                while not (polled := await self._consumer.getmany(*unread, timeout_ms=POLL_MS)):
                    pass
            for partition, records in polled.items():
                yield self._place(partition), [each for each in records if each.offset < ends[partition]]

    async def _offsets_of(self, group: str, partitions: Sequence[TopicPartition]) -> Mapping[TopicPartition, Any]:
        """A broker that has just started has no coordinator for a moment; taken for an answer, that would hide all."""
        deadline = time.monotonic() + COORDINATOR_SECONDS
        while True:
            try:
                return dict(await self._admin.list_consumer_group_offsets(group, partitions=partitions))
            except KafkaError as error:
                if not error.retriable or time.monotonic() > deadline:
                    raise
            await asyncio.sleep(RETRY_SECONDS)

    async def _partitions(self, topics: Sequence[Topic]) -> list[TopicPartition]:
        described = await self._admin.describe_topics([topic.name_with(self._prefix) for topic in topics])
        return [
            TopicPartition(topic["topic"], each["partition"]) for topic in described for each in topic["partitions"]
        ]

    def _place(self, partition: TopicPartition) -> Place:
        return partition.topic.removeprefix(self._prefix), partition.partition

    def _partition(self, place: Place) -> TopicPartition:
        return TopicPartition(self._prefix + place[0], place[1])


@asynccontextmanager
async def open_view(settings: ServiceSettings) -> AsyncIterator[BrokerView]:
    """Raises KafkaUnreachable."""
    options = client_options(settings)
    clients: list[Any] = [AIOKafkaAdminClient(**options), AIOKafkaConsumer(**options, enable_auto_commit=False)]
    try:
        async with asyncio.timeout(START_SECONDS):
            for client in clients:
                await client.start()
        yield BrokerView(clients[0], clients[1], settings.topic_prefix)
    except (KafkaError, OSError) as error:
        raise KafkaUnreachable(unreachable_line(settings, error)) from error
    finally:
        with contextlib.suppress(TimeoutError, KafkaError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await clients[0].close()
                await clients[1].stop()
