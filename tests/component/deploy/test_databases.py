"""Four databases on one server: each login can do its own work there and nothing else."""

import secrets
from collections.abc import AsyncIterator
from itertools import permutations

import asyncpg
import pytest

from deploy.errors import StackError
from deploy.local.databases import ServiceDatabase, create_databases, migrate, with_database
from shared.contracts.topics import SERVICES, ServiceName

Databases = dict[ServiceName, ServiceDatabase]


@pytest.fixture
async def prefix(postgres_dsn: str) -> AsyncIterator[str]:
    """A prefix nobody else uses; its databases and roles go when the test ends."""
    chosen = f"t{secrets.token_hex(4)}"
    yield chosen
    connection = await asyncpg.connect(postgres_dsn)
    for service in SERVICES:
        await connection.execute(f'drop database if exists "{chosen}_{service}" with (force)')
        for login in ("owner", "app", "relay"):
            await connection.execute(f'drop role if exists "{chosen}_{service}_{login}"')
    await connection.close()


async def attempt(url: str, statement: str = "select 1") -> str:
    """The name of the error, or nothing."""
    try:
        connection = await asyncpg.connect(url)
    except asyncpg.PostgresError as error:
        return type(error).__name__
    try:
        await connection.execute(statement)
    except asyncpg.PostgresError as error:
        return type(error).__name__
    finally:
        await connection.close()
    return ""


async def test_every_login_of_a_service_is_kept_out_of_the_other_databases(postgres_dsn: str, prefix: str) -> None:
    databases = await create_databases(postgres_dsn, prefix)
    for own, foreign in permutations(SERVICES, 2):
        for url in (databases[own].owner_url, databases[own].app_url, databases[own].relay_url):
            assert await attempt(url) == ""
            assert await attempt(with_database(url, f"{prefix}_{foreign}")) == "InsufficientPrivilegeError"


async def test_only_the_owner_may_change_tables(postgres_dsn: str, prefix: str) -> None:
    review = (await create_databases(postgres_dsn, prefix))["review"]
    assert await migrate("review", review)
    table = "create table x (y int)"
    assert await attempt(review.app_url, table) == "InsufficientPrivilegeError"
    assert await attempt(review.relay_url, table) == "InsufficientPrivilegeError"
    assert await attempt(review.app_url, "drop table event_outbox") == "InsufficientPrivilegeError"
    assert await attempt(review.owner_url, table) == ""


async def test_the_relay_reads_and_empties_the_outbox_and_sees_nothing_else(postgres_dsn: str, prefix: str) -> None:
    review = (await create_databases(postgres_dsn, prefix))["review"]
    await migrate("review", review)
    assert await attempt(review.relay_url, "delete from event_outbox") == ""
    assert await attempt(review.relay_url, "delete from event_outbox_archive") == ""
    assert await attempt(review.relay_url, "select from held_events") == "InsufficientPrivilegeError"
    assert await attempt(review.app_url, "select from held_events") == ""


async def test_making_the_databases_again_keeps_passwords_and_data(postgres_dsn: str, prefix: str) -> None:
    first = await create_databases(postgres_dsn, prefix)
    await migrate("intake", first["intake"])
    again = await create_databases(postgres_dsn, prefix, first)
    assert again == first
    assert await migrate("intake", again["intake"]) == []
    assert await attempt(again["intake"].app_url, "select from event_outbox") == ""


async def test_a_server_that_does_not_answer_is_told_without_its_password() -> None:
    with pytest.raises(StackError, match=r"PostgreSQL at 127\.0\.0\.1:1 cannot be used") as refusal:
        await create_databases("postgresql://postgres:geheim@127.0.0.1:1/postgres")
    assert "geheim" not in str(refusal.value)
