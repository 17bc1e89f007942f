"""A small service on the real event models and the real runtime tables, to see what the consumer does to it."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
from pydantic import SecretStr

from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.contracts.intake_events import ApplicationCorrected, ApplicationReceived, ContractPublished
from shared.contracts.notifier_events import MailSent
from shared.contracts.provisioning_events import MailboxesIssued
from shared.runtime.clock import SystemClock
from shared.runtime.consumer import EventConsumer
from shared.runtime.database import Connection, Pool, open_pool
from shared.runtime.event_router import EventRouter, Prepared, Waiting
from shared.runtime.ids import new_uuid7
from shared.runtime.settings import ServiceSettings

SERVICE = "review"

TABLES = """
create table road_contracts (office_code text primary key, version integer not null);
create table road_applications (
    receipt_number text primary key, revision integer not null, asked text[] not null, answered text[] not null
);
create table road_effects (
    handled bigint generated always as identity, topic text not null, key text not null, subject text not null,
    event_id uuid not null, sequence bigint
);
create table road_poison (event_id uuid primary key);
create table road_prepared (event_id uuid primary key, token text not null);
"""

STATE = """
select 'application', receipt_number, revision::text, array_to_string(asked, ','), array_to_string(answered, ',')
from road_applications
union all select 'contract', office_code, version::text, '', '' from road_contracts
order by 1, 2
"""

ORDER_VIOLATIONS = """
select count(*) from (
    select sequence, lag(sequence) over (partition by topic, subject order by handled) as before from road_effects
) as effects where sequence <= before
"""

KEY_ORDER_VIOLATIONS = ORDER_VIOLATIONS.replace("topic, subject", "topic, key")
"""Holds only where nothing was held: a held application lets others of its office pass."""


class PoisonFound(ValueError):
    """The event stands in road_poison."""


class Road:
    """The workflows; `prepared_calls` counts the slow preparations of this process."""

    def __init__(self) -> None:
        self.prepared_calls = 0

    def router(self) -> EventRouter:
        """Contracts, applications, issues and mails."""
        router = EventRouter("review")
        router.on(ContractPublished, self.keep_contracts)
        router.on(ApplicationReceived, self.open_applications)
        router.on(ApplicationCorrected, self.correct_applications)
        router.on(MailboxesIssued, self.note_issues)
        router.on_prepared(MailSent, self.prepare_mails, self.note_mails)
        return router

    async def keep_contracts(self, db: Connection, events: Sequence[Event[ContractPublished]]) -> None:
        await refuse_poison(db, events)
        await db.executemany(
            """
            insert into road_contracts values ($1, $2) on conflict (office_code) do update set version = $2
            where road_contracts.version < $2
            """,
            [(event.data.office_code, event.data.contract_version) for event in events],
        )
        await note_effects(db, events)

    async def open_applications(self, db: Connection, events: Sequence[Event[ApplicationReceived]]) -> list[Waiting]:
        await refuse_poison(db, events)
        rows = await db.fetch("select office_code from road_contracts")
        known = {row["office_code"] for row in rows}
        ready = [event for event in events if event.data.office_code in known]
        await db.executemany(
            "insert into road_applications values ($1, 1, array['received'], '{}')",
            [(event.data.receipt_number,) for event in ready],
        )
        await note_effects(db, ready)
        return [Waiting(event, event.data.office_code) for event in events if event.data.office_code not in known]

    async def correct_applications(
        self, db: Connection, events: Sequence[Event[ApplicationCorrected]]
    ) -> list[Waiting]:
        waiting = await self._append(db, events, "asked")
        await db.executemany(
            "update road_applications set revision = $2 where receipt_number = $1",
            [(event.data.receipt_number, event.data.revision) for event in events],
        )
        return waiting

    async def note_issues(self, db: Connection, events: Sequence[Event[MailboxesIssued]]) -> list[Waiting]:
        return await self._append(db, events, "answered")

    async def prepare_mails(self, events: Sequence[Event[MailSent]]) -> dict[UUID, str]:
        self.prepared_calls += len(events)
        return {event.id: f"token-{self.prepared_calls}" for event in events}

    async def note_mails(self, db: Connection, events: Sequence[Event[MailSent]], prepared: Prepared) -> None:
        await refuse_poison(db, events)
        await db.executemany(
            "insert into road_prepared values ($1, $2)", [(event.id, prepared[event.id]) for event in events]
        )
        await note_effects(db, events)

    async def _append(self, db: Connection, events: Sequence[Event[Any]], column: str) -> list[Waiting]:
        await refuse_poison(db, events)
        rows = await db.fetch(
            "select receipt_number from road_applications where receipt_number = any($1) for update",
            [event.subject for event in events],
        )
        known = {row["receipt_number"] for row in rows}
        ready = [event for event in events if event.subject in known]
        await db.executemany(
            f"update road_applications set {column} = {column} || $2::text where receipt_number = $1",  # noqa: S608
            [(event.subject, f"{event.type}#{event.sequence}") for event in ready],
        )
        await note_effects(db, ready)
        return [Waiting(event, event.subject) for event in events if event.subject not in known]


async def refuse_poison(db: Connection, events: Sequence[Event[EventData]]) -> None:
    """Raise if one of the events stands in road_poison."""
    if await db.fetchval("select true from road_poison where event_id = any($1) limit 1", [e.id for e in events]):
        raise PoisonFound("secret text that must not leave the process")


async def note_effects(db: Connection, events: Sequence[Event[EventData]]) -> None:
    """One row per effect: duplicates and disorder show."""
    await db.executemany(
        "insert into road_effects (topic, key, subject, event_id, sequence) values ($1, $2, $3, $4, $5)",
        [(event.data.topic.name, event.key, event.subject, event.id, event.sequence) for event in events],
    )


def settings_for(bootstrap: str, prefix: str, database: str) -> ServiceSettings:
    """Settings of the small service."""
    return ServiceSettings(
        environment="test",
        kafka_bootstrap=bootstrap,
        topic_prefix=prefix,
        database_url=SecretStr(database),
        relay_database_url=SecretStr(database),
        port=1,
    )


class Replica:
    """One consumer in this process, with a pool of its own."""

    def __init__(self, bootstrap: str, prefix: str, database: str, *, max_records: int | None = None) -> None:
        self.road = Road()
        self._settings = settings_for(bootstrap, prefix, database)
        self._database = database
        self._max_records = max_records
        self.pool: Pool
        self.consumer: EventConsumer

    async def __aenter__(self) -> "Replica":
        self.pool = await open_pool(self._database, application_name="road", max_size=4)
        self.consumer = EventConsumer(
            router=self.road.router(),
            pool=self.pool,
            clock=SystemClock(),
            new_id=new_uuid7,
            settings=self._settings,
            max_records=self._max_records,
        )
        await self.consumer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.consumer.stop()
        async with asyncio.timeout(30):
            await self.pool.close()


async def create_tables(database: str) -> None:
    """Add the road's own tables to a migrated database."""
    connection = await asyncpg.connect(database)
    try:
        await connection.execute(TABLES)
    finally:
        await connection.close()
