"""Reading topics beside the service's consumer: in a group of its own, or once more from an instant.

For work whose effects are idempotent by themselves: a poll is handed over, then committed, and after any failure
everything not committed is read again. What is remembered of events elsewhere is left alone.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.contracts.topics import Topic
from shared.runtime.consumer_failures import code_of
from shared.runtime.event_batch import PolledRecord
from shared.runtime.kafka import client_options
from shared.runtime.logs import get_log
from shared.runtime.settings import ServiceSettings

POLL_MS = 500
MOST_RECORDS = 500
STANDSTILL_SECONDS = 30.0
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
MILLISECONDS = 1000

Handle = Callable[[Sequence[PolledRecord]], Awaitable[None]]

log = get_log()


class GroupReader:
    """Hands every record of the topics to `handle`, poll by poll, in order per partition, at least once."""

    def __init__(self, settings: ServiceSettings, group: str, topics: Sequence[Topic], handle: Handle) -> None:
        """`group` is the name on the broker, with the prefix."""
        self._settings, self._group, self._handle = settings, group, handle
        self._topics = [topic.name_with(settings.topic_prefix) for topic in topics]

    async def run(self) -> None:
        """Read until cancelled. After a failure, whatever it was, begin anew where the group stands."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                async for _ in self._polls():
                    pause = FIRST_PAUSE_SECONDS
            except Exception as error:
                # A loop that must never end: the database, the broker or a rebalance; all of them pass.
                log.warning("group reader begins anew", group=self._group, error=code_of(error))
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _polls(self) -> AsyncIterator[None]:
        consumer = AIOKafkaConsumer(
            *self._topics, **client_options(self._settings), group_id=self._group, enable_auto_commit=False,
            auto_offset_reset="earliest",
        )  # fmt: skip
        try:
            await consumer.start()
            while True:
                polled = await consumer.getmany(timeout_ms=POLL_MS, max_records=MOST_RECORDS)
                records = [record for records in polled.values() for record in records]
                if records:
                    await self._handle(records)
                    await consumer.commit({place: own[-1].offset + 1 for place, own in polled.items() if own})
                yield
        finally:
            await consumer.stop()


@asynccontextmanager
async def records_since(
    settings: ServiceSettings, topics: Sequence[Topic], since: datetime
) -> AsyncIterator[AsyncIterator[Sequence[PolledRecord]]]:
    """What arrived on the topics from `since` to this moment, in order per partition; without any group.

    Raises KafkaError, and TimeoutError when the broker stops sending.
    """
    consumer = AIOKafkaConsumer(
        *[topic.name_with(settings.topic_prefix) for topic in topics], **client_options(settings), group_id=None,
        enable_auto_commit=False, auto_offset_reset="earliest",
    )  # fmt: skip
    try:
        await consumer.start()
        yield _stretch(consumer, await _stand_at(consumer, since))
    finally:
        await consumer.stop()


async def _stand_at(consumer: AIOKafkaConsumer, since: datetime) -> Mapping[TopicPartition, int]:
    """Seek every partition to the instant; the ends at this moment."""
    places = sorted(consumer.assignment())
    ends: Mapping[TopicPartition, int] = await consumer.end_offsets(places)
    found = await consumer.offsets_for_times(dict.fromkeys(places, int(since.timestamp() * MILLISECONDS)))
    for place in places:
        consumer.seek(place, found[place].offset if found.get(place) is not None else ends[place])
    return ends


async def _stretch(
    consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]
) -> AsyncIterator[Sequence[PolledRecord]]:
    while unread := [place for place, end in ends.items() if await consumer.position(place) < end]:
        async with asyncio.timeout(STANDSTILL_SECONDS):
            while not (polled := await consumer.getmany(*unread, timeout_ms=POLL_MS, max_records=MOST_RECORDS)):
                pass
        yield [record for place, own in polled.items() for record in own if record.offset < ends[place]]
