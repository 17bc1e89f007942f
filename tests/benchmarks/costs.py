"""What one application costs, for deploy/SCALING.md: processor time of each process, bytes in each database and topic.

`python -m tests.benchmarks.costs [--applications N] [--people N]`, some five minutes, figures as JSON. Three ways: the
services in batches with real password hashes and no mail server; people at the pages, every process as in production;
single things (a post, a hash, a mail) by themselves. Starts servers of its own, whose files it has to measure.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import uvloop

from deploy.local.kafka import NAME as KAFKA
from deploy.local.postgres import NAME as POSTGRES
from deploy.local.stack import LocalStack, Outside
from shared.contracts.topics import SERVICES, TOPICS
from tests.benchmarks.ground import Field, new_ground
from tests.benchmarks.hashing import BARE_HASHES, bare_hash_rate
from tests.benchmarks.mail_speed import measure_mail_speed
from tests.benchmarks.measuring import check_books, submit
from tests.benchmarks.ours import running_services
from tests.benchmarks.outcome import MAILS_PER_APPLICATION, Connections, await_end, await_rest, connect
from tests.benchmarks.posting import measure as measure_posts
from tests.benchmarks.servers import servers
from tests.benchmarks.workload import Workload, make_workload
from tests.town import PASSWORD, Town, founded_town, invented_offices

APPLICATIONS, WARM_UP, PEOPLE, AT_ONCE = 1500, 100, 24, 4
IDLE_SECONDS = 10.0
LONGEST_RUN_SECONDS = 600.0
POSTS, POST_ROUNDS, MAIL_ROUNDS, MAIL_APPLICATIONS = 600, 3, 3, 750
Costs = dict[str, float]


@dataclass(frozen=True, slots=True)
class Processes:
    """Processes by the name they have in the figures; PostgreSQL's and Kafka's with their children."""

    pids: Mapping[str, int]

    def cpu_seconds(self) -> Costs:
        """Processor time used so far, that of children that have ended included."""
        return {name: _family_seconds(psutil.Process(pid)) for name, pid in self.pids.items()}

    def resident_mib(self) -> Costs:
        """Of each process alone."""
        return {name: psutil.Process(pid).memory_info().rss / 2**20 for name, pid in self.pids.items()}


def _family_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    own = times.user + times.system + times.children_user + times.children_system
    return float(own + sum(sum(child.cpu_times()[:2]) for child in process.children(recursive=True)))


def _per(items: int, before: Costs, after: Costs) -> Costs:
    """Milliseconds per item."""
    return {name: round((after[name] - before[name]) / items * 1000, 2) for name in before}


async def measure_batches(stack: LocalStack, applications: int) -> dict[str, object]:
    """Applications that lie committed in intake's database, approved by the policy on sight."""
    ground = new_ground(stack.state.postgres_dsn, stack.state.kafka_bootstrap)
    now = datetime.now(UTC)
    workload = make_workload(WARM_UP + applications, now)
    try:
        await ground.seed(workload, now)
        async with ground.field() as field:
            return await _batches(stack, field, (workload, applications))
    finally:
        await ground.clear()


async def _batches(stack: LocalStack, field: Field, load: tuple[Workload, int]) -> dict[str, object]:
    workload, applications = load
    with TemporaryDirectory(prefix="nss-bench-") as folder:
        async with running_services(field, Path(folder), ["--hash"]) as services:
            pids = {"database": stack.part(POSTGRES).pid, "broker": stack.part(KAFKA).pid}
            processes = Processes(pids | {name: part.pid for name, part in services.parts.items()})
            looking = await connect(field)
            await submit(field, workload, 0, WARM_UP)
            await await_end(looking, WARM_UP, seconds=LONGEST_RUN_SECONDS)
            await await_rest(field, seconds=LONGEST_RUN_SECONDS)
            kept, passing = await _database_bytes(looking)
            topics = _topic_bytes(stack, field)
            before, began = processes.cpu_seconds(), time.monotonic()
            await submit(field, workload, WARM_UP, applications)
            ended = await await_end(looking, WARM_UP + applications, seconds=LONGEST_RUN_SECONDS)
            await await_rest(field, seconds=LONGEST_RUN_SECONDS)
            kept_after, passing_after = await _database_bytes(looking)
            told = {
                "applications_per_second": round(applications / (ended - began), 1),
                "cpu_ms_per_application": _per(applications, before, processes.cpu_seconds()),
                "events_per_application": await _events(looking, WARM_UP + applications),
                "mails_per_application": MAILS_PER_APPLICATION,
                "kept_bytes_per_application": _grown(applications, kept, kept_after),
                "passing_bytes_per_application": _grown(applications, passing, passing_after),
                "topic_bytes_per_application": _grown(applications, topics, _topic_bytes(stack, field)),
            }
            for connection in looking.values():
                await connection.close()
    await check_books(field)
    return told


