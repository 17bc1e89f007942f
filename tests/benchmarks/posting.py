"""P6: how many applications a program can post per second, beside the least that could take them.

`python -m tests.benchmarks.posting [--rounds N] [--posts N] [--connections N]`. The bare side is an ASGI function that
stores each body with one statement in one transaction. Both run as one process under the same server, are sent the same
bytes over the same connections, of which there are so many that neither side waits for its clients, and take turns; the
figure is the median of the rounds' ratios. Our tables hold what some time of work leaves there, so that statements are
planned as they are in use.
"""

import argparse
import asyncio
import json
import os
import secrets
import socket
import statistics
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import psutil

from deploy.local import processes
from deploy.local.databases import migrations_of, with_database
from deploy.local.keys import ensure_keys
from deploy.local.ports import LOOPBACK, choose_ports
from deploy.local.postgres import NAME as POSTGRES
from services.intake import store, workflows
from services.intake.domain.mailboxes import OfficeMailbox
from services.intake.workflows import AccountOrder
from services.review.domain.schedule import published
from shared.runtime.database import Pool, open_pool, transaction
from shared.runtime.ids import new_uuid7
from shared.runtime.migrations import apply_migrations
from tests.benchmarks.application_growth import APPLICATIONS, ENTRIES, NEWS, REVISIONS
from tests.benchmarks.noise import look_at_machine
from tests.benchmarks.posting_server import DATABASE
from tests.benchmarks.servers import servers
from tests.benchmarks.workload import REASONS, Workload, make_workload
from tests.builders import a_contact
from tests.sql import execute

ROOT = Path(__file__).resolve().parents[2]
ROUNDS, POSTS, WARM_UP, CONNECTIONS = 5, 3000, 100, 32
APPLICATIONS_BEFORE = 20_000
ANSWERS = """
insert into api_answers (office_code, idempotency_key, request_sha256, status, body, answered_at)
select office_code, receipt_number, '', 201, '{}', now() from applications
"""
MUST, QUIET_SPREAD = 0.45, 1.25
READY_SECONDS = 30.0
SIDES = ("ours", "bare")
BACKENDS = "select pid from pg_stat_activity where datname = current_database() and application_name = $1"


@dataclass(frozen=True, slots=True)
class Taken:
    """How fast one side took its posts, and what one post cost its process and the database, in CPU microseconds."""

    posts_per_second: float
    server_us: float
    database_us: float


@dataclass(frozen=True, slots=True)
class Round:
    """Both sides, one after the other."""

    ours: Taken
    bare: Taken

    @property
    def ratio(self) -> float:
        """Ours to bare."""
        return self.ours.posts_per_second / self.bare.posts_per_second


@dataclass(frozen=True, slots=True)
class RunningSide:
    """Where one side listens, and its process."""

    port: int
    pid: int


async def measure(dsn: str, folder: Path, rounds: int, posts: int, connections: int = CONNECTIONS) -> list[Round]:
    """Every round takes both sides once, in an order that turns."""
    name = f"nss_bench_posting_{secrets.token_hex(4)}"
    workload = make_workload(rounds * (posts + WARM_UP), datetime.now(UTC))
    await execute(dsn, f'create database "{name}"')
    try:
        requests = await prepare_requests(with_database(dsn, name), workload)
        done = []
        for number in range(rounds):
            print(f"round {number + 1} of {rounds}: {look_at_machine()}", file=sys.stderr, flush=True)
            first = number * (posts + WARM_UP)
            taken = requests[first : first + posts + WARM_UP]
            sides = {
                side: await _take(side, with_database(dsn, name), folder, taken, connections)
                for side in (SIDES if number % 2 else reversed(SIDES))
            }
            done.append(Round(sides["ours"], sides["bare"]))
            print(f"  {done[-1]}", file=sys.stderr, flush=True)
        return done
    finally:
        await execute(dsn, f'drop database if exists "{name}" with (force)')


async def _take(side: str, url: str, folder: Path, requests: Sequence[bytes], connections: int) -> Taken:
    observer = await asyncpg.connect(url)
    try:
        async with running_side(side, url, folder) as running:
            await send_requests(running.port, requests[:WARM_UP], connections)
            backends = [row["pid"] for row in await observer.fetch(BACKENDS, f"benchmark-{side}")]
            began, server, database = time.monotonic(), _cpu([running.pid]), _cpu(backends)
            await send_requests(running.port, requests[WARM_UP:], connections)
            seconds, posts = time.monotonic() - began, len(requests) - WARM_UP
            server, database = _cpu([running.pid]) - server, _cpu(backends) - database
            return Taken(posts / seconds, server / posts * 1e6, database / posts * 1e6)
    finally:
        await observer.close()


def _cpu(pids: Sequence[int]) -> float:
    """Seconds of processor time that the processes have used."""
    return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in pids)


async def prepare_requests(url: str, workload: Workload) -> list[bytes]:
    """Contracts, accounts and tokens; the request of each office, ready to be sent."""
    await apply_migrations(url, migrations_of("intake"))
    pool, now = await open_pool(url, application_name="benchmark"), datetime.now(UTC)
    async with transaction(pool) as db:
        await db.execute("create table bare_posts (id uuid primary key, body jsonb not null)")
        await store.upsert_schedule(db, published(workload.schedule))
        for contract in workload.contracts:
            await store.upsert_contract(db, contract, now)
            await store.insert_office_account(db, contract.office_code, "no hash", now)
            boxes = contract.opening_mailboxes
            await store.insert_mailboxes(
                db, [OfficeMailbox(box.mailbox_id, contract.office_code, box.kind, box.active_from) for box in boxes]
            )
    day = f"{workload.schedule.registration_days[3].registration_date:%Y%m%d}"
    requests = []
    for number, contract in enumerate(workload.contracts):
        order = AccountOrder(contract.office_code, "benchmark", now)
        _, token = await workflows.make_token(pool, order, "benchmark", timedelta(days=1), new_uuid7)
        requests.append(_request(_body(contract.office_code, day, REASONS[number % len(REASONS)]), token))
    await _look_back(pool, len(workload.contracts))
    await pool.close()
    return requests


