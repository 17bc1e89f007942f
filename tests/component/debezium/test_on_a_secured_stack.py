"""Debezium on a stack secured as a cluster is: with the committed files alone, and no right beyond theirs."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
import yaml
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.debezium.access import CONNECT_USER, GROUP, KEPT_TOPICS, connect_entries, heartbeat_topics
from deploy.debezium.connector import configuration, connector_name, login_of, slot_of, variable
from deploy.debezium.render import FOLDER
from deploy.debezium.worker import ConnectWorker
from deploy.local import postgres, processes
from deploy.local.databases import with_database
from deploy.local.ports import choose_ports
from deploy.local.security import DEPLOYMENT_LOGIN
from deploy.operate.access import give
from deploy.operate.topic_access import Right, access_differences, find_rights
from deploy.operate.topics import admin_client
from shared.contracts.topics import REVIEW, TOPICS, ServiceName, consumer_group
from shared.runtime.kafka import client_options
from tests.e2e.broker_cells import ask
from tests.topic_reader import read_topics
from tests.town import Town, founded_town, invented_offices, until, violations_at_rest

pytestmark = pytest.mark.full

SERVICE: ServiceName = "review"
RUNNING = ["RUNNING", "RUNNING"]
"""The connector and its only task."""
PASSWORD = "the-database-s-own"


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """With a database server that decodes its log."""
    with founded_town(invented_offices(3), secured=True) as founded:
        _decode_logically(founded)
        yield founded


def _decode_logically(town: Town) -> None:
    async def order() -> None:
        async with administrator(town) as connection:
            await connection.execute("alter system set wal_level = logical")

    asyncio.run(order())
    town.stack.stop_part(postgres.NAME)
    town.stack.start_postgres()
    for service in town.databases:
        town.stack.restart_service(service)


@asynccontextmanager
async def administrator(town: Town) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """In review's database."""
    connection = await asyncpg.connect(with_database(town.stack.state.postgres_dsn, _database(town)))
    try:
        yield connection
    finally:
        await connection.close()


def _database(town: Town) -> str:
    return urlsplit(town.databases[SERVICE]).path.removeprefix("/")


def broker_as(town: Town, login: str) -> AbstractAsyncContextManager[AIOKafkaAdminClient]:
    """An admin client with this login."""
    return admin_client(client_options(town.stack.state.broker_as(login)))


async def prepare_the_broker(town: Town) -> None:
    """What Strimzi does with the committed manifests."""
    manifests = list(yaml.safe_load_all((FOLDER / "rendered/strimzi.yaml").read_text()))
    topics = [each["spec"] for each in manifests if each["kind"] == "KafkaTopic"]
    [user] = [each["spec"] for each in manifests if each["kind"] == "KafkaUser"]
    async with broker_as(town, DEPLOYMENT_LOGIN) as admin:
        made = [NewTopic(each["topicName"], each["partitions"], 1, topic_configs=each["config"]) for each in topics]
        await admin.create_topics(made)
        for acl in user["authorization"]["acls"]:
            for operation in acl["operations"]:
                await give(admin, Right(CONNECT_USER, operation, acl["resource"]["type"], acl["resource"]["name"]))


async def prepare_the_database(town: Town) -> None:
    """The committed statements, one by one as a person types them, and a password."""
    lines = (FOLDER / f"rendered/{SERVICE}.sql").read_text().splitlines()
    async with administrator(town) as connection:
        for line in lines:
            if not line.startswith("--"):
                await connection.execute(line)
        await connection.execute(f"alter role {login_of(SERVICE)} password '{PASSWORD}'")


def environment_of(town: Town) -> Mapping[str, str]:
    """Of the Connect worker."""
    state = town.stack.state
    assert state.security is not None
    server, authority = urlsplit(state.postgres_dsn), str(state.security.authority.certificate_file)
    given = {"HOST": server.hostname or "", "PORT": str(server.port), "DATABASE": _database(town),
             "USER": login_of(SERVICE), "PASSWORD": PASSWORD}  # fmt: skip
    return {
        "PATH": os.defpath,
        "OUTBOX_KAFKA_USER": CONNECT_USER,
        "OUTBOX_KAFKA_PASSWORD": state.security.password(CONNECT_USER),
        "OUTBOX_KAFKA_CA_FILE": authority,
        "OUTBOX_DATABASE_CA_FILE": authority,
        **{variable(SERVICE, name): text for name, text in given.items()},
    }


@pytest.fixture
async def worker(town: Town) -> AsyncIterator[ConnectWorker]:
    """Kafka Connect, which publishes review's outbox in place of its relay."""
    await prepare_the_broker(town)
    await prepare_the_database(town)
    await asyncio.to_thread(
        town.stack.restart_service, SERVICE, environment={"NSS_REVIEW_OUTBOX_SLOT": slot_of(SERVICE)}
    )
    port, stack = choose_ports(["connect"])["connect"], town.stack
    connect = ConnectWorker(
        stack.directory / "connect", stack.log_of("connect"), port, stack.state.kafka_bootstrap, secured=True
    )
    part = await asyncio.to_thread(connect.start, environment_of(town))
    try:
        await asyncio.to_thread(connect.put, connector_name(SERVICE), configuration(SERVICE))
        yield connect
    finally:
        processes.kill_part(part)


async def runs(connect: ConnectWorker) -> bool | None:
    """Whether the connector and its task do."""
    return await asyncio.to_thread(connect.states, connector_name(SERVICE)) == RUNNING or None


async def told_of(town: Town, number: str) -> Sequence[Any]:
    """Review's records about an application."""
    found = await read_topics(town.stack.state.broker, [REVIEW])
    return [record for _, record in found if dict(record.headers)["ce_subject"] == number.encode()]


async def test_an_application_becomes_a_mailbox_by_debezium_which_may_write_events_and_nothing_else(
    town: Town, worker: ConnectWorker
) -> None:
    await until(lambda: runs(worker), "the connector to run")
    number = await town.issue(town.offices[1])
    assert await violations_at_rest(town) == []
    told = await told_of(town, number)
    assert any(None in dict(record.headers).values() for record in told), "only Debezium writes what is absent as null"

    names = [*(topic.name for topic in TOPICS), *KEPT_TOPICS, *heartbeat_topics()]
    async with broker_as(town, CONNECT_USER) as admin:
        cells = await ask(admin, names, [GROUP, consumer_group(SERVICE)])
    assert {cell for cell, is_allowed in cells.items() if is_allowed} == connect_entries()
    async with broker_as(town, DEPLOYMENT_LOGIN) as admin:
        found = await find_rights(admin)
    assert found is not None
    assert [*access_differences(found, "", names)] == []
