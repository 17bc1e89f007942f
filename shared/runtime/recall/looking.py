"""Comparing a database with the topics: their newest records tell whether it has been restored."""

from collections.abc import Mapping, Sequence
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
    note_subjects_behind,
)
from shared.runtime.recall.places import BrokerView, open_view
from shared.runtime.settings import ServiceSettings

TAIL_RECORDS = 20
"""So many of the newest records of each partition are asked for: what is older was written before."""
SUBJECTS_AT_ONCE = 1000
ALWAYS = datetime.fromtimestamp(0, UTC)
"""Since when a type is handled that the first comparison knew."""
ROLL_OUT = timedelta(hours=1)
"""So long may workers of the release before go on beside those that handle a type which it passes by."""
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

    Numbers that a restored database would give again are lifted at once. Raises KafkaUnreachable, TimeoutError.
    """
    async with recall.pool.acquire() as db:
        memory = await find_memory(db)
    if memory is not None and not memory.is_current:
        return False
    async with open_view(recall.settings) as view:
        ends = await view.ends(recall.own_topics)
        committed = await view.committed(recall.service, recall.read_topics)
        known = memory.acts_on if memory else dict.fromkeys(recall.acts_on, ALWAYS)
        if await _recalls_own(recall, view, ends) and await _recalls_handled(recall, view, committed, known):
            now = recall.clock.now()
            acts_on = {name: known.get(name, now) for name in recall.acts_on}
            async with transaction(recall.pool) as db:
                return await keep_memory(db, {**ends, **committed}, acts_on, now)
        await _note_behind(recall, view, memory, ends)
    return False


async def _recalls_own(recall: Recall, view: BrokerView, ends: Mapping[Place, int]) -> bool:
    told: dict[str, int] = {}
    async for place, records in view.read(_tails(ends), ends):
        _add_highest(told, own_events(recall.service, place, records))
    async with recall.pool.acquire() as db:
        given = await find_last_sequences(db, told)
    return all(given.get(subject, 0) >= sequence for subject, sequence in told.items())


async def _recalls_handled(
    recall: Recall, view: BrokerView, committed: Mapping[Place, int], acts_on: Mapping[str, datetime]
) -> bool:
    handled: list[Delivery] = []
    async for place, records in view.read(_tails(committed), committed):
        handled += [each for each in deliveries_of(recall, place, records) if _was_acted_on(each, acts_on)]
    async with recall.pool.acquire() as db:
        known = await find_processed(db, [delivery.key for delivery in handled])
    return all(delivery.key in known for delivery in handled)


async def _note_behind(recall: Recall, view: BrokerView, memory: Memory | None, ends: Mapping[Place, int]) -> None:
    """All subjects that are behind, in one transaction with the mark, so that half of it is never taken for all."""
    positions = memory.positions if memory else {}
    behind: list[str] = []
    async with transaction(recall.pool) as db:
        told: dict[str, int] = {}
        async for place, records in view.read(positions, ends):
            _add_highest(told, own_events(recall.service, place, records))
            if len(told) >= SUBJECTS_AT_ONCE:
                behind += await note_subjects_behind(db, told)
                told = {}
        behind += await note_subjects_behind(db, told)
        await recall.book.lift_numbers(db, behind)
        await mark_behind(db, recall.clock.now())
    log.error("the database is older than its topics", service=recall.service, subjects=len(set(behind)))


def _add_highest(told: dict[str, int], events: Sequence[Event[EventData]]) -> None:
    """Keep the highest sequence of each subject."""
    for event in events:
        told[event.subject] = max(event.sequence or 0, told.get(event.subject, 0))


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
    """Whether whoever passed this record handled it: a release that does not know a type goes past it."""
    if delivery.event_type is None:
        return True
    since = acts_on.get(delivery.event_type)
    if since is None:
        return False
    return since == ALWAYS or (isinstance(delivery.content, Event) and delivery.content.time >= since + ROLL_OUT)


def _may_be_forgotten(delivery: Delivery, now: datetime) -> bool:
    """A broker may keep a record for longer than it promised, and its clock may be another one; letters are kept."""
    before = forgotten_before(delivery.topic, now)
    return before is not None and isinstance(delivery.content, Event) and delivery.content.time < before


def _tails(ends: Mapping[Place, int]) -> dict[Place, int]:
    return {place: max(end - TAIL_RECORDS, 0) for place, end in ends.items()}
