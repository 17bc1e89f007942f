"""Reading a topic up to its present end without a consumer group: for books that are compared, not consumed."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from shared.contracts.decoding import ReceivedRecord
from shared.contracts.topics import Topic
from shared.runtime.kafka import KafkaUnreachable, client_options, unreachable_line
from shared.runtime.settings import ServiceSettings

START_SECONDS = 15.0
CLOSE_SECONDS = 3.0
POLL_MS = 500
STANDSTILL_SECONDS = 30.0
"""How long not one record may come although the end is not reached."""


@dataclass(frozen=True, slots=True)
class TopicStretch:
    """What stands in a topic from the offsets asked for to its end at that moment."""

    start: Mapping[int, int]
    """First offset per partition: what was asked for, or the oldest there is."""
    end: Mapping[int, int]
    """One past the last offset per partition."""
    batches: AsyncIterator[Sequence[ReceivedRecord]]


class TopicReader(Protocol):
    """Opens a topic for one reading."""

    def read(self, topic: Topic, start: Mapping[int, int], *, only: int | None = None) -> Any:
        """An async context manager that gives a TopicStretch. Partitions not in `start` are read from the oldest.

        With `only`, the topic is that one partition.
        """
        ...


class KafkaTopicReader:
    """Reads from the broker. Any number of readings may run at once; each has a connection of its own."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings

    @asynccontextmanager
    async def read(
        self, topic: Topic, start: Mapping[int, int], *, only: int | None = None
    ) -> AsyncIterator[TopicStretch]:
        """As the protocol says. Raises KafkaUnreachable, TimeoutError."""
        consumer = AIOKafkaConsumer(
            topic.name_with(self._settings.topic_prefix),
            **client_options(self._settings),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        try:
            async with asyncio.timeout(START_SECONDS):
                await consumer.start()
        except (KafkaError, OSError) as error:
            await _close(consumer)
            raise KafkaUnreachable(unreachable_line(self._settings, error)) from error
        try:
            yield await _stretch(consumer, start, only)
        except KafkaError as error:
            raise KafkaUnreachable(unreachable_line(self._settings, error)) from error
        finally:
            await _close(consumer)


async def _close(consumer: AIOKafkaConsumer) -> None:
    """In bounded time: with a request still open the library's own end may wait for ever."""
    with contextlib.suppress(TimeoutError, KafkaError):
        async with asyncio.timeout(CLOSE_SECONDS):
            await consumer.stop()


async def _stretch(consumer: AIOKafkaConsumer, wanted: Mapping[int, int], only: int | None) -> TopicStretch:
    places = [place for place in sorted(consumer.assignment()) if only in (None, place.partition)]
    consumer.pause(*consumer.assignment().difference(places))
    oldest, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
    starts = {place: max(wanted.get(place.partition, 0), oldest[place]) for place in places}
    for place, offset in starts.items():
        consumer.seek(place, min(offset, ends[place]))
    return TopicStretch(
        start={place.partition: offset for place, offset in starts.items()},
        end={place.partition: offset for place, offset in ends.items()},
        batches=_batches(consumer, ends),
    )


async def _batches(
    consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]
) -> AsyncIterator[Sequence[ReceivedRecord]]:
    async for _, records in poll_until(consumer, ends):
        yield records


async def poll_until(
    consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int], at_once: int | None = None
) -> AsyncIterator[tuple[TopicPartition, Sequence[ReceivedRecord]]]:
    """Records before the ends, in order per partition. Raises TimeoutError when the broker stops sending them.

    At most `at_once` records are given at a time, so that whoever looks at each lets others run in between. Offsets may
    be passed without a record: markers of transactions, and what compaction has taken away.
    """
    before: Mapping[TopicPartition, int] = {}
    give_up_at = 0.0
    while unread := await _unread(consumer, ends):
        if unread != before:
            before, give_up_at = unread, time.monotonic() + STANDSTILL_SECONDS
        elif time.monotonic() > give_up_at:
            raise TimeoutError("the broker sends no records although the end is not reached")
        polled = await consumer.getmany(*unread, timeout_ms=POLL_MS, max_records=at_once)
        for place, records in polled.items():
            yield place, [record for record in records if record.offset < ends[place]]
        await asyncio.sleep(0)


async def _unread(consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> Mapping[TopicPartition, int]:
    """The next offset of each partition whose end is not reached."""
    positions = {place: await consumer.position(place) for place in ends}
    return {place: position for place, position in positions.items() if position < ends[place]}
