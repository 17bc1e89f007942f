"""The reviewers' queue at 100,000 applications: the first page under 300 ms, whatever it is narrowed to.

`NSS_POSTGRES_DSN=… python -m tests.benchmarks.review_queue [ROWS]` fills a database of its own and drops it again.
"""

import asyncio
import os
import secrets
import statistics
import sys
import time
from collections.abc import Mapping
from datetime import timedelta

import asyncpg

from deploy.local.databases import migrations_of, with_database
from services.review import workflows
from services.review.domain.case_file import Viewer
from services.review.domain.review_queue import BEGINNING, QueueFilter, QueueFlag, QueueQuery
from services.review.domain.staff import StaffRole, a_staff_member
from shared.kernel.identifiers import OfficeCode
from shared.runtime.database import Pool, open_pool
from shared.runtime.migrations import apply_migrations
from tests.builders import NOW

MOST_SECONDS = 0.3
ROWS = 100_000
REPEATS = 5
VIEWER = Viewer(a_staff_member("jiro", "審査 次郎", [StaffRole.REVIEWER]), 6)

QUERIES: Mapping[str, QueueQuery] = {
    "under review": QueueQuery(),
    "all": QueueQuery(status=QueueFilter.ALL),
    "completed": QueueQuery(status=QueueFilter.REVIEW_COMPLETED),
    "one office": QueueQuery(status=QueueFilter.ALL, office_code=OfficeCode("A00042")),
    "by number": QueueQuery(status=QueueFilter.ALL, search="18A0042B"),
    "by part of a name": QueueQuery(status=QueueFilter.ALL, search="物流77"),
    "found nowhere": QueueQuery(status=QueueFilter.ALL, search="どこにもない"),
    "mine": QueueQuery(status=QueueFilter.ALL, mine=True),
    "unread": QueueQuery(unread=True),
    **{flag.value: QueueQuery(status=QueueFilter.ALL, flag=flag) for flag in QueueFlag},
}
"""Names of what is measured; those that find nothing look at every row."""

_FILL = """
    insert into reviews (
        receipt_number, office_code, applicant_office_code, kind, state, revision, company_name, office_name,
        received_at, received_on, review_starts_on, contract_version, requested_start_date, reason, warnings,
        mailbox_change, opened_at, moved_at, approved_at, approved_by, decided_by, completed_on,
        calendar_version, schedule_version, mailbox_ids_issued)
    select lpad(n::text, 6, '0') || 'A', 'A' || lpad((n % 2000)::text, 5, '0'), 'A00001', 'mailbox_change',
        case when n % 2 = 0 then 'under_review' else 'review_completed' end, 1, '物流' || n % 500, '営業所',
        $1::timestamptz - make_interval(days => n % 60), ($1::timestamptz)::date - n % 60,
        ($1::timestamptz)::date - n % 60, 1, ($1::timestamptz)::date + 8, '理由', '[]',
        '{"add_smtp_pop3": 1, "add_edifact": 0, "abolish": [], "mailboxes_before": []}',
        $1, $1, $1, '審査 次郎', 'reviewer', case when n % 2 = 1 then ($1::timestamptz)::date end, 1, 1, '[]'
    from generate_series(1, $2::int) as n
"""
_READ = """
    insert into review_reads (login, receipt_number, read_at)
    select 'jiro', receipt_number, $1 from reviews where state = 'under_review'
"""


async def fill(pool: Pool, rows: int) -> None:
    """Half under review and all of it read by the viewer, half completed; over sixty days and 2,000 offices."""
    later = NOW + timedelta(seconds=1)
    async with pool.acquire() as db:
        await db.execute("set statement_timeout = 0")
        await db.execute(_FILL, NOW, rows, timeout=300)
        await db.execute(_READ, later, timeout=300)
        await db.execute("analyze")
        await db.execute("reset statement_timeout")


async def measure(pool: Pool) -> dict[str, float]:
    """Median seconds of each query's first page, everything on its rows included."""
    return {name: await _median(pool, query) for name, query in QUERIES.items()}


async def _median(pool: Pool, query: QueueQuery) -> float:
    taken = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        await workflows.read_queue(pool, query, BEGINNING, VIEWER, NOW)
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


async def main(dsn: str, rows: int) -> int:
    """Print each figure; 1 where one is over the limit."""
    name = f"nss_bench_queue_{secrets.token_hex(4)}"
    server = await asyncpg.connect(dsn)
    await server.execute(f'create database "{name}"')
    try:
        await apply_migrations(with_database(dsn, name), migrations_of("review"))
        pool = await open_pool(with_database(dsn, name), application_name="bench-queue")
        await fill(pool, rows)
        figures = await measure(pool)
        await pool.close()
    finally:
        await server.execute(f'drop database if exists "{name}" with (force)')
        await server.close()
    for query, seconds in figures.items():
        print(f"{query:<20} {seconds * 1000:7.1f} ms")
    return int(max(figures.values()) > MOST_SECONDS)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(os.environ["NSS_POSTGRES_DSN"], int(sys.argv[1]) if sys.argv[1:] else ROWS)))
