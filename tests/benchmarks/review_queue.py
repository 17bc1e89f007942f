"""The reviewers' queue at 100,000 applications: every page under 300 ms, whatever the queue is narrowed to.

`python -m tests.benchmarks.review_queue [ROWS]` fills a database of its own and drops it again. What
a filter looks for is rare, so that one that passes over every row is seen to. Printed are the slowest of first page,
second page and a page far back, and the tables that its plan reads from end to end.
"""

import asyncio
import secrets
import statistics
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, cast

import asyncpg

from deploy.local.databases import migrations_of, with_database
from deploy.local.postgres import NAME as POSTGRES
from services.review import store, workflows
from services.review.domain.case_file import Viewer
from services.review.domain.review_queue import (
    BEGINNING,
    QueueFilter,
    QueueFlag,
    QueuePosition,
    QueueQuery,
)
from services.review.domain.schedule import Schedule
from services.review.domain.staff import StaffRole, a_staff_member
from shared.contracts.people import RegistrationDay
from shared.kernel.identifiers import OfficeCode
from shared.kernel.local_time import local_date
from shared.runtime.database import Connection, Pool, open_pool
from shared.runtime.migrations import apply_migrations
from tests.benchmarks.servers import servers
from tests.builders import NOW

MOST_SECONDS = 0.3
ROWS = 100_000
REPEATS = 3
READER, NOBODY = "jiro", "shiro"
LATER = NOW + timedelta(hours=1)
STATES = (QueueFilter.UNDER_REVIEW, QueueFilter.CLARIFICATION, QueueFilter.ALL)
"""Half of the applications, none of them, all of them."""
FAR_BACK = 45
"""Days after the oldest application's; the sixty days are filled evenly."""

NARROWED: Mapping[str, QueueQuery] = {
    "everything": QueueQuery(),
    "one office": QueueQuery(office_code=OfficeCode("A00042")),
    "by number": QueueQuery(search="099842A"),
    "by part of a name": QueueQuery(search="物流77"),
    "found nowhere": QueueQuery(search="どこにもない"),
    "mine": QueueQuery(mine=True),
    "unread": QueueQuery(unread=True),
    "unread and found nowhere": QueueQuery(unread=True, search="どこにもない"),
    **{flag.value: QueueQuery(flag=flag) for flag in QueueFlag},
    **{f"unread and {flag.value}": QueueQuery(unread=True, flag=flag) for flag in QueueFlag},
}
"""Names of what is measured, each in every state."""
UNREAD = {name: query for name, query in NARROWED.items() if query.unread}

_FILL = """
    insert into reviews (
        receipt_number, office_code, applicant_office_code, kind, state, revision, company_name, office_name,
        received_at, received_on, review_starts_on, contract_version, requested_start_date, reason, warnings,
        mailbox_change, opened_at, moved_at, approved_at, approved_by, decided_by, completed_on,
        calendar_version, schedule_version, mailbox_ids_issued)
    select lpad(n::text, 6, '0') || 'A', 'A' || lpad((n % 2000)::text, 5, '0'), 'A00001',
        case when n % 5000 = 0 then 'password_reissue' else 'mailbox_change' end,
        case when n % 2 = 0 then 'under_review' else 'review_completed' end, 1, '物流' || n % 500, '営業所',
        $1::timestamptz - make_interval(days => n % 60), ($1::timestamptz)::date - n % 60,
        ($1::timestamptz)::date - n % 60, 1, ($1::timestamptz)::date + case when n % 5000 = 2 then 9 else 8 end,
        '理由', '[]',
        jsonb_build_object('add_smtp_pop3', 1, 'add_edifact', 0, 'mailboxes_before', '[]'::jsonb,
            'abolish', case when n % 5000 = 4 then '["A0000101"]'::jsonb else '[]'::jsonb end),
        $1, $1::timestamptz - make_interval(secs => n), $1, '審査 次郎', 'reviewer',
        case when n % 2 = 1 then ($1::timestamptz)::date end, 1, 1, '[]'
    from generate_series(1, $2::int) as n
"""
_TROUBLE = """
    insert into timeline_entries (receipt_number, event_id, occurred_at, step, details)
    select receipt_number, gen_random_uuid(), moved_at,
        case when substr(receipt_number, 3, 4) = '5006' then 'mail_failed' else 'received' end, '{}'
    from reviews
"""
_READ = """
    insert into review_reads (login, receipt_number, read_at)
    select $1, receipt_number, $2 from reviews where substr(receipt_number, 3, 4) not in ('5000', '5001')
"""
_READER = "insert into review_readers (login, listed_until) values ($1, '-infinity')"


@dataclass(frozen=True, slots=True)
class Measured:
    """The slowest page of a query: median seconds, and the tables its plan passes over from end to end."""

    seconds: float
    passed_over: frozenset[str]


