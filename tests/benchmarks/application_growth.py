"""P10 for intake: what registering, listing and news cost with a million applications, against a thousand.

`python -m tests.benchmarks.application_growth`: median per act, both databases in turns, each
office with as many applications as any other. Exit code 1: a ratio missed its aim. No part of `make test`.
"""

import asyncio
import json
import secrets
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from deploy.local.databases import migrations_of, with_database
from deploy.local.postgres import NAME as POSTGRES
from services.intake import workflows
from services.intake.domain.form import ApplicationForm
from services.intake.domain.office_facts import FormRules
from services.intake.workflows import Submission
from shared.contracts.event_data import ApplicationKind
from shared.runtime.database import Connection, Pool, open_pool, transaction
from shared.runtime.ids import new_uuid7
from shared.runtime.migrations import apply_migrations
from tests.benchmarks.servers import servers
from tests.builders import TYPED, a_contract, a_schedule, an_application_received, an_event
from tests.sql import execute

SMALL, LARGE = 1_000, 1_000_000
PER_OFFICE = 20
ROUNDS, ACTS = 10, 5
AIM = 1.3
NOW = datetime(2028, 6, 1, 1, tzinfo=UTC)
FORM = {**TYPED, "start_date_choice": "20280703"}

OFFICES = """
insert into contracts (office_code, contract_version, register, updated_at)
select code, 1, $2::jsonb || jsonb_build_object('office_code', code, 'company_abbreviation', left(code, 3)), $3
from (select 'A' || upper(lpad(to_hex(n / 1000), 2, '0')) || lpad((n % 1000)::text, 3, '0') as code
      from generate_series(0, $1::integer - 1) as n) as offices
"""
APPLICATIONS = """
insert into applications (receipt_number, form_token, kind, status, revision, applicant_office_code, office_code,
    received_at, received_on, requested_start_date)
select (18 + n / 259974)::text || lpad(((n % 259974) % 9999 + 1)::text, 4, '0') || chr(65 + (n % 259974) / 9999),
    gen_random_uuid(), 'mailbox_change', 'in_service', 1, office_code, office_code,
    '2018-01-01'::timestamptz + n * interval '5 minutes', '2018-01-01', '2018-02-01'
from (select office_code, ((row_number() over ()) - 1)::integer as n
      from contracts cross join generate_series(1, $1::integer)) as wanted
"""
REVISIONS = "insert into application_revisions select receipt_number, 1, $1::jsonb from applications"
ENTRIES = """
insert into timeline_entries (receipt_number, event_id, kind, actor, occurred_at)
select receipt_number, gen_random_uuid(), 'received', 'applicant', received_at from applications
"""
NEWS = """
insert into news_items (office_code, event_id, category, kind, receipt_number, occurred_at)
select office_code, gen_random_uuid(), 'use_application', said, receipt_number, received_at
from applications cross join unnest(array['received', 'review_completed']) as said
"""

INDEXES = """
select format('alter table %s drop constraint %I', conrelid::regclass, conname) as drop,
    format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as create
from pg_constraint
where contype = 'u' and conrelid::regclass::text in ('applications', 'timeline_entries', 'news_items')
union all
select format('drop index %I', indexname), indexdef from pg_indexes
where tablename in ('applications', 'timeline_entries', 'news_items')
    and indexname not in (select conname from pg_constraint)
"""
"""All but primary keys: how each is dropped and made again."""
FILLING_SECONDS = 900.0


@dataclass
class Register:
    """One database of a size, and what each act took, in seconds."""

    pool: Pool
    offices: Sequence[str]
    spent: dict[str, list[float]] = field(default_factory=dict)
    written: int = 0


async def measure(small_size: int, large_size: int, dsn: str, rounds: int = ROUNDS) -> dict[str, float]:
    """The medians' ratios, large over small; `noise` is how much the small one's own halves differ at worst."""
    small, large = await _register(dsn, small_size), await _register(dsn, large_size)
    try:
        for number in range(rounds):
            order = (small, large) if number % 2 else (large, small)
            for register in order:
                await _round(register)
    finally:
        await _drop(dsn, small)
        await _drop(dsn, large)
    figures = {act: _median(large, act) / _median(small, act) for act in small.spent}
    figures |= {f"{act}_ms_large": _median(large, act) * 1000 for act in small.spent}
    return {**figures, "noise": max(map(_noise, small.spent.values()))}


