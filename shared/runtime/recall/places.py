"""What the broker says: where topics end, what the service's group has committed, and the records in between."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, NoError, UnknownTopicOrPartitionError, for_code

from shared.contracts.decoding import ReceivedRecord
from shared.contracts.topics import ServiceName, Topic, consumer_group
from shared.runtime.kafka import (
    MISSING_RIGHTS,
    KafkaUnreachable,
    client_options,
    committed_offsets,
    refused_line,
    unreachable_line,
)
from shared.runtime.recall.memory import Place
from shared.runtime.settings import ServiceSettings
from shared.runtime.topic_reader import poll_until

START_SECONDS = 10.0
CLOSE_SECONDS = 3.0
COORDINATOR_SECONDS = 15.0
RETRY_SECONDS = 0.2
WAIT_MS = 20
"""For records, which are all there already, and before the leaders of the next topic are asked for."""
READ_AT_ONCE = 200
"""Records decoded before somebody else has a turn."""
NOTHING_WRONG = (NoError, UnknownTopicOrPartitionError)
"""A topic that is not there holds nothing; that one cannot be looked at is no such answer."""


class ComparisonRefused(KafkaUnreachable):
    """The broker says no: asking again helps only once somebody has given the right."""


class BrokerView:
    """One connection, without a membership in any group. Whatever is asked of it raises KafkaUnreachable."""

    def __init__(self, admin: AIOKafkaAdminClient, consumer: AIOKafkaConsumer, settings: ServiceSettings) -> None:
        self._admin = admin
        self._consumer = consumer
        self._settings = settings
        self._prefix = settings.topic_prefix

    async def ends(self, topics: Sequence[Topic]) -> dict[Place, int]:
        """One past the last offset of each partition."""
        with _told_as_unreachable(self._settings):
            partitions = await self._partitions(topics)
            found = await self._consumer.end_offsets(partitions)
        return {self._place(partition): offset for partition, offset in found.items()}

    async def committed(self, service: ServiceName, topics: Sequence[Topic]) -> dict[Place, int]:
        """Where the service's group reads next; partitions of which it never committed anything are missing.

        So are those that end before it: the topic was made anew, and what the group has read of it is not known.
        """
        with _told_as_unreachable(self._settings):
            partitions = await self._partitions(topics)
            found = await self._offsets_of(consumer_group(service, self._prefix), partitions)
            ends = await self._consumer.end_offsets(partitions)
        return {self._place(each): offset for each, offset in found.items() if 0 <= offset <= ends[each]}

    async def read(
        self, begin: Mapping[Place, int], end: Mapping[Place, int]
    ) -> AsyncIterator[tuple[Place, Sequence[ReceivedRecord]]]:
        """Records before `end`, from `begin` or the oldest there is, in order per partition.

        A place to begin that is behind the end is of a topic that was made anew: it is read from the oldest, too.
        """
        ends = {self._partition(place): offset for place, offset in end.items()}
        with _told_as_unreachable(self._settings):
            oldest = await self._consumer.beginning_offsets(list(ends))
            starts = {each: self._start(begin.get(self._place(each), 0), oldest[each], ends[each]) for each in ends}
            ends = {each: offset for each, offset in ends.items() if starts[each] < offset}
            # The broker is not asked for what is empty: it would wait for something to come.
            self._consumer.assign(list(ends))
            for each in ends:
                self._consumer.seek(each, starts[each])
            async for partition, records in poll_until(self._consumer, ends, READ_AT_ONCE):
                yield self._place(partition), records

    @staticmethod
    def _start(wanted: int, oldest: int, end: int) -> int:
        return max(wanted if wanted <= end else 0, oldest)

    async def _offsets_of(self, group: str, partitions: Sequence[TopicPartition]) -> Mapping[TopicPartition, int]:
        """A broker that has just started has no coordinator for a moment; taken for an answer, that would hide all."""
        deadline = time.monotonic() + COORDINATOR_SECONDS
        while True:
            try:
                return await committed_offsets(self._admin, group, partitions)
            except KafkaError as error:
                if not error.retriable or time.monotonic() > deadline:
                    raise
            await asyncio.sleep(RETRY_SECONDS)

    async def _partitions(self, topics: Sequence[Topic]) -> list[TopicPartition]:
        described = await self._admin.describe_topics([topic.name_with(self._prefix) for topic in topics])
        for topic in described:
            if (error := for_code(topic["error_code"])) not in NOTHING_WRONG:
                raise error(topic["topic"])
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
    # Records that retention takes away while they are read are passed by, never all that follow them.
    consumer = AIOKafkaConsumer(
        **options,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=WAIT_MS,
        retry_backoff_ms=WAIT_MS,
    )
    clients: list[Any] = [AIOKafkaAdminClient(**options), consumer]
    try:
        with _told_as_unreachable(settings):
            async with asyncio.timeout(START_SECONDS):
                for client in clients:
                    await client.start()
        yield BrokerView(clients[0], clients[1], settings)
    finally:
        with contextlib.suppress(TimeoutError, KafkaError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await clients[0].close()
                await clients[1].stop()


@contextlib.contextmanager
def _told_as_unreachable(settings: ServiceSettings) -> Iterator[None]:
    """Around what is asked of the broker, and nothing else: a database that is away must not look like it."""
    try:
        yield
    except MISSING_RIGHTS as error:
        raise ComparisonRefused(refused_line(settings, error, "comparing the database with its topics")) from error
    except (KafkaError, OSError) as error:
        raise KafkaUnreachable(unreachable_line(settings, error)) from error