async def _database_bytes(looking: Connections) -> tuple[Costs, Costs]:
    """By service: what stays, and what the outbox and its archive of seven days hold for a while."""
    kept: Costs = {}
    passing: Costs = {}
    for service, db in looking.items():
        passing[service] = await db.fetchval(
            "select sum(pg_total_relation_size(oid)) from pg_class where relkind = 'r' and relname like 'event_outbox%'"
        )
        kept[service] = await db.fetchval("select pg_database_size(current_database())") - passing[service]
    return kept, passing


async def _events(looking: Connections, applications: int) -> dict[str, int]:
    """Published by each service."""
    counted = "select count(*) from event_outbox_archive"
    return {name: round(await db.fetchval(counted) / applications) for name, db in looking.items()}


def _topic_bytes(stack: LocalStack, field: Field) -> Costs:
    """One copy of each topic's records, as they lie on the broker's disk."""
    data = stack.directory / "kafka" / "data"
    return {
        topic.name: sum(file.stat().st_size for file in data.glob(f"{topic.name_with(field.prefix)}-[0-9]*/*.log"))
        for topic in TOPICS
    }


def _grown(items: int, before: Costs, after: Costs) -> dict[str, int]:
    return {name: round((after[name] - before[name]) / items) for name in before if after[name] > before[name]}


async def measure_people(town: Town, offices: list[str]) -> dict[str, object]:
    """From the form to the read password through the pages, a reviewer deciding: what each service spends on it."""
    processes = Processes({service: town.stack.part(service).pid for service in SERVICES})
    before = processes.cpu_seconds()
    await asyncio.sleep(IDLE_SECONDS)
    idle = {name: (after - before[name]) / IDLE_SECONDS for name, after in processes.cpu_seconds().items()}
    waiting, before, began = iter(offices), processes.cpu_seconds(), time.monotonic()

    async def person() -> None:
        for office in waiting:
            number = await town.issue(office)
            async with town.applicant(office) as applicant:
                await applicant.read_passwords(number, PASSWORD)

    await asyncio.gather(*(person() for _ in range(AT_ONCE)))
    seconds, after = time.monotonic() - began, processes.cpu_seconds()
    working = {name: after[name] - idle[name] * seconds for name in after}
    return {
        "cpu_ms_per_application": _per(len(offices), before, working),
        "idle_cpu_percent": {name: round(share * 100, 1) for name, share in idle.items()},
        "resident_mib": {name: round(size) for name, size in processes.resident_mib().items()},
    }


async def measure_singles(dsn: str, folder: Path) -> dict[str, object]:
    """A post at intake's API, a password hash, a mail sent to a server beside it."""
    posts = await measure_posts(dsn, folder, POST_ROUNDS, POSTS)
    cpu = time.process_time()
    bare_hash_rate()
    hashed = time.process_time() - cpu
    mails = await measure_mail_speed(dsn, MAIL_ROUNDS, MAIL_APPLICATIONS)
    return {
        "posts_per_second": round(_median([each.ours.posts_per_second for each in posts])),
        "cpu_ms_per_post": round(_median([each.ours.server_us for each in posts]) / 1000, 3),
        "database_cpu_ms_per_post": round(_median([each.ours.database_us for each in posts]) / 1000, 3),
        "cpu_ms_per_hash": round(hashed / (BARE_HASHES + 2) * 1000, 2),
        "mails_per_second": round(_median([each.ours for each in mails])),
        "cpu_ms_per_mail": round(_median([each.ours_cpu_us for each in mails]) / 1000, 3),
    }


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description="What one application costs.")
    parser.add_argument("--applications", type=int, default=APPLICATIONS)
    parser.add_argument("--people", type=int, default=PEOPLE)
    given = parser.parse_args()
    told: dict[str, object] = {}
    with servers(KAFKA, POSTGRES, outside=Outside()) as stack:
        told["batches"] = uvloop.run(measure_batches(stack, given.applications))
        _say(told)
        told["singles"] = uvloop.run(measure_singles(stack.state.postgres_dsn, stack.directory))
        _say(told)
    offices = invented_offices(given.people)
    with founded_town(offices) as town:
        told["people"] = asyncio.run(measure_people(town, list(offices)))
    print(json.dumps(told, indent=2))


def _say(told: Mapping[str, object]) -> None:
    print(json.dumps(told), file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
