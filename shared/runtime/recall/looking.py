"""Comparing a database with the topics: their newest records tell whether it has been restored."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.contracts.decoding import ContractError, ReceivedRecord, decode_record
from shared.contracts.envelope import Event, source_of
from shared.contracts.event_data import EventData
from shared.contracts.topics import REDRIVE, TOPICS, ServiceName, Topic, topics_told_by
from shared.runtime.clock import Clock
from shared.runtime.database import Pool, transaction
from shared.runtime.event_batch import Delivery, read_delivery
from shared.runtime.event_router import EventRouter
from shared.runtime.kafka import KafkaUnreachable
from shared.runtime.logs import get_log
from shared.runtime.processed_events import find_processed
from shared.runtime.processed_purge import forgotten_before
from shared.runtime.recall.book import OwnBook
from shared.runtime.recall.memory import (
    Memory,
    Place,
    find_last_sequences,
    find_memory,
    keep_memory,
    mark_behind,
    mark_noted,
    note_subjects_behind,
)
from shared.runtime.recall.places import open_view
from shared.runtime.settings import ServiceSettings

TAIL_RECORDS = 20
"""So many of the newest records of each partition are always asked for."""
MOST_RECORDS = 1000
"""And so many at most of what has come since the last comparison: what a failed server lost may be long overtaken."""
COMPARING_SECONDS = 40.0
ALWAYS = datetime.fromtimestamp(0, UTC)
"""Since when a type is handled that the first comparison knew."""
ROLL_OUT = timedelta(hours=1)
"""So long may workers of the release before go on beside those that handle a type which it passes by."""
CLOCKS_APART = timedelta(days=1)
"""More than an event's time can be after the instant at which it was handled."""
TOPICS_BY_NAME: Mapping[str, Topic] = {topic.name: topic for topic in TOPICS}

log = get_log()


@dataclass(frozen=True, slots=True)
class Recall:
    """What comparing and repairing one service's database needs."""

    service: ServiceName
    settings: ServiceSettings
    pool: Pool
    clock: Clock
    router: EventRouter
    book: OwnBook

    @property
    def own_topics(self) -> Sequence[Topic]:
        """What it tells, and nobody else."""
        return topics_told_by(self.service)

    @property
    def read_topics(self) -> Sequence[Topic]:
        """What its group reads, without instructions of operators, which are never repeated."""
        return [topic for topic in self.router.topics if topic is not REDRIVE]

    @property
    def acts_on(self) -> frozenset[str]:
        """Types of events that it handles."""
        return frozenset(model.ce_type for model in self.router.models)


async def look(recall: Recall) -> bool:
    """Whether the database is current; one that is not keeps no process working until it is repaired.

    It is marked at once; then its numbers are lifted, so that none is given again, however long that takes.
    Raises KafkaUnreachable.
    """
    async with recall.pool.acquire() as db:
        memory = await find_memory(db)
    if memory is None or memory.is_current:
        known = memory.acts_on if memory else dict.fromkeys(recall.acts_on, ALWAYS)
        positions = await _compare(recall, memory, known)
        now = recall.clock.now()
        async with transaction(recall.pool) as db:
            if positions is not None:
                acts_on = {name: known.get(name, now) for name in recall.acts_on}
                return await keep_memory(db, positions, acts_on, now)
            await mark_behind(db, known, now)
        log.error("the database is older than its topics", service=recall.service)
    if memory is None or memory.is_current or not memory.is_noted:
        await _note_behind(recall, memory)
    return False


async def _compare(
    recall: Recall, memory: Memory | None, acts_on: Mapping[str, datetime]
) -> Mapping[Place, int] | None:
    """Where the topics stand, if the database knows what they tell; None if not."""
    before = memory.positions if memory else {}
    async with open_view(recall.settings) as view, _in_time():
        ends = await view.ends(recall.own_topics)
        committed = await view.committed(recall.service, recall.read_topics)
        async for place, records in view.read(_newest(ends, before), ends):
            if not await _recalls_own(recall, highest_told(recall.service, place, records)):
                return None
        async for place, records in view.read(_newest(committed, before), committed):
            if not await _recalls_handled(recall, deliveries_of(recall, place, records), acts_on):
                return None
    return {**ends, **committed}


