"""Every login, every database and table of the secured server that the walk runs on: what is not needed is refused."""

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import asyncpg
import pytest

from deploy.local.databases import with_database
from shared.contracts.topics import SERVICES, ServiceName
from tests.conftest import Report
from tests.town import Town

PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN")
ROWS = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})
READ, NOTHING = frozenset({"SELECT"}), frozenset[str]()
RELAY_TABLES = ("event_outbox", "event_outbox_archive")
APP_LESS: Mapping[ServiceName, Mapping[str, frozenset[str]]] = {
    "intake": {},
    "review": {"staff_audit": READ | {"INSERT"}},
    "notifier": {},
}
"""Tables of which the service's own login may change less than rows.

Provisioning's four logins are told table by table in `tests/component/provisioning/test_rights.py`.
"""
FOREIGN = ("postgres", "template1")
DDL = (
    "create table intruder (x int)", "create temporary table intruder (x int)", "create schema intruder",
    "alter table event_outbox add column x int", "drop table event_outbox", "truncate event_outbox",
    "create function intruder() returns int language sql as 'select 1'", "create role intruder",
    "alter table event_outbox disable trigger all", "copy event_outbox to program 'true'",
    "set session_replication_role = replica", "create extension dblink",
)  # fmt: skip


def logins_of(town: Town, service: ServiceName) -> Mapping[str, str]:
    """Address by what the login is for: the owner, who migrates, is no part of the running service."""
    database = town.stack.state.databases[service]
    return {"app": database.app_url, "relay": database.relay_url, **database.reader_urls}


def every_login(town: Town) -> Iterator[tuple[ServiceName, str, str]]:
    """Service, purpose and address of each login, owners included."""
    for service in SERVICES:
        yield service, "owner", town.stack.state.databases[service].owner_url
        for purpose, url in logins_of(town, service).items():
            yield service, purpose, url


def name_of(url: str) -> str:
    """The login."""
    return urlsplit(url).username or ""


async def attempt(url: str, *statements: str) -> list[str]:
    """The error's name for each statement, nothing where it succeeded; one name if there is no entry at all."""
    try:
        connection = await asyncpg.connect(url)
    except asyncpg.PostgresError as error:
        return [type(error).__name__]
    try:
        return [await _error_of(connection, statement) for statement in statements]
    finally:
        await connection.close()


async def _error_of(connection: "asyncpg.Connection[asyncpg.Record]", statement: str) -> str:
    change = connection.transaction()
    await change.start()
    try:
        # Readers begin read-only, but may say otherwise: their rights must hold without that.
        await connection.execute("set transaction read write")
        await connection.execute(statement)
    except asyncpg.PostgresError as error:
        return type(error).__name__
    finally:
        await change.rollback()
    return ""


async def test_each_login_enters_its_own_database_and_no_other(town: Town, report: Report) -> None:
    names = {service: urlsplit(town.stack.state.databases[service].app_url).path[1:] for service in SERVICES}
    asked = 0
    for own, purpose, url in every_login(town):
        for service, name in [*names.items(), *((None, name) for name in FOREIGN)]:
            expected = [] if service == own else ["InsufficientPrivilegeError"]
            assert await attempt(with_database(url, name)) == expected, (own, purpose, name)
            asked += 1
    report(logins_databases=asked)
    assert asked == (3 * len(SERVICES) + 2) * (len(SERVICES) + len(FOREIGN))


async def test_nobody_enters_without_tls_or_with_a_neighbours_password(town: Town) -> None:
    for own, _, url in every_login(town):
        plain = urlsplit(url)._replace(query="sslmode=disable").geturl()
        assert await attempt(plain) == ["InvalidAuthorizationSpecificationError"], own
        password = urlsplit(url).password or ""
        other = town.stack.state.databases["intake" if own != "intake" else "review"].app_url
        assert await attempt(url.replace(password, urlsplit(other).password or "")) == ["InvalidPasswordError"], own


async def test_no_login_is_more_than_a_login(town: Town) -> None:
    ours = [name_of(url) for _, _, url in every_login(town)]
    connection = await asyncpg.connect(town.stack.state.postgres_dsn)
    try:
        query = """
            select rolname from pg_roles
            where rolname = any($1)
              and (rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls
                   or exists (select from pg_auth_members where member = pg_roles.oid))
            """
        assert await connection.fetch(query, ours) == []
        kept = await connection.fetch("select rolname, rolpassword from pg_authid where rolname = any($1)", ours)
    finally:
        await connection.close()
    assert [row["rolname"] for row in kept if not row["rolpassword"].startswith("SCRAM-SHA-256$")] == []
    assert len(kept) == len(ours)


@pytest.mark.parametrize("service", SERVICES)
async def test_no_running_login_changes_the_schema(town: Town, service: ServiceName) -> None:
    for purpose, url in logins_of(town, service).items():
        answers = dict(zip(DDL, await attempt(url, *DDL), strict=True))
        assert answers == dict.fromkeys(DDL, "InsufficientPrivilegeError"), purpose


@pytest.mark.parametrize("service", APP_LESS)
async def test_each_login_has_exactly_its_privileges_on_every_table(
    town: Town, service: ServiceName, report: Report
) -> None:
    found = await _privileges(town, service)
    report(database=service, logins_tables_privileges=len(found) * len(PRIVILEGES))
    assert {cell: given for cell, given in found.items() if given != expected_privileges(service, *cell)} == {}


def expected_privileges(service: ServiceName, purpose: str, table: str) -> frozenset[str]:
    """Of a service without readers."""
    if purpose == "relay":
        return ROWS if table in RELAY_TABLES else READ if table == "schema_migrations" else NOTHING
    return READ if table == "schema_migrations" else APP_LESS[service].get(table, ROWS)


async def _privileges(town: Town, service: ServiceName) -> Mapping[tuple[str, str], frozenset[str]]:
    connection = await asyncpg.connect(town.stack.state.databases[service].owner_url)
    try:
        rows = await connection.fetch(
            "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v')"
        )
        tables = [row["relname"] for row in rows]
        found = {}
        for purpose, url in logins_of(town, service).items():
            rows = await connection.fetch(
                """
                select name, privilege from unnest($2::text[]) as name cross join unnest($3::text[]) as privilege
                where has_table_privilege($1, quote_ident(name), privilege)
                """,
                name_of(url), tables, PRIVILEGES,
            )  # fmt: skip
            for table in tables:
                found[purpose, table] = frozenset(row["privilege"] for row in rows if row["name"] == table)
        return found
    finally:
        await connection.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_what_runs_with_the_owner_s_rights_is_for_the_service_s_own_login_alone(
    town: Town, service: ServiceName
) -> None:
    connection = await asyncpg.connect(town.stack.state.databases[service].owner_url)
    try:
        names = {purpose: name_of(url) for purpose, url in logins_of(town, service).items()}
        rows = await connection.fetch(
            """
            select proname, login, has_function_privilege(login, pg_proc.oid, 'EXECUTE') as may
            from pg_proc cross join unnest($1::text[]) as login
            where pronamespace = 'public'::regnamespace and prosecdef and prorettype <> 'trigger'::regtype
            """,
            list(names.values()),
        )
    finally:
        await connection.close()
    assert {row["proname"] for row in rows} >= {"roll_outbox_archive"}
    assert {row["login"] for row in rows if row["may"]} == {names["app"]}
