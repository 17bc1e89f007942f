"""What a run has done, asked of its databases: whether all has come to rest, and how much was written."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg

from shared.contracts.topics import SERVICES, ServiceName
from tests.benchmarks.ground import Field
from tests.topic_reader import committed_lag

LOOK_EVERY_SECONDS = 0.05
MAILS_PER_APPLICATION = 4
REVIEW_LINES_PER_APPLICATION = 7
"""Opened, approved, completed, and a line for each mail."""

Connections = Mapping[ServiceName, "asyncpg.Connection[asyncpg.Record]"]


class NotFinished(RuntimeError):
    """The applications did not reach their end in time; says how far they got."""


@dataclass(frozen=True, slots=True)
class Written:
    """What stands in the four databases: totals since their seed."""

    events: int
    deliveries: int
    """Those that somebody acts on; the others are read, too, but leave no row."""
    commits: int
    """Transactions that wrote something, as far as rows still show them."""

    def since(self, before: "Written") -> "Written":
        """The difference."""
        return Written(self.events - before.events, self.deliveries - before.deliveries, self.commits - before.commits)


async def connect(field: Field) -> Connections:
    """One connection per database, for looking."""
    return {service: await asyncpg.connect(url) for service, url in field.databases.items()}


async def await_end(db: Connections, applications: int, *, seconds: float) -> float:
    """Return once that many applications have had their last mail told everywhere; the instant (monotonic).

    Raises NotFinished.
    """
    deadline = time.monotonic() + seconds
    while not await _has_ended(db, applications):
        if time.monotonic() > deadline:
            raise NotFinished(f"after {seconds:.0f} s: {await _progress(db)}, of {applications} applications")
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    return time.monotonic()


async def _has_ended(db: Connections, applications: int) -> bool:
    mails = await db["intake"].fetchval("select count(*) from application_mails")
    if mails < applications * MAILS_PER_APPLICATION:
        return False
    lines = await db["review"].fetchval("select count(*) from timeline_entries")
    if lines < applications * REVIEW_LINES_PER_APPLICATION:
        return False
    return not any([await db[service].fetchval("select exists (select from event_outbox)") for service in SERVICES])


async def await_rest(field: Field, *, seconds: float) -> None:
    """Return once no service has a record before it, or when the time is up: whoever checks the books will tell."""
    deadline = time.monotonic() + seconds
    for service in SERVICES:
        lag = await committed_lag(field.bootstrap, service, field.prefix)
        while lag and time.monotonic() < deadline:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            lag = await committed_lag(field.bootstrap, service, field.prefix)


async def _progress(db: Connections) -> str:
    counted = {
        "opened": await db["review"].fetchval("select count(*) from reviews"),
        "approved": await db["review"].fetchval("select count(*) from reviews where approved_at is not null"),
        "issued": await db["provisioning"].fetchval("select count(*) from issues"),
        "mails sent": await db["notifier"].fetchval("select count(*) from mails where state = 'sent'"),
        "mails told": await db["intake"].fetchval("select count(*) from application_mails"),
    }
    held = {service: await db[service].fetchval("select count(*) from held_events") for service in SERVICES}
    return ", ".join(
        f"{count} {what}" for what, count in (counted | {f"held in {s}": n for s, n in held.items()}).items()
    )


async def what_is_written(db: Connections) -> Written:
    """Events published, deliveries recorded, and transactions that left a row."""
    events = deliveries = commits = 0
    for connection in db.values():
        events += await connection.fetchval("select count(*) from event_outbox_archive")
        deliveries += await connection.fetchval("select count(*) from processed_events")
        commits += await _writing_transactions(connection)
    # A mail is claimed in one transaction and marked in a second one, which hides the first.
    commits += await db["notifier"].fetchval("select count(distinct xmin::text) from mails where state = 'sent'")
    return Written(events, deliveries, commits)


async def _writing_transactions(connection: "asyncpg.Connection[asyncpg.Record]") -> int:
    tables = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
    each = " union ".join(f'select xmin::text from "{row["tablename"]}"' for row in tables)  # noqa: S608
    count: int = await connection.fetchval(f"select count(*) from ({each}) as written")  # noqa: S608
    return count


async def changed_rows(dsn: str, field: Field) -> Mapping[ServiceName, tuple[int, int]]:
    """Per service: rows inserted, updated or deleted, and transactions committed, reads included.

    The server counts a connection's work at the latest when it closes: ask when nobody is connected any more.
    """
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(
            """
            select datname, tup_inserted + tup_updated + tup_deleted as changed, xact_commit as committed
            from pg_stat_database where datname = any($1::text[])
            """,
            [url.rpartition("/")[2] for url in field.databases.values()],
        )
    finally:
        await connection.close()
    by_name = {row["datname"]: (row["changed"], row["committed"]) for row in rows}
    return {service: by_name[url.rpartition("/")[2]] for service, url in field.databases.items()}
