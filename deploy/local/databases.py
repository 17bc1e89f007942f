"""Four databases and their logins: an owner, who alone may change tables, the service's own login and its relay's.

A login of one service cannot connect to another's database. Provisioning's has two readers more: the mail server, which
sees one view, and the auditor.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from deploy.errors import StackError
from shared.contracts.topics import SERVICES, ServiceName
from shared.runtime.database import DatabaseUnreachable
from shared.runtime.migrations import MigrationError, apply_migrations

ROOT = Path(__file__).resolve().parents[2]
RELAY_TABLES = ("event_outbox", "event_outbox_archive")
ROLL_ARCHIVE = "roll_outbox_archive(date, integer, integer)"
OWNERS_FUNCTIONS: Mapping[ServiceName, tuple[str, ...]] = {"review": ("drop_old_audit(date, integer, integer)",)}
"""They run with the owner's rights, so that the service itself needs none on the schema: for the service's login alone.

Those of a service with readers are in its own grant function.
"""
READERS: Mapping[ServiceName, tuple[str, ...]] = {"provisioning": ("mail_server", "auditor")}
"""Logins that only read, by service; what they may read, its migrations say."""
READER_LIMITS = {"default_transaction_read_only": "on", "statement_timeout": "5s"}
SAFE_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


@dataclass(frozen=True, slots=True)
class ServiceDatabase:
    """The addresses of one service's database, one per login."""

    owner_url: str
    app_url: str
    relay_url: str
    reader_urls: Mapping[str, str] = field(default_factory=dict)
    """By the reader's name; only provisioning has any."""

    def as_json(self) -> dict[str, Any]:
        """For the state file."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """From the state file."""
        return cls(data["owner_url"], data["app_url"], data["relay_url"], data.get("reader_urls", {}))


def migrations_of(service: ServiceName) -> Path:
    """The folder of a service's migrations."""
    return ROOT / "services" / service / "migrations"


def with_database(dsn: str, name: str) -> str:
    """The same server and login with another database."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


async def create_databases(
    dsn: str, prefix: str = "nss", known: Mapping[ServiceName, ServiceDatabase] | None = None
) -> dict[ServiceName, ServiceDatabase]:
    """Make what is missing on the superuser's server and return the addresses; the passwords of `known` stay."""
    if not SAFE_NAME.fullmatch(prefix):
        raise StackError(f"the prefix {prefix!r} of the database names must be lower case letters, digits and _")
    connection = await _connect(dsn)
    try:
        return {service: await _create(connection, dsn, prefix, service, (known or {}).get(service))
                for service in SERVICES}  # fmt: skip
    finally:
        await connection.close()


async def migrate(service: ServiceName, database: ServiceDatabase) -> list[str]:
    """Apply what is missing as the owner, then grant its use; the names of the files applied. Raises StackError."""
    try:
        applied = await apply_migrations(database.owner_url, migrations_of(service))
    except (MigrationError, DatabaseUnreachable) as error:
        raise StackError(f"database of {service}: {error}") from error
    app, relay = _login_of(database.app_url), _login_of(database.relay_url)
    readers = [_login_of(database.reader_urls[name]) for name in READERS.get(service, ())]
    connection = await _connect(database.owner_url)
    try:
        for statement in rights_statements(service, app, relay, readers):
            await connection.execute(statement)
    finally:
        await connection.close()
    return list(applied)


def rights_statements(service: ServiceName, app: str, relay: str, readers: Sequence[str] = ()) -> list[str]:
    """What the owner grants after migrations, here and on a cluster: whoever is named has these rights and no more."""
    statements = [
        f"grant select, insert, update, delete on {', '.join(RELAY_TABLES)} to {relay}",
        f"grant select on schema_migrations to {relay}",
        f"revoke insert, update, delete on schema_migrations from {app}",
    ]
    for function in (ROLL_ARCHIVE, *OWNERS_FUNCTIONS.get(service, ())):
        statements += [f"revoke execute on function {function} from public",
                       f"grant execute on function {function} to {app}"]  # fmt: skip
    if readers:
        logins = ", ".join(f"'{login}'" for login in (app, relay, *readers))
        statements.append(f"select grant_{service}_rights({logins})")
    return statements


async def close_to_services(dsn: str) -> None:
    """Only the superuser may enter the server's own databases; for a server that holds nothing but ours."""
    connection = await _connect(dsn)
    try:
        await connection.execute("revoke connect, temporary on database postgres, template1 from public")
    finally:
        await connection.close()