async def fill(pool: Pool, rows: int) -> None:
    """Half under review, half completed; over sixty days and 2,000 offices; nearly all of it read by the viewer."""
    async with pool.acquire() as db:
        await db.execute("set statement_timeout = 0")
        await store.insert_schedule(db, _schedule(), "運用 四郎", NOW)
        await db.execute(_FILL, NOW, rows, timeout=300)
        await db.execute(_TROUBLE, timeout=300)
        for reader in (READER, NOBODY):
            await db.execute(_READER, reader)
        await db.execute(_READ, READER, NOW + timedelta(seconds=1), timeout=300)
        await db.execute("analyze")
        await db.execute("reset statement_timeout")


def _schedule() -> Schedule:
    day = local_date(NOW) + timedelta(days=8)
    registered = RegistrationDay(registration_date=day, application_deadline=day, system_setting_deadline=day)
    return Schedule(1, 1, [registered], [], [], date(day.year + 1, 12, 31))


def _in_states(narrowed: Mapping[str, QueueQuery]) -> Iterator[tuple[str, QueueQuery]]:
    for name, query in narrowed.items():
        for state in STATES:
            yield f"{name}, {state.value}", replace(query, status=state)


async def measure(pool: Pool, login: str, narrowed: Mapping[str, QueueQuery]) -> dict[str, Measured]:
    """Each query's slowest page, everything on its rows included."""
    viewer = Viewer(a_staff_member(login, "審査 次郎", [StaffRole.REVIEWER]), 6)
    return {name: await _slowest(pool, query, viewer) for name, query in _in_states(narrowed)}


async def _slowest(pool: Pool, query: QueueQuery, viewer: Viewer) -> Measured:
    first = (await workflows.read_queue(pool, query, BEGINNING, viewer, LATER)).page
    far = QueuePosition(local_date(NOW) - timedelta(days=60 - FAR_BACK), "")
    positions = [position for position in (BEGINNING, first.following, far) if position is not None]
    medians = [await _median(pool, query, position, viewer) for position in positions]
    plans = [await _passed_over(pool, query, position, viewer) for position in positions]
    return Measured(max(medians), frozenset().union(*plans))


async def _median(pool: Pool, query: QueueQuery, position: QueuePosition, viewer: Viewer) -> float:
    taken = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        await workflows.read_queue(pool, query, position, viewer, LATER)
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


class _Explained:
    """A connection that plans a statement instead of running it."""

    def __init__(self, db: Connection) -> None:
        self.db = db
        self.plan = ""

    async def fetch(self, statement: str, *values: Any) -> list[Any]:
        """No rows; the plan is kept."""
        self.plan = "\n".join(row[0] for row in await self.db.fetch(f"explain {statement}", *values))
        return []


async def _passed_over(pool: Pool, query: QueueQuery, position: QueuePosition, viewer: Viewer) -> frozenset[str]:
    schedule = _schedule()
    days = [row.registration_date for row in schedule.registration_days]
    frame = store.QueueFrame(viewer.member.login, LATER, local_date(NOW), days)
    async with pool.acquire() as db:
        explained = _Explained(db)
        await store.find_queue(cast(Connection, explained), query, position, frame, 51)
    scans = [line.split(" on ")[1].split()[0] for line in explained.plan.splitlines() if "Seq Scan on" in line]
    return frozenset(scans) - {"review_claims", "review_readers"}


@asynccontextmanager
async def _database(dsn: str) -> AsyncIterator[Pool]:
    name = f"nss_bench_queue_{secrets.token_hex(4)}"
    server = await asyncpg.connect(dsn)
    await server.execute(f'create database "{name}"')
    try:
        await apply_migrations(with_database(dsn, name), migrations_of("review"))
        pool = await open_pool(with_database(dsn, name), application_name="bench-queue")
        yield pool
        await pool.close()
    finally:
        await server.execute(f'drop database if exists "{name}" with (force)')
        await server.close()


async def main(dsn: str, rows: int) -> int:
    """Print each figure above a tenth of the limit; 1 where one is over it."""
    async with _database(dsn) as pool:
        await fill(pool, rows)
        before = time.perf_counter()
        while await workflows.list_unread(pool, LATER):
            pass
        print(f"unread applications listed for two readers in {time.perf_counter() - before:.1f} s")
        async with pool.acquire() as db:
            await db.execute("analyze")
        figures = {READER: await measure(pool, READER, NARROWED), NOBODY: await measure(pool, NOBODY, UNREAD)}
    for login, measured in figures.items():
        for name, each in measured.items():
            if each.seconds > MOST_SECONDS / 10 or each.passed_over:
                print(f"{login:<6} {name:<45} {each.seconds * 1000:7.1f} ms  {' '.join(sorted(each.passed_over))}")
    slowest = max(each.seconds for measured in figures.values() for each in measured.values())
    print(f"slowest of {sum(map(len, figures.values()))} queries: {slowest * 1000:.1f} ms")
    return int(slowest > MOST_SECONDS)


if __name__ == "__main__":
    with servers(POSTGRES) as given:
        sys.exit(asyncio.run(main(given.state.postgres_dsn, int(sys.argv[1]) if sys.argv[1:] else ROWS)))
