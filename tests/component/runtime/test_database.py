"""The pool: its limits, jsonb as Python values, and what a start says when the database cannot be reached."""

import asyncio
import time
from collections.abc import AsyncIterator

import asyncpg
import pytest

from shared.runtime import database
from shared.runtime.database import DatabaseUnreachable, Pool, describe_database, open_pool, transaction
from tests.conftest import CreateDatabase

SOON_SECONDS = 10.0
"""Less than any limit that would apply instead, more than a busy machine takes."""


@pytest.fixture
async def pool(service_database: CreateDatabase) -> AsyncIterator[Pool]:
    """A small pool on a fresh database of review."""
    opened_pool = await open_pool(await service_database("review"), application_name="nss-test", max_size=2)
    yield opened_pool
    await opened_pool.close()


async def test_every_connection_has_its_limits_and_its_name(pool: Pool) -> None:
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "application_name")
    shown = [await pool.fetchval("select current_setting($1)", name) for name in names]
    assert shown == ["10s", "1500ms", "30s", "nss-test"]


@pytest.mark.parametrize("content", [{"氏名": "髙橋", "n": [1, None, True]}, ["a"], "text", 7, None])
async def test_jsonb_reads_and_writes_python_values(pool: Pool, content: object) -> None:
    assert await pool.fetchval("select $1::jsonb", content) == content


async def test_a_block_that_raises_is_rolled_back(pool: Pool) -> None:
    async def fail_in_a_transaction() -> None:
        async with transaction(pool) as db:
            await db.execute("insert into event_sequences values ('a', 1)")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_in_a_transaction()
    assert await pool.fetchval("select count(*) from event_sequences") == 0


async def test_a_lock_that_somebody_holds_is_given_up_soon(pool: Pool) -> None:
    async with transaction(pool) as holder:
        await holder.execute("insert into event_sequences values ('a', 1)")
        began = time.monotonic()
        with pytest.raises(asyncpg.LockNotAvailableError):
            await pool.execute("insert into event_sequences values ('a', 1)")
    assert time.monotonic() - began < SOON_SECONDS


async def test_a_full_pool_answers_instead_of_waiting_for_ever(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "ACQUIRE_SECONDS", 0.2)

    async def use_a_third() -> None:
        async with transaction(pool):
            pass

    async with pool.acquire(), pool.acquire():
        with pytest.raises(TimeoutError):
            await use_a_third()
    await use_a_third()


async def test_a_cut_connection_is_replaced(pool: Pool) -> None:
    cut = asyncio.Event()
    async with pool.acquire() as other:
        async with pool.acquire() as db:
            db.add_termination_listener(lambda _connection: cut.set())
            pid = await db.fetchval("select pg_backend_pid()")
        await other.execute("select pg_terminate_backend($1)", pid)
        await asyncio.wait_for(cut.wait(), SOON_SECONDS)
    assert [await pool.fetchval("select 1") for _ in range(5)] == [1] * 5


async def test_a_server_that_is_not_there_is_given_up_in_time_without_the_password() -> None:
    began = time.monotonic()
    with pytest.raises(DatabaseUnreachable) as refused:
        await open_pool("postgresql://who:sekrit@127.0.0.1:9/box", application_name="test", give_up_seconds=1)
    assert time.monotonic() - began < SOON_SECONDS
    assert str(refused.value).startswith("database box at 127.0.0.1:9 as who did not answer within 1 s: ")
    assert "sekrit" not in str(refused.value)


async def test_a_database_that_does_not_exist_is_refused_at_once(postgres_dsn: str) -> None:
    began = time.monotonic()
    url = postgres_dsn.rpartition("/")[0] + "/no_such_database"
    with pytest.raises(DatabaseUnreachable, match="refused the connection"):
        await open_pool(url, application_name="test")
    assert time.monotonic() - began < SOON_SECONDS


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://a:b@h:1/d", "d at h:1 as a"),
        ("postgresql:///d?host=/run/pg&user=a", "d at /run/pg as a"),
        ("postgresql://h", "default database at h as default user"),
    ],
)
def test_a_database_is_described_by_where_it_is(url: str, words: str) -> None:
    assert describe_database(url) == words