async def _connect(dsn: str) -> "asyncpg.Connection[asyncpg.Record]":
    try:
        return await asyncpg.connect(dsn, timeout=15)
    except (OSError, asyncpg.PostgresError) as error:
        place = f"{urlsplit(dsn).hostname}:{urlsplit(dsn).port}"
        raise StackError(f"PostgreSQL at {place} cannot be used: {error}") from error


async def _create(
    connection: "asyncpg.Connection[asyncpg.Record]",
    dsn: str,
    prefix: str,
    service: ServiceName,
    known: ServiceDatabase | None,
) -> ServiceDatabase:
    name = f"{prefix}_{service}"
    database = known or _new_addresses(dsn, name)
    addresses = [_at_server(url, dsn) for url in (database.owner_url, database.app_url, database.relay_url)]
    readers = {
        reader: _at_server(database.reader_urls.get(reader) or _new_address(dsn, name, reader), dsn)
        for reader in READERS.get(service, ())
    }
    for url in (*addresses, *readers.values()):
        await _ensure_login(connection, url)
    owner, app, relay = (_login_of(url) for url in addresses)
    if not await connection.fetchval("select true from pg_database where datname = $1", name):
        await connection.execute(f'create database "{name}" owner "{owner}"')
    await connection.execute(f'revoke all on database "{name}" from public, "{app}", "{relay}"')
    await connection.execute(f'grant connect on database "{name}" to "{app}", "{relay}"')
    await _grant_future_tables(with_database(dsn, name), owner, app, relay)
    for url in readers.values():
        await _limit_reader(connection, name, _login_of(url))
    return ServiceDatabase(addresses[0], addresses[1], addresses[2], readers)


async def _limit_reader(connection: "asyncpg.Connection[asyncpg.Record]", database: str, login: str) -> None:
    await connection.execute(f'grant connect on database "{database}" to "{login}"')
    for setting, value in READER_LIMITS.items():
        await connection.execute(f"alter role \"{login}\" set {setting} = '{value}'")


async def _grant_future_tables(dsn: str, owner: str, app: str, relay: str) -> None:
    """Whatever the owner will make, the service's own login may read and write, but not change."""
    connection = await _connect(dsn)
    try:
        await connection.execute(f"""
            alter schema public owner to "{owner}";
            grant usage on schema public to "{app}", "{relay}";
            alter default privileges for role "{owner}" in schema public
                grant select, insert, update, delete on tables to "{app}";
            alter default privileges for role "{owner}" in schema public
                grant usage, select on sequences to "{app}", "{relay}";
            """)
    finally:
        await connection.close()


def _new_addresses(dsn: str, name: str) -> ServiceDatabase:
    owner, app, relay = (_new_address(dsn, name, login) for login in ("owner", "app", "relay"))
    return ServiceDatabase(owner, app, relay)


def _new_address(dsn: str, name: str, login: str) -> str:
    return _address(dsn, f"{name}_{login}", secrets.token_urlsafe(18), name)


def _address(dsn: str, login: str, password: str, database: str) -> str:
    place, how = urlsplit(dsn).netloc.rpartition("@")[2], urlsplit(dsn).query
    return urlunsplit(("postgresql", f"{quote(login)}:{quote(password, safe='')}@{place}", f"/{database}", how, ""))


def _at_server(url: str, dsn: str) -> str:
    """A known address, at the port where the server listens now, with TLS as it is there."""
    who, place = urlsplit(url).netloc.rpartition("@")[0], urlsplit(dsn).netloc.rpartition("@")[2]
    return urlunsplit(urlsplit(url)._replace(netloc=f"{who}@{place}", query=urlsplit(dsn).query))


def _login_of(url: str) -> str:
    return urlsplit(url).username or ""


async def _ensure_login(connection: "asyncpg.Connection[asyncpg.Record]", url: str) -> None:
    """The role exists and its password is the one in the address."""
    login, password = _login_of(url), urlsplit(url).password or ""
    verb = "alter" if await connection.fetchval("select true from pg_roles where rolname = $1", login) else "create"
    statement = await connection.fetchval(
        f"select format('{verb} role %I with login password %L', $1::text, $2::text)",
        login,
        password,
    )
    await connection.execute(statement)
