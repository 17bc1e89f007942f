"""P7: how long a program waits for a receipt number when applications come at half the rate that can be taken.

`python -m tests.benchmarks.accept_waits [--posts N]`. The ceiling is measured first, over a few busy connections. Then
applications are sent at their appointed times, whether earlier ones have been answered or not, and each wait counts
from its appointment: a server that stalls makes everybody behind it wait, and the figure shows it.

The sender shares the processors with the server and the database: its part is told, and above a fifth of one a missed
aim is no verdict, for then the waits are partly its own.
"""

import argparse
import asyncio
import gc
import json
import secrets
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import uvloop

from deploy.local.databases import with_database
from deploy.local.ports import LOOPBACK
from deploy.local.postgres import NAME as POSTGRES
from tests.benchmarks.noise import look_at_machine
from tests.benchmarks.posting import WARM_UP, prepare_requests, running_side, send_requests
from tests.benchmarks.servers import servers
from tests.benchmarks.workload import make_workload
from tests.sql import execute

POSTS, CEILING_POSTS = 2000, 800
MOST_RATIO, MOST_SECONDS = 10.0, 0.050
MOST_OF_A_PROCESSOR = 0.2
LINES = 16
"""Connections kept open, so that no wait is the network's."""

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Measured:
    """The ceiling in posts per second, the wait of each post in seconds, and what the sender took of a processor."""

    ceiling: float
    waits: Sequence[float]
    sender_share: float


async def measure(dsn: str, folder: Path, posts: int) -> Measured:
    """Find the ceiling, then send at half of it."""
    name = f"nss_bench_waits_{secrets.token_hex(4)}"
    await execute(dsn, f'create database "{name}"')
    try:
        workload = make_workload(WARM_UP + CEILING_POSTS + posts, datetime.now(UTC))
        requests = await prepare_requests(with_database(dsn, name), workload)
        async with running_side("ours", with_database(dsn, name), folder) as running:
            await send_requests(running.port, requests[:WARM_UP])
            began = time.monotonic()
            await send_requests(running.port, requests[WARM_UP : WARM_UP + CEILING_POSTS])
            ceiling = CEILING_POSTS / (time.monotonic() - began)
            gc.freeze()
            began, used = time.monotonic(), time.process_time()
            waits = await wait_for_each(running.port, requests[WARM_UP + CEILING_POSTS :], ceiling / 2)
            share = (time.process_time() - used) / (time.monotonic() - began)
        return Measured(ceiling, waits, share)
    finally:
        await execute(dsn, f'drop database if exists "{name}" with (force)')


async def wait_for_each(port: int, requests: Sequence[bytes], rate: float) -> list[float]:
    """Open loop: the wait of each request from its appointed time, at `rate` per second. Raises unless all get 201."""
    free: asyncio.Queue[Line] = asyncio.Queue()
    for _ in range(LINES):
        free.put_nowait(await asyncio.open_connection(LOOPBACK, port))
    start = time.monotonic() + 0.1

    async def post(number: int, request: bytes) -> float:
        appointed = start + number / rate
        await asyncio.sleep(appointed - time.monotonic())
        line = await free.get()
        await _answered(line, request)
        free.put_nowait(line)
        return time.monotonic() - appointed

    waits = await asyncio.gather(*(post(number, request) for number, request in enumerate(requests)))
    while not free.empty():
        free.get_nowait()[1].close()
    return waits


async def _answered(line: Line, request: bytes) -> None:
    reader, writer = line
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    body = await reader.readexactly(int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]))
    if b" 201 " not in head.partition(b"\r\n")[0]:
        raise RuntimeError(body.decode())


def main() -> None:
    """Measure, print the figure as JSON, end with exit code 1 if it misses what it must reach."""
    parser = argparse.ArgumentParser(description="Waits for a receipt number at half the ceiling.")
    parser.add_argument("--posts", type=int, default=POSTS)
    posts = parser.parse_args().posts
    print(look_at_machine(), file=sys.stderr, flush=True)
    with servers(POSTGRES) as stack:
        measured = uvloop.run(measure(stack.state.postgres_dsn, stack.directory, posts))
    figure = _figure(measured)
    print(json.dumps(figure, indent=2))
    raise SystemExit(1 if figure["verdict"] == "missed" else 0)


def _figure(measured: Measured) -> dict[str, object]:
    hundredths = statistics.quantiles(measured.waits, n=100)
    p50, p99 = hundredths[49], hundredths[98]
    is_met = p99 / p50 <= MOST_RATIO and p99 <= MOST_SECONDS
    is_fair = measured.sender_share <= MOST_OF_A_PROCESSOR
    return {
        "P7": round(p99 / p50, 2),
        "must": MOST_RATIO,
        "p50_ms": round(p50 * 1000, 1),
        "p99_ms": round(p99 * 1000, 1),
        "must_ms": MOST_SECONDS * 1000,
        "ceiling_per_second": round(measured.ceiling),
        "sender_share": round(measured.sender_share, 2),
        "verdict": "met" if is_met else "missed" if is_fair else "sender too busy",
    }


if __name__ == "__main__":
    main()
