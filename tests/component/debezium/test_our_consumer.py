"""Our consumer on what Debezium publishes: a Kafka Connect that is killed costs repetitions, no effect comes twice."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import asyncpg
import pytest

from deploy.local.databases import migrations_of, with_database
from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.contracts.topics import APPLICATION, CONTRACT, MAILBOX
from shared.runtime.ids import new_uuid7
from shared.runtime.migrations import apply_migrations
from tests.builders import an_event, mailboxes_issued
from tests.component.runtime.events import applications_of, contract_of, receipt
from tests.component.runtime.outbox_parts import until
from tests.component.runtime.relay_parts import append, running
from tests.component.runtime.road import ORDER_VIOLATIONS, Replica, create_tables
from tests.conftest import Report
from tests.debezium_ground import SLOT, DebeziumGround, Outbox
from tests.topic_reader import read_topics

pytestmark = pytest.mark.full

TOPICS = [CONTRACT, APPLICATION, MAILBOX]
OFFICES = [f"NAC{number:03}" for number in range(1, 11)]
APPLICATIONS, ISSUES = 40, 3


@pytest.fixture
async def road(ground: DebeziumGround) -> AsyncIterator[str]:
    """A database of the consumer's own."""
    dsn = ground.stack.state.postgres_dsn
    server = await asyncpg.connect(dsn)
    url = with_database(dsn, "road")
    try:
        await server.execute("create database road")
        await apply_migrations(url, migrations_of("review"))
        await create_tables(url)
        yield url
    finally:
        await server.execute("drop database road with (force)")
        await server.close()


def events_of(office: str) -> list[Event[EventData]]:
    """A contract, applications, and for each application what was issued, several times over."""
    issued = [
        an_event(mailboxes_issued(receipt_number=receipt(office, number), office_code=office), key=office,
                 event_id=new_uuid7())
        for number in range(1, APPLICATIONS + 1) for _ in range(ISSUES)
    ]  # fmt: skip
    return [contract_of(office), *applications_of(office, APPLICATIONS), *issued]


async def test_what_a_killed_debezium_repeats_takes_effect_once_and_in_order(
    ground: DebeziumGround, outbox: Outbox, road: str, report: Report
) -> None:
    await outbox.make_slot()
    await outbox.start_connector()
    sent = [events_of(office) for office in OFFICES]
    async with running(outbox.relay(slot=SLOT)), Replica(ground.bootstrap, outbox.prefix, road) as replica:
        for number, events in enumerate(sent):
            await append(outbox.pool, *events)
            if number in (2, 6):
                # Amid what it publishes, so that some of it is not noted as published yet.
                await until(partial(effects, replica, number * len(events)), 60)
                await asyncio.to_thread(ground.kill)
                await asyncio.to_thread(ground.start_again)
                await outbox.connector_runs()
        count = sum(map(len, sent))
        await until(lambda: effects(replica, count), 60)
        absorbed = replica.consumer.counts.duplicates
        repeated = await replica.pool.fetchval("select count(*) - count(distinct event_id) from road_effects")
        disorder = await replica.pool.fetchval(ORDER_VIOLATIONS)
    report(sent=count, absorbed=absorbed, repeated_effects=repeated, violations=disorder)
    read = [record for _, record in await read_topics(ground.bootstrap, TOPICS, outbox.prefix)]
    assert (len(read) - absorbed, repeated, disorder) == (count, 0, 0)


async def effects(replica: Replica, count: int) -> bool:
    """Whether so many events have taken effect."""
    return bool(await replica.pool.fetchval("select count(*) >= $1 from road_effects", count))
