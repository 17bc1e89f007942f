"""Schema migrations: ordered SQL files, applied once each, forward only, safe to start from many places at once."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from shared.runtime.clock import SystemClock
from shared.runtime.database import Connection, open_connection

FILE_NAME = re.compile(r"^[0-9]{4}_[a-z0-9_]+\.sql$")
NOT_TRANSACTIONAL = "-- transactional: false"
RUNNER_LOCK = 0x6E73736D  # "nssm": one runner at a time per database
GIVE_UP_SECONDS = 15.0
WAIT_FOR_RUNNER = "120s"
LONGEST_MIGRATION_SECONDS = 3600
WAIT_FOR_TABLE = "5s"
"""A migration that cannot lock its table soon gives up, because everybody else queues up behind it."""


class MigrationError(RuntimeError):
    """The folder and the database do not fit together; the message is one line and says what to do."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file. With the line `-- transactional: false` it holds one statement that runs outside a transaction."""

    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """Of the file's text."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def transactional(self) -> bool:
        """Whether the file and its entry in `schema_migrations` are one transaction."""
        return NOT_TRANSACTIONAL not in self.sql.splitlines()


async def apply_migrations(url: str, folder: Path) -> Sequence[str]:
    """Apply what is missing, in order, and return its names. Raises MigrationError and DatabaseUnreachable."""
    migrations = read_migrations(folder)
    db = await open_connection(url, application_name="nss-migrate", give_up_seconds=GIVE_UP_SECONDS)
    try:
        await db.execute("set statement_timeout = 0")
        await db.execute(f"set lock_timeout = '{WAIT_FOR_RUNNER}'")
        await db.execute("select pg_advisory_lock($1)", RUNNER_LOCK, timeout=150)
        await db.execute(f"set lock_timeout = '{WAIT_FOR_TABLE}'")
        await _create_table(db)
        missing = _missing(migrations, await _applied(db))
        for migration in missing:
            await _apply(db, migration)
        return [migration.name for migration in missing]
    finally:
        await db.close()


async def pending_migrations(db: Connection, folder: Path) -> Sequence[str]:
    """Names of files the database lacks. Raises MigrationError where an applied file was changed since."""
    exists = await db.fetchval("select to_regclass('schema_migrations') is not null")
    applied = await _applied(db) if exists else {}
    return [migration.name for migration in _missing(read_migrations(folder), applied)]


def read_migrations(folder: Path) -> Sequence[Migration]:
    """The folder's files in order. Raises MigrationError for a name that is not `NNNN_words.sql` or a number twice."""
    paths = sorted(folder.glob("*.sql"))
    numbers = [path.name[:4] for path in paths]
    for path in paths:
        if not FILE_NAME.match(path.name):
            raise MigrationError(f"migration {path.name} is not named NNNN_words.sql")
        if numbers.count(path.name[:4]) > 1:
            raise MigrationError(f"migration number {path.name[:4]} is used twice in {folder.name}")
    return [Migration(path.name, path.read_text(encoding="utf-8")) for path in paths]


def _missing(migrations: Sequence[Migration], applied: Mapping[str, str]) -> list[Migration]:
    for migration in migrations:
        if applied.get(migration.name, migration.sha256) != migration.sha256:
            raise MigrationError(
                f"migration {migration.name} was changed after it had been applied: restore it and add a new file"
            )
    return [migration for migration in migrations if migration.name not in applied]


async def _create_table(db: Connection) -> None:
    await db.execute(
        """
        create table if not exists schema_migrations (
            name text primary key,
            sha256 text not null,
            applied_at timestamptz not null
        )
        """
    )


async def _applied(db: Connection) -> Mapping[str, str]:
    rows = await db.fetch("select name, sha256 from schema_migrations")
    return {row["name"]: row["sha256"] for row in rows}


async def _apply(db: Connection, migration: Migration) -> None:
    try:
        if migration.transactional:
            async with db.transaction():
                await db.execute(migration.sql, timeout=LONGEST_MIGRATION_SECONDS)
                await _record(db, migration)
        else:
            await db.execute(migration.sql, timeout=LONGEST_MIGRATION_SECONDS)
            await _record(db, migration)
    except asyncpg.PostgresError as error:
        raise MigrationError(f"migration {migration.name} failed: {error}") from error


async def _record(db: Connection, migration: Migration) -> None:
    await db.execute(
        "insert into schema_migrations (name, sha256, applied_at) values ($1, $2, $3)",
        migration.name,
        migration.sha256,
        SystemClock().now(),
    )
