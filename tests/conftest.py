"""Fixtures on real parts: one broker and one PostgreSQL per run, topics and databases of its own for each test."""

import hashlib
import json
import secrets
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from deploy.local.databases import migrations_of, with_database
from deploy.local.stack import LocalStack, Outside
from deploy.operate.topics import TopicLayout, create_topics, delete_topics
from shared.contracts.topics import ServiceName, Topic
from shared.runtime.migrations import apply_migrations, read_migrations
from tests.sharing_out import OneStackOneProcess
from tests.sql import execute

TEST_PARTITIONS = 2

FULL_COUNT = 10
REPETITIONS = [0, *(pytest.param(number, marks=pytest.mark.full) for number in range(1, FULL_COUNT))]
"""For proofs by repetition: once in `make test`, ten times in `make test-full`."""

CreateDatabase = Callable[[ServiceName], Awaitable[str]]
NewStack = Callable[..., LocalStack]
Report = Callable[..., None]


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> OneStackOneProcess:
    """Used with `--numprocesses`: a stack shared by a folder is started once, not once a process."""
    return OneStackOneProcess(config, log)


@dataclass(frozen=True, slots=True)
class PreparedTopics:
    """Every topic of the registry under one prefix nobody else uses."""

    prefix: str
    bootstrap: str

    def name(self, topic: Topic) -> str:
        """The topic's name on the broker."""
        return topic.name_with(self.prefix)


@pytest.fixture(scope="session")
def stack_parts() -> Iterator[LocalStack]:
    """The run's own broker and database server, not started before a test asks for one, gone when the run ends."""
    with stack_folder() as folder:
        stack = LocalStack(folder)
        yield stack
        stack.wipe()


@pytest.fixture(scope="session")
def kafka_bootstrap(stack_parts: LocalStack) -> str:
    """Address of the broker: NSS_KAFKA_BOOTSTRAP, else a broker of this run."""
    stack_parts.start_parts(["kafka"])
    return stack_parts.state.kafka_bootstrap


@pytest.fixture(scope="session")
def postgres_dsn(stack_parts: LocalStack) -> str:
    """Superuser's address of PostgreSQL: NSS_POSTGRES_DSN, else a server of this run."""
    stack_parts.start_parts(["postgres"])
    return stack_parts.state.postgres_dsn


@pytest.fixture
def new_stack() -> Iterator[NewStack]:
    """`new_stack()` gives a LocalStack with servers of its own, nothing started, wiped when the test ends.

    `new_stack(Outside(...), topic_prefix=..., database_prefix=...)` uses servers that are there already.
    """
    with ExitStack() as closing:

        def create(
            outside: Outside = Outside(),  # noqa: B008  frozen
            *,
            topic_prefix: str = "",
            database_prefix: str = "nss",
        ) -> LocalStack:
            folder = closing.enter_context(stack_folder())
            stack = LocalStack(folder, outside=outside, topic_prefix=topic_prefix, database_prefix=database_prefix)
            closing.callback(stack.wipe)
            return stack

        yield create


@pytest.fixture
def report(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Report:
    """`report(applications=3, ...)` shows the figures of a proof, also when the test passes."""

    def show(**figures: object) -> None:
        for name, figure in figures.items():
            request.node.user_properties.append((name, figure))
        with capsys.disabled():
            print(f"\n  {request.node.name}: {json.dumps(figures)}")  # noqa: T201  the figures of the proof

    return show


@contextmanager
def stack_folder() -> Iterator[Path]:
    """A folder of its own for a stack, which the database server's account may pass through."""
    with tempfile.TemporaryDirectory(prefix="nss-test-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        yield Path(folder) / "stack"


@pytest.fixture
async def topics(kafka_bootstrap: str) -> AsyncIterator[PreparedTopics]:
    """All topics of the registry with two partitions each, deleted when the test ends."""
    prepared = PreparedTopics(prefix=f"t{secrets.token_hex(5)}.", bootstrap=kafka_bootstrap)
    client = {"bootstrap_servers": kafka_bootstrap}
    await create_topics(client, TopicLayout(prefix=prepared.prefix, partitions=TEST_PARTITIONS))
    yield prepared
    await delete_topics(client, prepared.prefix)


@pytest.fixture
async def service_database(postgres_dsn: str) -> AsyncIterator[CreateDatabase]:
    """`await service_database("review")` gives the URL of a fresh, migrated database, dropped when the test ends."""
    created: list[str] = []

    async def create(service: ServiceName) -> str:
        template = await _migrated_template(postgres_dsn, service)
        name = f"nss_test_{service}_{secrets.token_hex(5)}"
        await execute(postgres_dsn, f'create database "{name}" template "{template}"')
        created.append(name)
        return with_database(postgres_dsn, name)

    yield create
    for name in created:
        await execute(postgres_dsn, f'drop database if exists "{name}" with (force)')


async def _migrated_template(dsn: str, service: ServiceName) -> str:
    """The database that holds the service's migrations and nothing else, made once for each state of the files."""
    folder = migrations_of(service)
    name = f"nss_template_{service}_{_digest(folder)}"
    connection = await asyncpg.connect(dsn)
    try:
        async with _one_run_at_a_time(connection, name):
            if not await connection.fetchval("select true from pg_database where datname = $1", name):
                building = f"{name}_building"
                await connection.execute(f'drop database if exists "{building}" with (force)')
                await connection.execute(f'create database "{building}"')
                await apply_migrations(with_database(dsn, building), folder)
                await connection.execute(f'alter database "{building}" rename to "{name}"')
    finally:
        await connection.close()
    return name


@asynccontextmanager
async def _one_run_at_a_time(connection: "asyncpg.Connection[asyncpg.Record]", name: str) -> AsyncIterator[None]:
    """Other test runs on the same server wait here while a template is being built."""
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:7], "big")
    await connection.execute("select pg_advisory_lock($1)", key)
    try:
        yield
    finally:
        await connection.execute("select pg_advisory_unlock($1)", key)


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for migration in read_migrations(folder):
        digest.update(migration.name.encode() + migration.sha256.encode())
    return digest.hexdigest()[:12]