async def _recalls_own(recall: Recall, told: Mapping[str, int]) -> bool:
    if not told:
        return True
    async with recall.pool.acquire() as db:
        given = await find_last_sequences(db, told)
    return all(given.get(subject, 0) >= sequence for subject, sequence in told.items())


async def _recalls_handled(recall: Recall, handled: Sequence[Delivery], acts_on: Mapping[str, datetime]) -> bool:
    keys = [delivery.key for delivery in handled if _was_acted_on(delivery, acts_on)]
    if not keys:
        return True
    async with recall.pool.acquire() as db:
        return await find_processed(db, keys) >= set(keys)


async def _note_behind(recall: Recall, memory: Memory | None) -> None:
    """Which subjects are behind, and their numbers lifted. Half of it is never taken for all: it is begun anew."""
    positions = memory.positions if memory else {}
    count = 0
    async with open_view(recall.settings) as view:
        ends = await view.ends(recall.own_topics)
        async for place, records in view.read(positions, ends):
            if told := highest_told(recall.service, place, records):
                async with transaction(recall.pool) as db:
                    behind = await note_subjects_behind(db, told)
                    await recall.book.lift_numbers(db, behind)
                count += len(behind)
    async with transaction(recall.pool) as db:
        await mark_noted(db)
    log.error("what the topics know more is noted", service=recall.service, subjects=count)


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    """Raises KafkaUnreachable when it takes too long; a database that does not answer tells so itself."""
    limit = asyncio.timeout(COMPARING_SECONDS)
    try:
        async with limit:
            yield
    except TimeoutError:
        if not limit.expired():
            raise
        line = f"comparing the database with its topics took longer than {COMPARING_SECONDS:.0f} s"
        raise KafkaUnreachable(line) from None


def highest_told(service: ServiceName, place: Place, records: Sequence[ReceivedRecord]) -> Mapping[str, int]:
    """The highest sequence of each subject in these records, in one order whoever asks."""
    told: dict[str, int] = {}
    for event in own_events(service, place, records):
        told[event.subject] = max(event.sequence or 0, told.get(event.subject, 0))
    return dict(sorted(told.items()))


def own_events(service: ServiceName, place: Place, records: Sequence[ReceivedRecord]) -> list[Event[EventData]]:
    """What the service itself told in these records; what cannot be read tells nothing."""
    events = []
    for record in records:
        try:
            decoded = decode_record(record, TOPICS_BY_NAME[place[0]])
        except ContractError:
            continue
        if isinstance(decoded, Event) and decoded.source == source_of(service) and decoded.sequence is not None:
            events.append(decoded)
    return events


def deliveries_of(recall: Recall, place: Place, records: Sequence[ReceivedRecord]) -> list[Delivery]:
    """Those of the records that the service acts on and would remember."""
    topic, now = TOPICS_BY_NAME[place[0]], recall.clock.now()
    read = [read_delivery(record, topic, place, recall.acts_on) for record in records]
    return [delivery for delivery in read if not delivery.is_skipped and not _may_be_forgotten(delivery, now)]


def _was_acted_on(delivery: Delivery, acts_on: Mapping[str, datetime]) -> bool:
    """Whether whoever passed this record handled it: a release that does not know a type goes past it.

    Of a record that cannot be read nobody knows when it was told, so it may be forgotten long since.
    """
    event = delivery.content
    since = acts_on.get(event.type) if isinstance(event, Event) else None
    return isinstance(event, Event) and since is not None and (since == ALWAYS or event.time >= since + ROLL_OUT)


def _may_be_forgotten(delivery: Delivery, now: datetime) -> bool:
    """A broker may keep a record for longer than it promised, and its clock may be another one; letters are kept."""
    before = forgotten_before(delivery.topic, now)
    return before is not None and isinstance(delivery.content, Event) and delivery.content.time < before + CLOCKS_APART


def _newest(ends: Mapping[Place, int], before: Mapping[Place, int]) -> dict[Place, int]:
    """From where on records are asked for: what came since the last comparison, within limits."""
    return {
        place: max(end - MOST_RECORDS, min(end - TAIL_RECORDS, before.get(place, 0)), 0) for place, end in ends.items()
    }
