"""P3 and P4 alone, in about a minute and a half: `python -m tests.benchmarks.issuing [--rounds N]`.

Uses the broker and the database server that NSS_KAFKA_BOOTSTRAP and NSS_POSTGRES_DSN name, else starts its own. Exit
code 1: a figure missed what it must reach; a machine too noisy for a verdict is no failure.
"""

import argparse
import asyncio

from deploy.errors import CommandError
from deploy.local.kafka import NAME as KAFKA
from deploy.local.postgres import NAME as POSTGRES
from tests.benchmarks.hashing import NotIssued, measure_issues
from tests.benchmarks.noise import look_at_machine
from tests.benchmarks.report import QUIET_SPREAD, Results
from tests.benchmarks.servers import servers

ROUNDS = 3


def main() -> None:
    """Measure, print the figures, end with the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.issuing")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"default {ROUNDS}")
    rounds = parser.parse_args().rounds
    try:
        with servers(KAFKA, POSTGRES) as stack:
            results = asyncio.run(measure(stack.state.postgres_dsn, stack.state.kafka_bootstrap, rounds))
    except (NotIssued, CommandError) as problem:
        raise SystemExit(f"benchmark: {problem}") from None
    print(as_text(results))
    raise SystemExit(0 if results.is_too_noisy or all(figure.is_met for figure in results.issuing()) else 1)


async def measure(dsn: str, bootstrap: str, rounds: int) -> Results:
    """Both sides so many times, in an order that turns."""
    results = Results()
    for number in range(rounds):
        results.noise.append(look_at_machine())
        results.issues.append(await measure_issues(dsn, bootstrap, number))
    return results


def as_text(results: Results) -> str:
    """For people."""
    lines = [*map(str, results.issuing()), *(f"machine: {noise}" for noise in results.noise)]
    if results.is_too_noisy:
        lines.append(f"TOO NOISY for a verdict: bare hashes varied by {results.spread:.2f}, allowed {QUIET_SPREAD}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
