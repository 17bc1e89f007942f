"""Servers on which Debezium publishes review's outbox: Kafka, PostgreSQL that decodes its log, and Kafka Connect."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from deploy.debezium.connector import (
    TLS,
    configuration,
    login_of,
    preparation,
    slot_of,
    slot_statement,
    variable,
)
from deploy.debezium.worker import ConnectWorker
from deploy.local import kafka, postgres, processes
from deploy.local.databases import migrations_of, with_database
from deploy.local.ports import choose_ports
from deploy.local.processes import Part
from deploy.local.stack import LocalStack, Outside, run_to_end
from deploy.operate.topics import TopicLayout, create_topics, delete_topics
from shared.contracts.topics import ServiceName
from shared.runtime.clock import SystemClock
from shared.runtime.database import Pool, open_pool
from shared.runtime.event_relay import EventRelay
from shared.runtime.migrations import apply_migrations
from tests.component.runtime.outbox_parts import settings_for, until
from tests.conftest import stack_folder
from tests.sql import execute

SERVICE: ServiceName = "review"
SLOT = slot_of(SERVICE)
DATABASE = "outbox_review"
RUNNING = ["RUNNING", "RUNNING"]
"""The connector and its only task."""
START_SECONDS = 60.0
PARTITIONS = 3


@dataclass(slots=True)
class DebeziumGround:
    """The servers; `part` is Kafka Connect's process."""

    stack: LocalStack
    worker: ConnectWorker
    password: str
    part: Part

    @property
    def bootstrap(self) -> str:
        """The broker."""
        return self.stack.state.kafka_bootstrap

    def login_url(self, url: str) -> str:
        """The same database with Debezium's login."""
        place = urlsplit(url)
        return urlunsplit(place._replace(netloc=f"{login_of(SERVICE)}:{self.password}@{place.hostname}:{place.port}"))

    def kill(self) -> None:
        """As a power cut would."""
        processes.kill_part(self.part)

    def start_again(self) -> None:
        """After a kill; returns once it answers."""
        self.part = self.worker.start(_environment(self.stack, self.password))

    @asynccontextmanager
    async def outbox(self) -> AsyncIterator["Outbox"]:
        """A fresh database with its slot, fresh topics, and a connector that is not started yet; gone at the end."""
        url, prefix = with_database(self.stack.state.postgres_dsn, DATABASE), f"t{secrets.token_hex(5)}."
        await execute(self.stack.state.postgres_dsn, f"create database {DATABASE}")
        await apply_migrations(url, migrations_of(SERVICE))
        client = {"bootstrap_servers": self.bootstrap}
        await create_topics(client, TopicLayout(prefix=prefix, partitions=PARTITIONS))
        await create_topics(client, TopicLayout(prefix=prefix + "relay.", partitions=PARTITIONS))
        pool = await open_pool(url, application_name="test")
        outbox = Outbox(self, url, prefix, pool)
        try:
            for statement in preparation(SERVICE):
                await pool.execute(statement)
            yield outbox
        finally:
            await outbox.remove_connector()
            await outbox.drop_slot()
            await pool.close()
            await execute(self.stack.state.postgres_dsn, f"drop database {DATABASE} with (force)")
            await delete_topics(client, prefix)


@dataclass(slots=True)
class Outbox:
    """Review's outbox and who may publish it; topics have the prefix, and a second set of them `relay_prefix`."""

    ground: DebeziumGround
    url: str
    prefix: str
    pool: Pool

    @property
    def relay_prefix(self) -> str:
        """For a relay whose records are to be compared with Debezium's."""
        return self.prefix + "relay."

    def relay(self, *, slot: str = "", prefix: str | None = None) -> EventRelay:
        """A relay of the outbox, into Debezium's own topics if not told otherwise."""
        settings = settings_for(
            self.url, self.ground.bootstrap, self.prefix if prefix is None else prefix, outbox_slot=slot
        )
        return EventRelay(service=SERVICE, settings=settings, clock=SystemClock())

    async def make_slot(self) -> None:
        """From here on the server keeps what Debezium has not read."""
        await self.pool.execute(slot_statement(SERVICE))

    async def drop_slot(self) -> None:
        """As after the switch back, or as a failed server loses it."""
        for _ in range(100):
            with suppress(asyncpg.ObjectInUseError):
                await self.pool.execute("select pg_drop_replication_slot($1) from pg_replication_slots"
                                        " where slot_name = $1", SLOT)  # fmt: skip
                return
            await asyncio.sleep(0.1)

    async def start_connector(self) -> None:
        """Wait until it streams."""
        told = {name: text for name, text in configuration(SERVICE, self.prefix).items() if name not in TLS}
        told |= {"database.sslmode": "disable"}
        await asyncio.to_thread(self.ground.worker.put, self._connector, told)
        await self.connector_runs()

    async def connector_runs(self) -> None:
        """Wait until the connector holds the slot."""

        async def streams() -> bool:
            states = await asyncio.to_thread(self.ground.worker.states, self._connector)
            holds = "select active from pg_replication_slots where slot_name = $1"
            return states == RUNNING and bool(await self.pool.fetchval(holds, SLOT))

        await until(streams, START_SECONDS)

    async def remove_connector(self) -> None:
        """Stop it, if it was started."""
        with suppress(OSError):
            await asyncio.to_thread(self.ground.worker.remove, self._connector)

    async def waiting(self) -> int:
        """Rows that nobody has published yet."""
        count: int = await self.pool.fetchval("select count(*) from event_outbox")
        return count

    async def unconfirmed_bytes(self) -> int:
        """Log that the server must keep because of the slot."""
        count: int = await self.pool.fetchval(
            "select pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::bigint from pg_replication_slots"
            " where slot_name = $1",
            SLOT,
        )
        return count

    @property
    def _connector(self) -> str:
        return f"{self.prefix}{SERVICE}"


@contextmanager
def debezium_ground() -> Iterator[DebeziumGround]:
    """Servers of its own, gone at the end."""
    with stack_folder() as folder:
        stack, password = LocalStack(folder, outside=Outside()), secrets.token_urlsafe(24)
        ground: DebeziumGround | None = None
        try:
            stack.start_parts([kafka.NAME, postgres.NAME])
            _decode_logically(stack, password)
            port = choose_ports(["connect"])["connect"]
            worker = ConnectWorker(folder / "connect", stack.log_of("connect"), port, stack.state.kafka_bootstrap)
            ground = DebeziumGround(stack, worker, password, worker.start(_environment(stack, password)))
            yield ground
        finally:
            if ground is not None:
                ground.kill()
            stack.wipe()


def _decode_logically(stack: LocalStack, password: str) -> None:
    """Debezium's login, and the server started again with what logical decoding needs."""
    dsn = stack.state.postgres_dsn
    run_to_end(execute(dsn, f"create role {login_of(SERVICE)} login replication password '{password}'"))
    run_to_end(execute(dsn, "alter system set wal_level = logical"))
    stack.stop_part(postgres.NAME)
    stack.start_postgres()


def _environment(stack: LocalStack, password: str) -> Mapping[str, str]:
    server = urlsplit(stack.state.postgres_dsn)
    given = {
        "HOST": server.hostname or "",
        "PORT": str(server.port),
        "DATABASE": DATABASE,
        "USER": login_of(SERVICE),
        "PASSWORD": password,
    }
    return {"PATH": os.defpath, **{variable(SERVICE, name): value for name, value in given.items()}}
