"""A database for the small service, a producer for its topics, and waiting for what must come true."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from aiokafka import AIOKafkaProducer

from shared.contracts.envelope import Event, Record, to_record
from shared.contracts.event_data import EventData
from shared.contracts.topics import Topic
from shared.runtime.database import Pool, open_pool
from tests.component.runtime.road import ORDER_VIOLATIONS, STATE, Replica, create_tables
from tests.conftest import CreateDatabase, PreparedTopics

WAIT_SECONDS = 90.0


@dataclass
class RoadWorld:
    """One database and one set of topics."""

    bootstrap: str
    prefix: str
    database: str
    db: Pool
    producer: AIOKafkaProducer

    def replica(self, *, max_records: int | None = None) -> Replica:
        """A consumer in this process; use it with `async with`."""
        return Replica(self.bootstrap, self.prefix, self.database, max_records=max_records)

    async def send(self, *events: Event[EventData]) -> None:
        """Publish events in order."""
        await self.send_records([to_record(event, self.prefix) for event in events])

    async def send_records(self, records: Sequence[Record]) -> None:
        """Publish records as they are; their topics have the prefix."""
        futures = [
            await self.producer.send(record.topic, record.value, key=record.key, headers=list(record.headers))
            for record in records
        ]
        await asyncio.gather(*futures)

    async def send_raw(
        self, topic: Topic, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, Any]] = ()
    ) -> None:
        """Publish anything."""
        name = topic.name_with(self.prefix)
        await self.producer.send_and_wait(name, value, key=key, headers=list(headers))

    async def value(self, query: str, *arguments: object) -> Any:
        """One value of the database."""
        return await self.db.fetchval(query, *arguments)

    async def until(self, query: str, expected: object, *arguments: object, seconds: float = WAIT_SECONDS) -> None:
        """Wait until the query's value is the expected one."""
        found: object = None
        try:
            async with asyncio.timeout(seconds):
                while (found := await self.db.fetchval(query, *arguments)) != expected:  # noqa: ASYNC110  a database
                    await asyncio.sleep(0.05)
        except TimeoutError:
            pytest.fail(f"waited {seconds} s for {expected!r}, found {found!r}: {query}; {await self.report()}")

    async def until_effects(self, count: int, seconds: float = WAIT_SECONDS) -> None:
        """Wait for a number of effects."""
        await self.until("select count(*) from road_effects", count, seconds=seconds)

    async def state(self) -> list[tuple[Any, ...]]:
        """Everything the workflows made, comparable between runs."""
        return [tuple(row) for row in await self.db.fetch(STATE)]

    async def poison(self, event_id: UUID) -> None:
        """Make the workflow fail on this event."""
        await self.db.execute("insert into road_poison values ($1)", event_id)

    async def cure(self) -> None:
        """No event fails any more."""
        await self.db.execute("delete from road_poison")

    async def report(self, **more: object) -> dict[str, object]:
        """The counts every test prints."""
        counts: dict[str, object] = {
            "effects": await self.value("select count(*) from road_effects"),
            "repeated effects": await self.value("select count(*) - count(distinct event_id) from road_effects"),
            "held": await self.value("select count(*) from held_events where reason <> 'dead'"),
            "dead": await self.value("select count(*) from held_events where reason = 'dead'"),
            "order violations": await self.value(ORDER_VIOLATIONS),
        }
        return more | counts

    async def print_report(self, **more: object) -> dict[str, object]:
        """Print the counts and answer them."""
        counts = await self.report(**more)
        print(json.dumps(counts, default=str))  # noqa: T201  the figures of the proof
        return counts


OpenWorld = Callable[[], Awaitable[RoadWorld]]


@pytest.fixture
async def url(service_database: CreateDatabase) -> str:
    """A fresh database of review."""
    return await service_database("review")


@pytest.fixture
async def pool(url: str) -> AsyncIterator[Pool]:
    """A pool on it."""
    opened_pool = await open_pool(url, application_name="test")
    yield opened_pool
    await opened_pool.close()


@pytest.fixture
async def producer(kafka_bootstrap: str) -> AsyncIterator[AIOKafkaProducer]:
    """Sends records up to 3 MB, idempotent."""
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka_bootstrap, acks="all", enable_idempotence=True, max_request_size=3_000_000
    )
    await producer.start()
    yield producer
    await producer.stop()


@pytest.fixture
async def world(
    topics: PreparedTopics, service_database: CreateDatabase, producer: AIOKafkaProducer
) -> AsyncIterator[RoadWorld]:
    """A fresh database with the road's tables, and fresh topics."""
    database = await service_database("review")
    await create_tables(database)
    db = await open_pool(database, application_name="test", min_size=1, max_size=3)
    yield RoadWorld(topics.bootstrap, topics.prefix, database, db, producer)
    await db.close()
