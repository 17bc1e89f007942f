"""Provisioning under a full load of issues: how much of the bare hash rate it keeps, and how free its loop stays.

Only provisioning runs. Approvals lie on the topic before it is asked to hurry; each asks for one to three mailboxes of
an office of its own. The reference hashes as many passwords on a bare executor of the same size, and nothing else.
"""

import asyncio
import json
import math
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import argon2
import asyncpg
from aiokafka import AIOKafkaProducer

from deploy.local.databases import migrations_of, with_database
from deploy.operate.topics import TopicLayout, create_topics, delete_topics
from services.provisioning import store, workflows
from shared.contracts.envelope import Event, to_record
from shared.contracts.review_events import ApplicationApproved
from shared.kernel.identifiers import OfficeCode, receipt_number
from shared.kernel.local_time import local_date
from shared.runtime.database import open_connection
from shared.runtime.migrations import apply_migrations
from tests.benchmarks.ground import NAME, Field
from tests.benchmarks.ours import running_services
from tests.benchmarks.worker import LAG_FILE
from tests.builders import a_contract, a_schedule, an_approval, an_event

APPROVALS, WARM_UP = 200, 20
MOST_MAILBOXES = 3
THREADS = 2
BARE_HASHES = 200
LONGEST_RUN_SECONDS = 120.0
LOOK_EVERY_SECONDS = 0.05
IDLE_SECONDS = 2.0


class NotIssued(RuntimeError):
    """The approvals were not all issued in time, or a password cannot be opened."""


@dataclass(frozen=True, slots=True)
class IssueRun:
    """One round: both rates in passwords per second, and the loop's lag in milliseconds.

    `own_lag_p99` leaves out what the machine took away: it is bounded by the processor time of the loop's own thread.
    """

    bare_rate: float
    issue_rate: float
    lag_p99: float
    own_lag_p99: float
    idle_lag_p99: float


async def measure_issues(dsn: str, bootstrap: str, round_number: int, approvals: int = APPROVALS) -> IssueRun:
    """Both sides once, in an order that turns. Raises NotIssued."""
    if round_number % 2:
        bare = await asyncio.to_thread(bare_hash_rate)
        rate, lags = await _issue(dsn, bootstrap, approvals)
    else:
        rate, lags = await _issue(dsn, bootstrap, approvals)
        bare = await asyncio.to_thread(bare_hash_rate)
    return IssueRun(bare, rate, *lags)


def bare_hash_rate() -> float:
    """Hashes per second of two threads that do nothing else, with the parameters the mail server's hashes have."""
    hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
    with ThreadPoolExecutor(THREADS) as executor:
        list(executor.map(hasher.hash, ["K7RM2QXB9TWJ4HPC"] * THREADS))
        began = time.monotonic()
        list(executor.map(hasher.hash, ["K7RM2QXB9TWJ4HPC"] * BARE_HASHES))
        return BARE_HASHES / (time.monotonic() - began)


async def _issue(dsn: str, bootstrap: str, count: int) -> tuple[float, tuple[float, float, float]]:
    """Passwords issued per second; the loop's lag meanwhile, its own part of that, and its lag when idle."""
    now = datetime.now(UTC)
    approvals = [_approval(number, now) for number in range(WARM_UP + count)]
    async with _field(dsn, bootstrap, approvals) as field:
        with TemporaryDirectory(prefix="nss-bench-") as name:
            folder = Path(name)
            async with running_services(field, folder, ["--hash", "--lag"], ["provisioning"]):
                db = await asyncpg.connect(field.databases["provisioning"])
                await _send(field, approvals[:WARM_UP])
                await _until_issued(db, WARM_UP)
                idle_from = time.monotonic()
                await asyncio.sleep(IDLE_SECONDS)
                began = time.monotonic()
                await _send(field, approvals[WARM_UP:])
                await _until_issued(db, len(approvals))
                ended = time.monotonic()
                await _check_books(db, approvals)
                await db.close()
            lags = json.loads((folder / LAG_FILE).read_text())
    passwords = sum(event.data.add_smtp_pop3 for event in approvals[WARM_UP:])
    issuing, idle = _between(lags, began, ended), _between(lags, idle_from, began)
    told = _p99([lag for lag, _ in issuing]), _p99([min(turn) for turn in issuing]), _p99([lag for lag, _ in idle])
    return passwords / (ended - began), told


