"""P10 for provisioning: what issuing and reading cost with a million IDs in the ledger, against a ledger of a thousand.

`python -m tests.benchmarks.ledger_growth`: median per batch, both ledgers taken in turns.
"""

import asyncio
import json
import secrets
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from deploy.local.databases import migrations_of, with_database
from deploy.local.postgres import NAME as POSTGRES
from services.provisioning import workflows
from services.provisioning.domain.passwords import MailboxPassword
from services.provisioning.vault import DirectoryKeyStore
from services.provisioning.workflows import IssuingTools, LedgerWatch
from shared.kernel.identifiers import OfficeCode, receipt_number
from shared.runtime.database import Pool, open_pool, transaction
from shared.runtime.ids import new_uuid7
from shared.runtime.migrations import apply_migrations
from tests.benchmarks.servers import servers
from tests.builders import FixedClock, a_schedule, an_approval, an_event
from tests.sql import execute

SMALL, LARGE = 1_000, 1_000_000
IDS_PER_OFFICE = 50
BATCH = 50
ROUNDS = 20
AIM = 1.3
HASH = "{ARGON2ID}$argon2id$" + "x" * 90

SEED = """
insert into offices (office_code, contract_version, company_abbreviation, system_class, customs, billing_code,
    smtp_pop3_from, highest_serial)
select code, 1, left(code, 3), 'common', 'c', '1', '2017-01-01', $2::smallint
from (select 'A' || upper(lpad(to_hex(n / 1000), 2, '0')) || lpad((n % 1000)::text, 3, '0') as code
      from generate_series(0, $1::integer - 1) as n) as offices
"""
SEED_ROWS = """
insert into mailboxes (mailbox_id, office_code, serial, kind, cause, status, active_from, entered_at, change,
    changed_at)
select office_code || lpad(serial::text, 2, '0'), office_code, serial, 'smtp_pop3', 'opening_balance', 'active',
    '2017-01-01', '2017-01-01', 'entered', '2017-01-01'
from offices cross join generate_series(1, $1::integer) as serial
"""


class NoHasher:
    """Hashing costs the same whatever the ledger holds."""

    async def hash_all(self, passwords: Sequence[MailboxPassword]) -> list[str]:
        """One text for all."""
        return [HASH for _ in passwords]


@dataclass
class Ledger:
    """One ledger of a size, and what the batches took."""

    pool: Pool
    offices: Sequence[OfficeCode]
    tools: IssuingTools
    issuing: list[float]
    reading: list[float]
    applications: int = 0


async def measure(small_size: int, large_size: int, dsn: str, rounds: int = ROUNDS) -> dict[str, float]:
    """The medians' ratios, large over small, of issuing a batch and of reading twenty offices' ledgers.

    `noise` is how much the small one's own halves differ.
    """
    with tempfile.TemporaryDirectory() as keys:
        small = await _ledger(dsn, small_size, Path(keys))
        large = await _ledger(dsn, large_size, Path(keys))
        try:
            for _ in range(rounds):
                for ledger in (small, large):
                    ledger.issuing.append(await _seconds(partial(_issue, ledger)))
                    ledger.reading.append(await _seconds(partial(_read, ledger)))
        finally:
            await _drop(dsn, small)
            await _drop(dsn, large)
    return {
        "issuing": statistics.median(large.issuing) / statistics.median(small.issuing),
        "reading": statistics.median(large.reading) / statistics.median(small.reading),
        "issuing_ms_large": statistics.median(large.issuing) * 1000,
        "reading_ms_large": statistics.median(large.reading) * 1000,
        "noise": _noise(small.issuing),
    }


def _noise(spent: Sequence[float]) -> float:
    halves = sorted((statistics.median(spent[::2]), statistics.median(spent[1::2])))
    return halves[1] / halves[0]


async def _ledger(dsn: str, size: int, keys: Path) -> Ledger:
    name = f"nss_bench_ledger_{secrets.token_hex(4)}"
    await execute(dsn, f'create database "{name}"')
    url = with_database(dsn, name)
    await apply_migrations(url, migrations_of("provisioning"))
    pool = await open_pool(url, application_name="bench", max_size=2)
    async with pool.acquire() as db:
        await db.execute("set statement_timeout = 0")
        async with db.transaction():
            # Filling is no part of the measure: without triggers it takes seconds instead of minutes.
            await db.execute("set local session_replication_role = replica")
            await db.execute(SEED, max(size // IDS_PER_OFFICE, BATCH), IDS_PER_OFFICE, timeout=600)
            await db.execute(SEED_ROWS, IDS_PER_OFFICE, timeout=600)
        await db.execute("vacuum analyze", timeout=600)
        offices = [OfficeCode(row[0]) for row in await db.fetch("select office_code from offices order by office_code")]
    clock = FixedClock()
    tools = IssuingTools(
        clock, new_uuid7, DirectoryKeyStore(keys), NoHasher(), secrets.randbelow, 16,
        watch=LedgerWatch(is_current=True),
    )  # fmt: skip
    async with transaction(pool) as db:
        await workflows.adopt_calendar(db, [an_event(a_schedule(), key="schedule")], tools)
    return Ledger(pool, offices, tools, [], [])


async def _issue(ledger: Ledger) -> None:
    """One batch of fifty applications of fifty offices, spread over the whole ledger."""
    step = max(len(ledger.offices) // BATCH, 1)
    offices = ledger.offices[::step][:BATCH]
    events = []
    for office in offices:
        ledger.applications += 1
        number = receipt_number(2018, ledger.applications)
        events.append(an_event(an_approval(receipt_number=number, office_code=office, contract_version=1), key=office))
    candidates = await workflows.prepare_credentials(ledger.tools, events)
    async with transaction(ledger.pool) as db:
        waiting = await workflows.act_on_approvals(db, events, candidates, ledger.tools)
    assert not waiting


async def _read(ledger: Ledger) -> None:
    for office in ledger.offices[:: max(len(ledger.offices) // 20, 1)][:20]:
        assert await workflows.read_ledger(ledger.pool, office) is not None


async def _seconds(work: Callable[[], Awaitable[None]]) -> float:
    began = time.monotonic()
    await work()
    return time.monotonic() - began


async def _drop(dsn: str, ledger: Ledger) -> None:
    name = await ledger.pool.fetchval("select current_database()")
    await ledger.pool.close()
    await execute(dsn, f'drop database "{name}" with (force)')


if __name__ == "__main__":
    with servers(POSTGRES) as given:
        print(json.dumps(asyncio.run(measure(SMALL, LARGE, given.state.postgres_dsn))))
