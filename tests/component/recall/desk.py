"""Review in small, and topics in memory as a comparison sees them: for what turns on what stands there."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from shared.contracts.envelope import Event, to_record
from shared.contracts.event_data import EventData
from shared.contracts.intake_events import ApplicationCorrected, ApplicationReceived
from shared.contracts.review_events import SystemSettingRecorded
from shared.contracts.topics import APPLICATION, ServiceName, Topic
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.event_outbox import append_events
from shared.runtime.event_router import EventRouter
from shared.runtime.processed_events import Status, claim_events, update_status
from shared.runtime.recall import OwnBook, Recall
from shared.runtime.recall.memory import Place
from shared.runtime.settings import ServiceSettings
from tests.builders import NOW, RECEIPT, FixedClock, an_application_received, an_event, new_ids, review_opened

READ_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class StandingRecord:
    """One record at its place."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


@dataclass(slots=True)
class TopicsInMemory:
    """In place of a BrokerView. With a `problem` the broker is away."""

    standing: dict[Place, list[StandingRecord]] = field(default_factory=dict)
    offsets: dict[Place, int] = field(default_factory=dict)
    problem: Exception | None = None

    def put(self, topic: Topic, value: bytes | None, headers: Sequence[tuple[str, bytes]], partition: int = 0) -> None:
        """One record more."""
        records = self.standing.setdefault((topic.name, partition), [])
        records.append(StandingRecord(partition, len(records), b"NAC001", value, list(headers)))

    @asynccontextmanager
    async def open(self, _settings: ServiceSettings) -> AsyncIterator["TopicsInMemory"]:
        """As `open_view` does."""
        self._answer()
        yield self

    async def ends(self, topics: Sequence[Topic]) -> dict[Place, int]:
        """As the view does."""
        self._answer()
        names = {topic.name for topic in topics}
        return {place: len(records) for place, records in self.standing.items() if place[0] in names}

    async def committed(self, _service: ServiceName, topics: Sequence[Topic]) -> dict[Place, int]:
        """As the view does."""
        self._answer()
        names = {topic.name for topic in topics}
        return {place: offset for place, offset in self.offsets.items() if place[0] in names}

    async def read(
        self, begin: Mapping[Place, int], end: Mapping[Place, int]
    ) -> AsyncIterator[tuple[Place, Sequence[StandingRecord]]]:
        """As the view does."""
        for place, last in end.items():
            for first in range(begin.get(place, 0), last, READ_AT_ONCE):
                self._answer()
                yield place, self.standing[place][first : min(first + READ_AT_ONCE, last)]

    def _answer(self) -> None:
        if self.problem is not None:
            raise self.problem


class Desk:
    """It opens what is received, and a person records a setting."""

    def __init__(self, settings: ServiceSettings, pool: Pool, topics: TopicsInMemory) -> None:
        self.pool, self.topics = pool, topics
        self.opened: list[str] = []
        self.recorded: list[str] = []
        self.lifted: list[str] = []
        self.new_id = new_ids()
        router = EventRouter("review")
        router.on(ApplicationReceived, self.open)
        book = OwnBook({SystemSettingRecorded.ce_type: self._restore}, self.lift)
        self.recall = Recall("review", settings, pool, FixedClock(), router, book)

    async def open(self, db: Connection, events: Sequence[Event[ApplicationReceived]]) -> None:
        """As the handler does, with an event that tells of it."""
        self.opened += [event.subject for event in events]
        told = [replace(an_event(review_opened()), causation_id=event.id, sequence=None) for event in events]
        await append_events(db, [replace(event, id=self.new_id()) for event in told])

    async def tell_within(self, db: Connection, event: Event[EventData]) -> None:
        """One event more of the transaction in hand."""
        await append_events(db, [replace(event, id=self.new_id())])

    async def lift(self, _db: Connection, subjects: Collection[str]) -> None:
        """As a book does."""
        self.lifted += subjects

    async def _restore(self, _db: Connection, event: Event[Any]) -> None:
        self.recorded.append(str(event.data.completed_on))

    def publish(self, *events: Event[EventData], partition: int = 0) -> None:
        """Where their topics end."""
        for event in events:
            record = to_record(event)
            self.topics.put(event.data.topic, record.value, record.headers, partition)

    def commit(self, offset: int, partition: int = 0) -> None:
        """What review's group has handled of the applications."""
        self.topics.offsets[APPLICATION.name, partition] = offset

    async def tell(self, *events: Event[EventData]) -> None:
        """Give them numbers here, as whoever tells does."""
        async with transaction(self.pool) as db:
            await append_events(db, [replace(event, id=self.new_id()) for event in events])
            await db.execute("delete from event_outbox")

    async def consume(self, *events: Event[EventData], status: Status = "done") -> None:
        """They are remembered here, as the consumer does."""
        keys = [(event.source, event.id) for event in events]
        async with transaction(self.pool) as db:
            await claim_events(db, keys, [APPLICATION.name for _ in keys], NOW)
            await update_status(db, keys, status, NOW)

    async def last_number(self, subject: str = RECEIPT) -> int:
        """Of a subject."""
        row = "select last_sequence from event_sequences where subject = $1"
        number: int = await self.pool.fetchval(row, subject)
        return number

    async def waiting(self) -> int:
        """Events in the outbox."""
        count: int = await self.pool.fetchval("select count(*) from event_outbox")
        return count


def a_correction() -> ApplicationCorrected:
    """Of the application that the builders give."""
    again = {"revision": 2, "corrected_at": NOW, "answers_clarification_id": UUID(int=7)}
    return ApplicationCorrected.model_validate({**an_application_received().model_dump(), **again})


def recorded(day: int, sequence: int) -> Event[EventData]:
    """A decision of review itself."""
    data = SystemSettingRecorded(receipt_number=RECEIPT, completed_on=date(2018, 10, day))
    return an_event(data, sequence=sequence, time=NOW)