def _approval(number: int, now: datetime) -> Event[ApplicationApproved]:
    office = OfficeCode(f"B{number // 1000:02d}{number % 1000:03d}")
    start = local_date(now) + timedelta(days=14)
    approval = an_approval(
        receipt_number=receipt_number(now.year, number + 1),
        office_code=office,
        requested_start_date=start,
        confirmed_start_date=start,
        add_smtp_pop3=1 + number % MOST_MAILBOXES,
    )
    return an_event(approval, key=office, time=now)


@asynccontextmanager
async def _field(dsn: str, bootstrap: str, approvals: Sequence[Event[ApplicationApproved]]) -> AsyncIterator[Field]:
    name = f"nss_bench_hashing_{time.monotonic_ns()}"
    prefix = f"b{time.monotonic_ns()}."
    server = await asyncpg.connect(dsn)
    client = {"bootstrap_servers": bootstrap}
    try:
        await server.execute(f'create database "{name}"')
        url = with_database(dsn, name)
        await apply_migrations(url, migrations_of("provisioning"))
        await create_topics(client, TopicLayout(prefix=prefix))
        await _seed(url, [event.data.office_code for event in approvals])
        yield Field({"provisioning": url}, bootstrap, prefix)
    finally:
        await server.execute(f'drop database if exists "{name}" with (force)')
        await server.close()
        await delete_topics(client, prefix)


async def _seed(url: str, offices: Sequence[OfficeCode]) -> None:
    db = await open_connection(url, application_name=NAME)
    contracts = [an_event(a_contract(office_code=office), key=office) for office in offices]
    try:
        async with db.transaction():
            await workflows.register_contracts(db, contracts, datetime.now(UTC))
            await store.upsert_calendar(db, a_schedule())
        await db.execute("analyze")
    finally:
        await db.close()


async def _send(field: Field, events: Sequence[Event[ApplicationApproved]]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=field.bootstrap) as producer:
        for event in events:
            record = to_record(event, field.prefix)
            await producer.send(record.topic, record.value, key=record.key, headers=list(record.headers))
        await producer.flush()


async def _until_issued(db: "asyncpg.Connection[asyncpg.Record]", count: int) -> None:
    deadline = time.monotonic() + LONGEST_RUN_SECONDS
    while (issued := await db.fetchval("select count(*) from issues")) < count:
        if time.monotonic() > deadline:
            raise NotIssued(f"{issued} of {count} approvals issued after {LONGEST_RUN_SECONDS:.0f} s")
        await asyncio.sleep(LOOK_EVERY_SECONDS)


async def _check_books(
    db: "asyncpg.Connection[asyncpg.Record]", approvals: Sequence[Event[ApplicationApproved]]
) -> None:
    """As many IDs, sealed passwords and different hashes as were asked for: a rate cannot be won by doing less."""
    asked = sum(event.data.add_smtp_pop3 for event in approvals)
    row = await db.fetchrow(
        """
        select (select count(*) from mailboxes where cause = 'issued') as mailboxes,
               (select count(*) from sealed_passwords) as sealed,
               (select count(distinct password_hash) from mailbox_credentials
                where password_hash like '{ARGON2ID}$argon2id$v=19$m=19456,t=2,p=1$%') as hashes
        """
    )
    if row is None or set(row.values()) != {asked}:
        raise NotIssued(f"asked for {asked} passwords, found {dict(row or {})}")


def _between(turns: Sequence[tuple[float, float, float]], first: float, last: float) -> list[tuple[float, float]]:
    """Lag and work of the turns of the loop between the two instants."""
    return [(lag, worked) for at, lag, worked in turns if first <= at < last]


def _p99(seconds: Sequence[float]) -> float:
    """In milliseconds, what 99 of 100 do not exceed."""
    within = sorted(seconds)
    if not within:
        return math.nan
    return within[min(int(0.99 * len(within)), len(within) - 1)] * 1000
