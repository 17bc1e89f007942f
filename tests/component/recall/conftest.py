"""One database of review for the folder, emptied before each test, and a desk whose topics stand in memory."""

import secrets
from collections.abc import AsyncIterator, Iterator

import pytest

from deploy.local.databases import migrations_of, with_database
from deploy.local.stack import run_to_end
from shared.runtime.database import Pool, open_pool
from shared.runtime.migrations import apply_migrations
from tests.component.recall.desk import Desk, TopicsInMemory
from tests.component.runtime.outbox_parts import settings_for
from tests.sql import execute

NOWHERE = "127.0.0.1:1"
TABLES = (
    "topic_memory, subjects_behind, event_sequences, event_outbox, event_outbox_archive, processed_events, held_events"
)


@pytest.fixture(scope="session")
def url(postgres_dsn: str) -> Iterator[str]:
    """A database of review of this folder's own."""
    name = f"nss_test_recall_{secrets.token_hex(5)}"
    run_to_end(execute(postgres_dsn, f"create database {name}"))
    run_to_end(apply_migrations(with_database(postgres_dsn, name), migrations_of("review")))
    yield with_database(postgres_dsn, name)
    run_to_end(execute(postgres_dsn, f"drop database {name} with (force)"))


@pytest.fixture
async def pool(url: str) -> AsyncIterator[Pool]:
    """A pool on it, and nothing in it."""
    opened_pool = await open_pool(url, application_name="test")
    await opened_pool.execute(f"truncate {TABLES}")
    yield opened_pool
    await opened_pool.close()


@pytest.fixture
def topics_in_memory(monkeypatch: pytest.MonkeyPatch) -> TopicsInMemory:
    """What comparing and repairing find in place of a broker."""
    topics = TopicsInMemory()
    for module in ("looking", "repairing"):
        monkeypatch.setattr(f"shared.runtime.recall.{module}.open_view", topics.open)
    return topics


@pytest.fixture
def desk(url: str, pool: Pool, topics_in_memory: TopicsInMemory) -> Desk:
    """Review in small."""
    return Desk(settings_for(url, NOWHERE), pool, topics_in_memory)
