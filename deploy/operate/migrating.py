"""Bringing databases up to date from the command line."""

from collections.abc import Iterator, Sequence

import asyncpg

from deploy.errors import CommandError
from deploy.local.databases import ServiceDatabase, migrate, migrations_of
from deploy.operate.services import local_stack
from shared.contracts.topics import SERVICES, ServiceName
from shared.runtime.database import DATABASE_ERRORS, DatabaseUnreachable, describe_database
from shared.runtime.migrations import MigrationError, apply_migrations, pending_migrations


async def migrate_databases(service: str | None, dsn: str | None, *, dry_run: bool) -> Sequence[str]:
    """One line per service that tells what was applied, or would be. Raises CommandError."""
    try:
        return [f"{name}: {await _one(name, url, database, dry_run=dry_run)}" for name, url, database in
                _targets(service, dsn)]  # fmt: skip
    except (MigrationError, DatabaseUnreachable) as error:
        raise CommandError(str(error)) from error


def _targets(service: str | None, dsn: str | None) -> Iterator[tuple[ServiceName, str, ServiceDatabase | None]]:
    if service is not None and service not in SERVICES:
        raise CommandError(f"there is no service {service}: {', '.join(SERVICES)}")
    if dsn is not None:
        if service is None:
            raise CommandError("--dsn needs the name of the service: each has a database of its own")
        yield service, dsn, None
        return
    stack = local_stack()
    if stack is None:
        raise CommandError("no stack is running: run `nss up`, or name a service and its --dsn")
    for name, database in stack.databases.items():
        if service in (None, name):
            yield name, database.owner_url, database


async def _one(service: ServiceName, url: str, database: ServiceDatabase | None, *, dry_run: bool) -> str:
    if dry_run:
        names = await _pending(service, url)
        return f"would apply {', '.join(names)}" if names else "up to date"
    names = await (migrate(service, database) if database else apply_migrations(url, migrations_of(service)))
    return f"applied {', '.join(names)}" if names else "up to date"


async def _pending(service: ServiceName, url: str) -> Sequence[str]:
    try:
        connection = await asyncpg.connect(url, timeout=15)
    except DATABASE_ERRORS as error:
        raise CommandError(f"database {describe_database(url)} cannot be used: {error}") from error
    try:
        return await pending_migrations(connection, migrations_of(service))
    finally:
        await connection.close()
