"""Where the benchmark runs: seeded databases, copied afresh for each run, and topics under a prefix of its own."""

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from deploy.local.databases import migrations_of, with_database
from deploy.operate.topics import TopicLayout, create_topics, delete_topics
from services.intake import store as intake_store
from services.intake.domain.mailboxes import OfficeMailbox
from services.intake.domain.news import NewsCategory, NewsItem, NewsKind
from services.intake.domain.timeline import Actor, TimelineEntry, TimelineKind
from services.provisioning import store as provisioning_store
from services.provisioning import workflows as provisioning
from services.review import store as review_store
from services.review import workflows as review
from services.review.domain.schedule import published
from shared.contracts.envelope import new_event
from shared.contracts.topics import SERVICES, ServiceName
from shared.runtime.database import Connection, open_connection
from shared.runtime.event_outbox import append_events
from shared.runtime.ids import new_uuid7
from shared.runtime.migrations import apply_migrations
from tests.benchmarks.workload import Submitted, Workload
from tests.sql import execute

NAME = "nss-benchmark"


@dataclass(frozen=True, slots=True)
class Field:
    """One run's own databases and topics."""

    databases: Mapping[ServiceName, str]
    bootstrap: str
    prefix: str


@dataclass(frozen=True, slots=True)
class Ground:
    """The servers, and the seeded databases that every run starts from."""

    dsn: str
    bootstrap: str
    name: str

    @asynccontextmanager
    async def field(self) -> AsyncIterator[Field]:
        """Fresh copies of the seeds and fresh topics; gone at the end."""
        run = f"{self.name}_{secrets.token_hex(3)}"
        prefix, client = f"{run}.", {"bootstrap_servers": self.bootstrap}
        await create_topics(client, TopicLayout(prefix=prefix))
        names = {service: f"{run}_{service}" for service in SERVICES}
        try:
            for service, name in names.items():
                await execute(self.dsn, f'create database "{name}" template "{self._seed(service)}"')
            await execute(self.dsn, "checkpoint")
            databases = {service: with_database(self.dsn, name) for service, name in names.items()}
            yield Field(databases, self.bootstrap, prefix)
        finally:
            for name in names.values():
                await execute(self.dsn, f'drop database if exists "{name}" with (force)')
            await delete_topics(client, prefix)

    async def seed(self, workload: Workload, now: datetime) -> None:
        """Make the databases that already know every contract and the schedule."""
        for service in SERVICES:
            await execute(self.dsn, f'create database "{self._seed(service)}"')
            url = with_database(self.dsn, self._seed(service))
            await apply_migrations(url, migrations_of(service))
            db = await open_connection(url, application_name=NAME)
            try:
                async with db.transaction():
                    await _SEEDERS[service](db, workload, now)
                await db.execute("analyze")
            finally:
                await db.close()

    async def clear(self) -> None:
        """Drop the seeds."""
        for service in SERVICES:
            await execute(self.dsn, f'drop database if exists "{self._seed(service)}" with (force)')

    def _seed(self, service: ServiceName) -> str:
        return f"{self.name}_seed_{service}"


def new_ground(dsn: str, bootstrap: str) -> Ground:
    """Ground under a name that nobody else has."""
    return Ground(dsn, bootstrap, f"nss_bench_{secrets.token_hex(4)}")


async def write_submitted(db: Connection, submitted: list[Submitted]) -> None:
    """What intake writes when it registers applications, as one transaction of the caller."""
    received = [(each.application, each.event.data) for each in submitted]
    entries, news = [_entry(each) for each in submitted], [_news(each) for each in submitted]
    await intake_store.insert_received(db, received, entries, news, [], submitted[0].application.received_at)
    await append_events(db, [each.event for each in submitted])


def _entry(each: Submitted) -> TimelineEntry:
    application = each.application
    return TimelineEntry(
        application.receipt_number, each.event.id, TimelineKind.RECEIVED, Actor.APPLICANT, application.received_at
    )


def _news(each: Submitted) -> NewsItem:
    application = each.application
    return NewsItem(
        application.office_code,
        each.event.id,
        NewsCategory.USE_APPLICATION,
        NewsKind.RECEIVED,
        application.receipt_number,
        application.received_at,
    )


async def _seed_intake(db: Connection, workload: Workload, now: datetime) -> None:
    for contract in workload.contracts:
        await intake_store.upsert_contract(db, contract, now)
    boxes = [
        OfficeMailbox(box.mailbox_id, contract.office_code, box.kind, box.active_from)
        for contract in workload.contracts
        for box in contract.opening_mailboxes
    ]
    await intake_store.insert_mailboxes(db, boxes)
    await intake_store.upsert_schedule(db, published(workload.schedule))


async def _seed_review(db: Connection, workload: Workload, now: datetime) -> None:
    await review_store.insert_schedule(db, workload.schedule, NAME, now)
    contracts = _contract_events(workload, now)
    await review.record_contracts(db, contracts)
    await review.record_opening_mailboxes(db, contracts)


async def _seed_provisioning(db: Connection, workload: Workload, now: datetime) -> None:
    await provisioning.register_contracts(db, _contract_events(workload, now), now)
    await provisioning_store.upsert_calendar(db, published(workload.schedule))


async def _seed_notifier(_db: Connection, _workload: Workload, _now: datetime) -> None:
    """Notifier knows no contract."""


_SEEDERS = {
    "intake": _seed_intake,
    "review": _seed_review,
    "provisioning": _seed_provisioning,
    "notifier": _seed_notifier,
}


def _contract_events(workload: Workload, now: datetime) -> list[Any]:
    return [
        new_event(contract, event_id=new_uuid7(), key=contract.office_code, now=now) for contract in workload.contracts
    ]
