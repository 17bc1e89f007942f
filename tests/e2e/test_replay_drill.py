"""The replay drill: on a copy of a town that has lived, every group is set back to offset zero and every projection is
rebuilt from nothing. State hashes stay the same, no mail is queued, no ID is issued, no event is told."""

import importlib
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from io import BytesIO
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from pydantic import SecretStr

from deploy.local.databases import with_database
from deploy.local.environment import service_environment
from deploy.local.security import DEPLOYMENT_LOGIN
from deploy.operate.topics import TopicLayout, create_topics, delete_topics
from shared.contracts.topics import SERVICES, TOPICS, ServiceName, Topic, topics_read_by
from shared.runtime.clock import SystemClock
from shared.runtime.consumer import EventConsumer
from shared.runtime.database import Pool, open_pool
from shared.runtime.ids import new_uuid7
from shared.runtime.kafka import client_options
from shared.runtime.service_parts import Resources
from shared.runtime.settings import KafkaSettings, ServiceSettings, read_settings
from tests.conftest import CreateDatabase
from tests.topic_reader import committed_lag, read_topics
from tests.town import Town, until, violations_at_rest

OFFICE = "TST009"
PREFIX = "drill."
COPIED = [topic for topic in TOPICS if "dead-letter" not in topic.name and topic.name != "nss.operation.v1"]
PROJECTIONS: Mapping[ServiceName, Mapping[str, Sequence[str]]] = {
    "intake": {
        "schedule": ["schedule.published"],
        "application_mails": ["mail.sent", "mail.deferred", "mail.failed"],
    },
    "review": {
        "contracts": ["contract.published"],
        "office_mailboxes": ["contract.published", "mailbox.issued", "mailbox.password-reissued",
                             "mailbox.rescheduled", "mailbox.voided", "mailbox.office-closed"],
    },
    "provisioning": {"calendar": ["schedule.published"]},
    "notifier": {
        "application_contacts": ["application.received", "application.corrected"],
        "application_ends": ["application.withdrawn", "review.withdrawal-accepted", "review.voided",
                             "review.completed", "mailbox.service-started"],
    },
}  # fmt: skip
"""Of each service the tables that hold nothing but what others have told it, and the types each is made of."""
NOTED = ("recorded_at", "processed_at")
"""Columns that tell when this copy was told, not what."""

TABLES = """
select relname as name from pg_class
where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
"""

STORED_COLUMNS = """
select attname from pg_attribute
where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum
"""

Records = Sequence[tuple[Topic, Any]]


@dataclass
class Copy:
    """One service as it was, on a database of its own, before the same topics read from their beginning."""

    service: ServiceName
    pool: Pool
    settings: ServiceSettings

    async def tables(self) -> Mapping[str, str]:
        """A hash of each table's rows."""
        return {row["name"]: await self._hash(row["name"]) for row in await self.pool.fetch(TABLES)}

    async def _hash(self, table: str) -> str:
        rows = await self.pool.fetch(f'select to_jsonb(r) - $1::text[] as row from "{table}" as r', NOTED)  # noqa: S608
        return sha256("\n".join(sorted(str(row["row"]) for row in rows)).encode()).hexdigest()

    async def read_everything(self) -> int:
        """From offset zero to the end; how many events were passed over as handled before."""
        main = importlib.import_module(f"services.{self.service}.main")
        clock = SystemClock(self.settings.clock_offset_file)
        parts = main.assemble(self.settings, Resources(pool=self.pool, clock=clock, new_id=new_uuid7))
        consumer = EventConsumer(
            router=parts.router, pool=self.pool, clock=clock, new_id=new_uuid7, settings=self.settings
        )
        await consumer.start()

        async def read() -> bool | None:
            return await committed_lag(self.settings, self.service, self.settings.topic_prefix) == 0 or None

        try:
            await until(read, f"{self.service} to read everything again")
        finally:
            await consumer.stop()
        return consumer.counts.duplicates


@pytest.fixture
async def copies(town: Town, service_database: CreateDatabase) -> AsyncIterator[tuple[list[Copy], Records]]:
    """All four, and the records before them."""
    await town.issue(OFFICE)
    given_up = await town.apply(OFFICE)
    async with town.applicant(OFFICE) as client:
        await client.withdraw(given_up)
    await town.status_becomes(OFFICE, given_up, "取下げ")
    assert await violations_at_rest(town) == []
    for _ in range(2):  # what the first look found read may have led to more
        await until(partial(nothing_is_on_its_way, town), "the last event to be told and read")
    records = await read_topics(town.stack.state.broker, COPIED)
    async with topics_told_again(town, f"{PREFIX}{new_uuid7().hex[-8:]}.", records) as prefix:
        made = []
        for service in SERVICES:
            url = await service_database(service)
            await copy_rows(town.stack.state, service, url)
            with environment_of(town, service, url, prefix) as settings:
                made.append(Copy(service, await open_pool(url, application_name="drill"), settings))
        yield made, records
        for copy in made:
            await copy.pool.close()