async def _look_back(pool: Pool, offices: int) -> None:
    """What earlier applications have left, and statistics about it."""
    async with transaction(pool) as db:
        await db.execute(APPLICATIONS, max(APPLICATIONS_BEFORE // offices, 1))
        await db.execute(REVISIONS, {})
        for statement in (ENTRIES, NEWS, ANSWERS):
            await db.execute(statement)
    for statement in ("checkpoint", "analyze"):
        await pool.execute(statement)


def _body(office_code: str, day: str, reason: str) -> dict[str, object]:
    return {
        "office_code": office_code,
        "kind": "mailbox_change",
        "requested_start_date": day,
        "reason": reason,
        "contact": a_contact().model_dump(mode="json", exclude_none=True),
        "mailbox_change": {"add_smtp_pop3": 1},
    }


def _request(body: dict[str, object], token: str) -> bytes:
    text = json.dumps(body, ensure_ascii=False).encode()
    head = (
        f"POST /api/v1/applications HTTP/1.1\r\nhost: {LOOPBACK}\r\nauthorization: Bearer {token}\r\n"
        f"idempotency-key: key-1\r\ncontent-type: application/json\r\ncontent-length: {len(text)}\r\n\r\n"
    )
    return head.encode() + text


async def send_requests(port: int, requests: Sequence[bytes], connections: int = CONNECTIONS) -> None:
    """All of them over a few connections, the next when the one before is answered. Raises unless each gets 201."""
    left = iter(requests)

    async def connection() -> None:
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        for request in left:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            body = await reader.readexactly(length)
            if b" 201 " not in head.partition(b"\r\n")[0]:
                raise RuntimeError(body.decode())
        writer.close()

    await asyncio.gather(*(connection() for _ in range(connections)))


@asynccontextmanager
async def running_side(side: str, url: str, folder: Path) -> AsyncIterator[RunningSide]:
    [port] = choose_ports([side]).values()
    keys = ensure_keys(folder / "keys")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("NSS_")},
        DATABASE: url,
        "NSS_ENVIRONMENT": "test",
        "NSS_KAFKA_BOOTSTRAP": f"{LOOPBACK}:1",
        "NSS_INTAKE_DATABASE_URL": url,
        "NSS_INTAKE_RELAY_DATABASE_URL": url,
        "NSS_INTAKE_HOST": LOOPBACK,
        "NSS_INTAKE_PORT": str(port),
        "NSS_INTAKE_URL": f"http://{LOOPBACK}:{port}",
        "NSS_PROVISIONING_URL": "http://notice.example",
        "NSS_STAFF_KEYS_DIR": str(keys.staff.public_keys),
        "NSS_INTAKE_TICKET_KEY_FILE": str(keys.ticket.private_key),
    }
    command = [sys.executable, "-m", "tests.benchmarks.posting_server", side, str(port)]
    log = folder / "log" / f"{side}.log"
    part = processes.start_detached(side, command, log=log, cwd=ROOT, environment=environment)
    try:
        await asyncio.to_thread(processes.wait_until_ready, part, lambda: _answers(port), seconds=READY_SECONDS)
        yield RunningSide(port, part.pid)
    finally:
        await asyncio.to_thread(processes.stop_part, part, patience_seconds=10.0)


def _answers(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


def main() -> None:
    """Measure, print the figure as JSON, end with exit code 1 if it misses what it must reach."""
    parser = argparse.ArgumentParser(description="Posted applications beside bare inserts.")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--posts", type=int, default=POSTS)
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    asked = parser.parse_args()
    with servers(POSTGRES) as stack:
        dsn, folder = stack.state.postgres_dsn, stack.directory
        rounds = asyncio.run(measure(dsn, folder, asked.rounds, asked.posts, asked.connections))
    ratios = sorted(each.ratio for each in rounds)
    bare = [each.bare.posts_per_second for each in rounds]
    spread = max(bare) / min(bare)
    figure = {
        "P6": round(statistics.median(ratios), 3),
        "lowest": round(ratios[0], 3),
        "highest": round(ratios[-1], 3),
        "must": MUST,
        "connections": asked.connections,
        "posts_per_second": round(statistics.median(each.ours.posts_per_second for each in rounds)),
        "bare_per_second": round(statistics.median(bare)),
        "cpu_us_per_post": {
            "server": round(statistics.median(each.ours.server_us for each in rounds)),
            "database": round(statistics.median(each.ours.database_us for each in rounds)),
            "bare_server": round(statistics.median(each.bare.server_us for each in rounds)),
            "bare_database": round(statistics.median(each.bare.database_us for each in rounds)),
        },
        "spread_of_bare": round(spread, 2),
        "verdict": "too noisy" if spread > QUIET_SPREAD else "met" if statistics.median(ratios) >= MUST else "missed",
    }
    print(json.dumps(figure, indent=2))
    raise SystemExit(1 if figure["verdict"] == "missed" else 0)


if __name__ == "__main__":
    main()
