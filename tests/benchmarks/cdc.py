"""Our relay beside Debezium over one outbox: drain, waits of single events, memory, idle cost, and life after a kill.

`python -m tests.benchmarks.cdc [--rounds N] [--events N]`, about two minutes a round, figures as JSON. Both publish the
same events of review into topics of their own on the same broker, in turns. The relay runs as a process of its own.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Protocol

import psutil
import uvloop
from aiokafka import AIOKafkaConsumer

from shared.contracts.topics import REVIEW
from shared.runtime.database import transaction
from shared.runtime.event_outbox import append_events
from tests.benchmarks.noise import look_at_machine
from tests.component.runtime.outbox_parts import duplicates, environment_for, opened, start_python, until
from tests.component.runtime.relay_parts import append_many
from tests.debezium_ground import DebeziumGround, Outbox, debezium_ground
from tests.topic_reader import read_topics

ROUNDS, EVENTS, WARM_UP, SINGLES = 3, 20_000, 500, 100
SINGLE_EVERY_SECONDS = 0.05
IDLE_SECONDS = 5.0
KILL_EVENTS, KILL_AFTER_SECONDS = 6_000, 0.4
PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Figures:
    """One side in one round."""

    drain_per_second: float
    cpu_us_per_event: float
    single_p50_ms: float
    single_p99_ms: float
    resident_mib: float
    idle_cpu_percent: float
    resumed_after_kill_s: float
    repeated_after_kill: int


class Publisher(Protocol):
    """Either side."""

    async def start(self, outbox: Outbox) -> None:
        """Publish the outbox from now on; returns once it does."""

    async def kill(self) -> None:
        """As a power cut would."""

    @property
    def pid(self) -> int:
        """Of its process."""


class Relay:
    """Ours, in a process that does nothing else."""

    async def start(self, outbox: Outbox) -> None:
        """Returns once it leads."""
        environment = environment_for(outbox.url, outbox.ground.bootstrap, outbox.prefix)
        self._process = start_python("tests.component.runtime.relay_process", environment=environment)
        await until(lambda: _leads(outbox), PATIENCE_SECONDS)

    async def kill(self) -> None:
        """The server notices by itself that the session has gone."""
        self._process.kill()
        await asyncio.to_thread(self._process.communicate)

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid


class Debezium:
    """The connector in a Kafka Connect that has nothing else to do."""

    def __init__(self, ground: DebeziumGround) -> None:
        self._ground = ground
        self._is_known = False

    async def start(self, outbox: Outbox) -> None:
        """Returns once the connector streams; after a kill, with Kafka Connect itself."""
        if self._is_known:
            await asyncio.to_thread(self._ground.start_again)
            await outbox.connector_runs()
        else:
            await outbox.make_slot()
            await outbox.start_connector()
        self._is_known = True

    async def kill(self) -> None:
        """Kafka Connect as a whole."""
        await asyncio.to_thread(self._ground.kill)

    @property
    def pid(self) -> int:
        """Of Kafka Connect."""
        return self._ground.part.pid


async def measure(ground: DebeziumGround, rounds: int, events: int) -> dict[str, list[Figures]]:
    """Every round takes both sides once, in an order that turns."""
    told: dict[str, list[Figures]] = {"relay": [], "debezium": []}
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}: {look_at_machine()}", file=sys.stderr, flush=True)
        for side in ("relay", "debezium") if number % 2 == 0 else ("debezium", "relay"):
            async with ground.outbox() as outbox:
                publisher: Publisher = Relay() if side == "relay" else Debezium(ground)
                told[side].append(await _figures(publisher, outbox, events))
            print(f"  {side}: {told[side][-1]}", file=sys.stderr, flush=True)
            if side == "relay":
                await publisher.kill()
    return told


async def _figures(publisher: Publisher, outbox: Outbox, events: int) -> Figures:
    await publisher.start(outbox)
    async with _reading(outbox) as arrivals:
        await append_many(outbox.pool, WARM_UP)
        await arrivals.until(WARM_UP)
        drain, cpu = await _drain(publisher, outbox, arrivals, events)
        waits = await _singles(outbox, arrivals)
        idle = await _idle(publisher)
        resident = psutil.Process(publisher.pid).memory_info().rss / 2**20
        resumed = await _kill(publisher, outbox, arrivals)
    repeated = duplicates([record for _, record in await read_topics(outbox.ground.bootstrap, [REVIEW], outbox.prefix)])
    return Figures(
        drain_per_second=round(drain),
        cpu_us_per_event=round(cpu, 1),
        single_p50_ms=round(statistics.median(waits) * 1000, 1),
        single_p99_ms=round(statistics.quantiles(waits, n=100)[98] * 1000, 1),
        resident_mib=round(resident),
        idle_cpu_percent=round(idle, 1),
        resumed_after_kill_s=round(resumed, 2),
        repeated_after_kill=repeated,
    )


class Arrivals:
    """When each event was first seen on the topic, by its id."""

    def __init__(self) -> None:
        self.at: dict[bytes, float] = {}

    async def until(self, count: int) -> None:
        """Wait for so many different events in all."""
        await until(lambda: len(self.at) >= count, PATIENCE_SECONDS)


@asynccontextmanager
async def _reading(outbox: Outbox) -> AsyncIterator[Arrivals]:
    arrivals = Arrivals()
    consumer = AIOKafkaConsumer(
        REVIEW.name_with(outbox.prefix), bootstrap_servers=outbox.ground.bootstrap, auto_offset_reset="earliest"
    )
    await consumer.start()

    async def read() -> None:
        async for record in consumer:
            arrivals.at.setdefault(dict(record.headers)["ce_id"], time.monotonic())

    reading = asyncio.create_task(read())
    try:
        yield arrivals
    finally:
        reading.cancel()
        await asyncio.wait([reading])
        await consumer.stop()


async def _drain(publisher: Publisher, outbox: Outbox, arrivals: Arrivals, events: int) -> tuple[float, float]:
    """Events per second and CPU microseconds each, of a backlog committed in one transaction."""
    before, written = len(arrivals.at), [opened(f"18{n % 20 + 1:04d}A") for n in range(events)]
    cpu = _cpu(publisher)
    async with transaction(outbox.pool) as db:
        for start in range(0, events, 1000):
            await append_events(db, written[start : start + 1000])
        began = time.monotonic()
    await arrivals.until(before + events)
    rate = events / (max(arrivals.at.values()) - began)
    return rate, (_cpu(publisher) - cpu) / events * 1e6


async def _singles(outbox: Outbox, arrivals: Arrivals) -> Sequence[float]:
    """From each commit to the topic, one event at a time."""
    committed: dict[bytes, float] = {}
    for number in range(SINGLES):
        event = opened(f"18{number % 20 + 1:04d}B")
        async with transaction(outbox.pool) as db:
            await append_events(db, [event])
        committed[str(event.id).encode()] = time.monotonic()
        await asyncio.sleep(SINGLE_EVERY_SECONDS)
    await until(lambda: committed.keys() <= arrivals.at.keys(), PATIENCE_SECONDS)
    return [max(arrivals.at[event_id] - at, 0) for event_id, at in committed.items()]


async def _idle(publisher: Publisher) -> float:
    """Percent of a core."""
    cpu = _cpu(publisher)
    await asyncio.sleep(IDLE_SECONDS)
    return (_cpu(publisher) - cpu) / IDLE_SECONDS * 100


async def _kill(publisher: Publisher, outbox: Outbox, arrivals: Arrivals) -> float:
    """Kill it amid a load and start it again at once; seconds from the kill to the first event written after it."""
    before = len(arrivals.at)
    writing = asyncio.create_task(append_many(outbox.pool, KILL_EVENTS))
    await asyncio.sleep(KILL_AFTER_SECONDS)
    await publisher.kill()
    killed = time.monotonic()
    await publisher.start(outbox)
    event = opened("189999C")
    async with transaction(outbox.pool) as db:
        await append_events(db, [event])
    await until(lambda: str(event.id).encode() in arrivals.at, PATIENCE_SECONDS)
    await writing
    await arrivals.until(before + KILL_EVENTS + 1)
    return arrivals.at[str(event.id).encode()] - killed


def _cpu(publisher: Publisher) -> float:
    return sum(psutil.Process(publisher.pid).cpu_times()[:2])


async def _leads(outbox: Outbox) -> bool:
    return bool(
        await outbox.pool.fetchval(
            "select exists (select from pg_locks where locktype = 'advisory' and granted"
            " and database = (select oid from pg_database where datname = current_database()))"
        )
    )


def main() -> None:
    """Measure and print the medians of the rounds, each side's own, with the lowest and the highest."""
    parser = argparse.ArgumentParser(description="Our relay beside Debezium.")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--events", type=int, default=EVENTS)
    given = parser.parse_args()
    with debezium_ground() as ground:
        told = uvloop.run(measure(ground, given.rounds, given.events))
    print(json.dumps({side: _medians(figures) for side, figures in told.items()}, indent=2))


def _medians(figures: Sequence[Figures]) -> dict[str, list[float]]:
    """Median, lowest and highest by name."""
    columns = {name: sorted(asdict(each)[name] for each in figures) for name in asdict(figures[0])}
    return {name: [statistics.median(column), column[0], column[-1]] for name, column in columns.items()}


if __name__ == "__main__":
    main()