async def nothing_is_on_its_way(town: Town) -> bool | None:
    """No mail to be sent, no event to be published, none to be read."""
    waiting = [await town.rows("notifier", "select 1 from mails where state in ('queued', 'sending') limit 1")]
    waiting += [await town.rows(service, "select 1 from event_outbox limit 1") for service in SERVICES]
    broker = town.stack.state.broker_as(DEPLOYMENT_LOGIN)
    unread = [await committed_lag(broker, service) for service in SERVICES]
    return not any([*waiting, *unread]) or None


@asynccontextmanager
async def topics_told_again(town: Town, prefix: str, records: Records) -> AsyncIterator[str]:
    """The same records under another prefix, partition by partition in their order."""
    client = client_options(town.stack.state.broker_as(DEPLOYMENT_LOGIN))
    await create_topics(client, TopicLayout(prefix))
    producer = AIOKafkaProducer(**client)
    await producer.start()
    for topic, record in records:
        await producer.send(topic.name_with(prefix), record.value, record.key, partition=record.partition,
                            headers=list(record.headers), timestamp_ms=record.timestamp)  # fmt: skip
    await producer.stop()
    yield prefix
    await delete_topics(client, prefix)


async def copy_rows(state: Any, service: ServiceName, url: str) -> None:
    """Every row of every table, from the town's database to a fresh one."""
    source = await asyncpg.connect(with_database(state.postgres_dsn, f"nss_{service}"))
    target = await asyncpg.connect(url)
    await target.execute("set session_replication_role = replica")
    tables = [row["name"] for row in await source.fetch(TABLES)]
    # All at once: emptied one by one, a table would take those that refer to it along after they were filled.
    await target.execute(f"truncate {', '.join(tables)} cascade")
    for table in tables:
        content = BytesIO()
        columns = [each["attname"] for each in await source.fetch(STORED_COLUMNS, table)]
        chosen = ", ".join(f'"{column}"' for column in columns)
        await source.copy_from_query(f'select {chosen} from "{table}"', output=content, format="binary")  # noqa: S608
        content.seek(0)
        await target.copy_to_table(table, source=content, format="binary", columns=columns)
    await source.close()
    await target.close()


@contextmanager
def environment_of(town: Town, service: ServiceName, url: str, prefix: str) -> Iterator[ServiceSettings]:
    """The town's settings for the copy, which logs in at the broker as the one who may read topics of any name."""
    broker = town.stack.state.broker_as(DEPLOYMENT_LOGIN)
    ours = {"database_url": SecretStr(url)} | {
        name: getattr(broker, name) for name in KafkaSettings.model_fields if name.startswith("kafka_")
    }
    given = service_environment(service, town.stack.state, town.stack.keys) | {"NSS_TOPIC_PREFIX": prefix}
    before = {name: value for name, value in os.environ.items() if name.startswith("NSS_")}
    for name in before:
        del os.environ[name]
    os.environ.update({name: value for name, value in given.items() if name.startswith("NSS_")})
    try:
        found = importlib.import_module(f"services.{service}.settings").Settings
        yield read_settings(found, os.environ).model_copy(update=ours)
    finally:
        for name in given:
            if name.startswith("NSS_"):
                os.environ.pop(name, None)
        os.environ.update(before)


async def test_every_projection_is_rebuilt_from_offset_zero_without_a_mail_or_an_id(
    town: Town, copies: tuple[list[Copy], Records]
) -> None:
    made, records = copies
    for copy in made:
        before = await copy.tables()
        forgotten = await forget(copy, records)
        again = await copy.read_everything()
        assert all(forgotten.values()), f"{copy.service} held nothing: {forgotten}"
        after = await copy.tables()
        assert {name for name in before if before[name] != after[name]} == set()
        read = sum(topic in topics_read_by(copy.service) for topic, _ in records)
        rebuilt = ", ".join(f"{rows} of {table}" for table, rows in forgotten.items())
        told = f"{read} records read again, {again} passed over, rows rebuilt: {rebuilt}"
        print(f"{copy.service}: {told}; 0 mails, 0 IDs, 0 events")  # noqa: T201  the figures of the proof


async def forget(copy: Copy, records: Records) -> Mapping[str, int]:
    """Empty the service's projections, and with them the memory of what they are made of; the rows of each."""
    tables = PROJECTIONS[copy.service]
    forgotten = {table: await copy.pool.fetchval(f"select count(*) from {table}") for table in tables}  # noqa: S608
    types = {f"nss.{each}.v1" for made_of in tables.values() for each in made_of}
    headers = [dict(record.headers) for _, record in records]
    ids = [each["ce_id"].decode() for each in headers if each.get("ce_type", b"").decode() in types]
    await copy.pool.execute(f"truncate {', '.join(tables)}")
    await copy.pool.execute("delete from processed_events where event_id = any($1::uuid[])", ids)
    return forgotten
