"""The four services behind PgBouncer in transaction mode, with fewer connections than each has in its own pool."""

import asyncio
from collections.abc import Iterator
from urllib.parse import urlsplit

import asyncpg
import pytest

from shared.contracts.topics import SERVICES
from tests.pooler import FEW_CONNECTIONS, Pooler, pooled
from tests.town import PASSWORD, Town, founded_town, invented_offices, violations_at_rest

pytestmark = pytest.mark.full

OFFICES = invented_offices(6)
LIMITS = {"statement_timeout": "10s", "lock_timeout": "1500ms", "idle_in_transaction_session_timeout": "30s"}


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """A town of this module's own."""
    with founded_town(OFFICES) as founded:
        yield founded


@pytest.fixture(scope="module")
def pooler(town: Town) -> Iterator[Pooler]:
    """In front of all four databases; the services are started again behind it."""
    with pooled(town.stack) as running:
        for service in SERVICES:
            variables = {f"NSS_{service.upper()}_DATABASE_URL": running.url(service)}
            town.stack.restart_service(service, environment=variables)
        yield running
        for service in SERVICES:
            town.stack.stop_part(service)


async def test_offices_at_once_go_from_form_to_password_through_the_pooler(pooler: Pooler, town: Town) -> None:
    numbers = await asyncio.gather(*(town.issue(office) for office in OFFICES))
    for office, number in zip(OFFICES, numbers, strict=True):
        async with town.applicant(office) as applicant:
            assert list(await applicant.read_passwords(number, PASSWORD)) == [f"{office}02"]
    assert await violations_at_rest(town) == []
    databases = [server["database"] for server in pooler.ask("show servers")]
    assert {name: databases.count(name) <= FEW_CONNECTIONS for name in databases} == {
        f"nss_{service}": True for service in SERVICES
    }
    assert len(pooler.ask("show clients")) > len(databases), "the services hold more connections than the pooler"


async def test_only_the_relays_go_past_the_pooler(pooler: Pooler, town: Town) -> None:
    through = {server["remote_pid"] for server in pooler.ask("show servers")}
    rows = await rows_of_server(
        town, "select pid::text, application_name from pg_stat_activity where application_name like 'nss-%'"
    )
    past = {row["application_name"] for row in rows if row["pid"] not in through}
    assert past == {f"nss-{service}-relay" for service in SERVICES}


async def test_time_limits_hold_when_they_are_set_on_the_login(pooler: Pooler, town: Town) -> None:
    login = urlsplit(pooler.url("intake")).username
    for name, limit in LIMITS.items():
        await rows_of_server(town, f"alter role \"{login}\" set {name} = '{limit}'")
    pooler.ask("reconnect")
    connection = await asyncpg.connect(pooler.url("intake"), server_settings=dict.fromkeys(LIMITS, "1"))
    try:
        told = {name: await connection.fetchval("select current_setting($1)", name) for name in LIMITS}
    finally:
        await connection.close()
    assert told == LIMITS, "the login's own hold, not those that the driver sent"


async def rows_of_server(town: Town, statement: str) -> list[asyncpg.Record]:
    """As the server's administrator, past the pooler."""
    connection = await asyncpg.connect(town.stack.state.postgres_dsn)
    try:
        return await connection.fetch(statement)
    finally:
        await connection.close()