async def _round(register: Register) -> None:
    step = max(len(register.offices) // (ROUNDS * ACTS), 1)
    for _ in range(ACTS):
        office = register.offices[(register.written * step) % len(register.offices)]
        register.written += 1
        await _timed(register, "write", partial(_write, register, office))
        await _timed(register, "list", partial(_list, register, office))
        await _timed(register, "news", partial(_news, register, office))
        await _timed(register, "form", partial(_begin, register, office))


async def _write(register: Register, office: str) -> None:
    form = ApplicationForm(**{**FORM, "office_code": office})
    async with transaction(register.pool) as db:
        await workflows.receive_locked(db, Submission(office, new_uuid7(), form), FormRules(), NOW, new_uuid7)


async def _list(register: Register, office: str) -> None:
    page = await workflows.list_applications(register.pool, office)
    assert len(page.applications) == PER_OFFICE
    await workflows.list_applications(register.pool, office, after=page.applications[PER_OFFICE // 2].receipt_number)


async def _news(register: Register, office: str) -> None:
    assert (await workflows.view_menu(register.pool, office, NOW)).news
    assert (await workflows.list_news(register.pool, office)).items


async def _begin(register: Register, office: str) -> None:
    owner = workflows.DraftOwner(office, new_uuid7())
    await workflows.start_draft(register.pool, owner, ApplicationKind.MAILBOX_CHANGE, FormRules(), NOW)


async def _register(dsn: str, size: int) -> Register:
    name = f"nss_bench_intake_{secrets.token_hex(4)}"
    await execute(dsn, f'create database "{name}"')
    url = with_database(dsn, name)
    await apply_migrations(url, migrations_of("intake"))
    pool = await open_pool(url, application_name="bench", max_size=2)
    async with pool.acquire() as db:
        await _fill(db, size)
        offices = [row[0] for row in await db.fetch("select office_code from contracts order by office_code")]
    async with transaction(pool) as db:
        await workflows.keep_schedules(db, [an_event(a_schedule(), key="schedule")])
    return Register(pool, offices)


async def _fill(db: Connection, size: int) -> None:
    """Filling is no part of the measure: without triggers and with indexes made last it takes minutes, not hours."""
    contract = a_contract().model_dump(mode="json", exclude_none=True)
    content = an_application_received().model_dump(mode="json", exclude_none=True)
    await db.execute("set statement_timeout = 0; set maintenance_work_mem = '256MB'; set synchronous_commit = off")
    async with db.transaction():
        await db.execute("set local session_replication_role = replica")
        indexes = await db.fetch(INDEXES)
        for index in indexes:
            await db.execute(index["drop"])
        for statement, argument in (
            (OFFICES, (size // PER_OFFICE, contract, NOW)),
            (APPLICATIONS, (PER_OFFICE,)),
            (REVISIONS, (content,)),
            (ENTRIES, ()),
            (NEWS, ()),
        ):
            await db.execute(statement, *argument, timeout=FILLING_SECONDS)
        for index in indexes:
            await db.execute(index["create"], timeout=FILLING_SECONDS)
    await db.execute("vacuum analyze", timeout=FILLING_SECONDS)


async def _timed(register: Register, act: str, work: Callable[[], Awaitable[None]]) -> None:
    began = time.monotonic()
    await work()
    register.spent.setdefault(act, []).append(time.monotonic() - began)


def _median(register: Register, act: str) -> float:
    return statistics.median(register.spent[act])


def _noise(spent: Sequence[float]) -> float:
    halves = sorted((statistics.median(spent[::2]), statistics.median(spent[1::2])))
    return halves[1] / halves[0]


async def _drop(dsn: str, register: Register) -> None:
    name = await register.pool.fetchval("select current_database()")
    await register.pool.close()
    await execute(dsn, f'drop database "{name}" with (force)')


def main() -> None:
    """Measure, print the figures as JSON, end with the exit code."""
    with servers(POSTGRES) as stack:
        figures = asyncio.run(measure(SMALL, LARGE, stack.state.postgres_dsn))
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}))
    raise SystemExit(0 if all(figures[act] <= AIM for act in ("write", "list", "news")) else 1)


if __name__ == "__main__":
    main()
