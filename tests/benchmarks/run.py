"""The benchmark: our services and the bare pipeline in turns, then the waits; figures to stdout, progress to stderr.

`python -m tests.benchmarks [--rounds N] [--applications N] [--json]`. Uses the broker and the database server that
NSS_KAFKA_BOOTSTRAP and NSS_POSTGRES_DSN name, else starts its own. Exit code 1: a figure missed what it must reach, or
does not count because an invariant was violated; a machine too noisy for a verdict is no failure.
"""

import argparse
import asyncio
import sys
import time
from datetime import UTC, datetime

import uvloop

from deploy.errors import CommandError
from deploy.local.kafka import NAME as KAFKA
from deploy.local.postgres import NAME as POSTGRES
from tests.benchmarks.ground import Ground, new_ground
from tests.benchmarks.hashing import NotIssued, measure_issues
from tests.benchmarks.latency import hashed_applications_per_second, measure_waits
from tests.benchmarks.mail_speed import measure_mail_speed
from tests.benchmarks.mail_waits import half_load, measure_mail_waits
from tests.benchmarks.measuring import BooksDisagree, Run, Size, measure_ours, measure_reference
from tests.benchmarks.noise import look_at_machine
from tests.benchmarks.outcome import NotFinished
from tests.benchmarks.report import Results, as_json, as_text
from tests.benchmarks.servers import servers
from tests.benchmarks.workload import Workload, make_workload

ROUNDS = 5
APPLICATIONS = 2000
ONE_BY_ONE = Size(100, warm_up=20)
WAITS_SHARE = 0.05
WAITS_SECONDS = 60.0
MAIL_APPLICATIONS, MAIL_SECONDS = 750, 15.0


def main() -> None:
    """Run it all, print the figures, end with the exit code."""
    arguments = _arguments()
    try:
        with servers(KAFKA, POSTGRES) as stack:
            ground = new_ground(stack.state.postgres_dsn, stack.state.kafka_bootstrap)
            results = asyncio.run(measure(ground, arguments.rounds, arguments.applications))
    except (BooksDisagree, NotFinished, NotIssued, CommandError) as problem:
        raise SystemExit(f"benchmark: {problem}") from None
    print(as_json(results) if arguments.json else as_text(results))
    missed = [figure.name for figure in results.figures() if not figure.is_met]
    raise SystemExit(1 if missed and not results.is_too_noisy else 0)


async def measure(ground: Ground, rounds: int, applications: int) -> Results:
    """Every round takes both sides once, in an order that turns: A B, B A, A B …; the slow variant comes last."""
    now, size, results = datetime.now(UTC), Size(applications), Results()
    workload = make_workload(size.total, now)
    try:
        await ground.seed(workload, now)
        for number in range(rounds):
            results.noise.append(look_at_machine())
            say(f"round {number + 1} of {rounds}: {results.noise[-1]}")
            await _round(ground, workload, size, results)
        rate = WAITS_SHARE * min(results.ours[-1].rate, await hashed_applications_per_second(workload))
        count = min(int(rate * WAITS_SECONDS), applications)
        say(f"waits: {count} applications at {rate:.1f} per second")
        results.waits = await measure_waits(ground, workload, Size(count), rate)
        await _mails(ground, rounds, results)
        results.noise.append(look_at_machine())
    finally:
        await ground.clear()
    return results


async def _round(ground: Ground, workload: Workload, size: Size, results: Results) -> None:
    ours_first = len(results.ours) % 2 == 1
    for ours in (ours_first, not ours_first):
        if ours:
            results.ours.append(_told("ours", await measure_ours(ground, workload, size)))
        else:
            results.reference.append(_told("bare pipeline", await measure_reference(ground, workload, size)))
    issues = await measure_issues(ground.dsn, ground.bootstrap, len(results.issues))
    results.issues.append(issues)
    say(f"  issuing           {issues.issue_rate:6.0f} passwords per second, {issues.bare_rate:.0f} bare hashes")
    one_by_one = await measure_ours(ground, workload, ONE_BY_ONE, ["--one-by-one"])
    results.one_by_one.append(_told("batches of one", one_by_one))


async def _mails(ground: Ground, rounds: int, results: Results) -> None:
    """On the event loop that the services run on, for which this process has to do it in a thread."""
    speed = measure_mail_speed(ground.dsn, rounds, MAIL_APPLICATIONS)
    results.mails = await asyncio.to_thread(uvloop.run, speed)
    rate = half_load(results.mails)
    say(f"mails: {results.mails[-1].ours:.0f} per second; waits at {rate:.0f} applications per second")
    waits = measure_mail_waits(ground.dsn, ground.bootstrap, rate, MAIL_SECONDS)
    results.mail_waits = await asyncio.to_thread(uvloop.run, waits)


def _told(side: str, run: Run) -> Run:
    commits = run.written.commits / run.applications
    say(f"  {side:<17} {run.rate:6.0f} applications per second, {commits:.2f} commits each")
    return run


def say(line: str) -> None:
    """Progress."""
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nss bench", description="Our services beside a bare pipeline.")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"default {ROUNDS}")
    parser.add_argument("--applications", type=int, default=APPLICATIONS, help=f"per run, default {APPLICATIONS}")
    parser.add_argument("--json", action="store_true", help="figures as JSON, by name")
    return parser.parse_args()


if __name__ == "__main__":
    main()
