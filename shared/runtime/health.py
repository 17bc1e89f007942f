"""Probes: `/health/startup`, `/health/live`, `/health/ready`, and `/metrics`.

Ready means: send requests here. That needs the database alone, so pages stay ready without the broker. The worker parts
are asked for with `/health/ready?role=worker`; a process of role `worker` has only those, so there both mean the same.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.contracts.topics import ServiceName
from shared.runtime import metrics
from shared.runtime.clock import Clock, SystemClock
from shared.runtime.database import DATABASE_ERRORS, Pool
from shared.runtime.settings import ServiceRole

PROBE_SECONDS = 1.0
WORKING: tuple[ServiceRole, ...] = ("all", "worker")
LONGEST_PROGRESS_AGE_SECONDS = 120.0
"""A consumer that has not come round its loop for so long is stuck for good: the platform restarts the process."""
RELAY_STUCK_SECONDS = 8.0
BROKER_ANSWER_SECONDS = 5.0


class ConsumerState(Protocol):
    """What the probes ask of the consumer."""

    @property
    def ready(self) -> bool:
        """It has its partitions and gets on."""
        ...

    @property
    def unready_reason(self) -> str | None:
        """Why events do not flow; None if they do."""
        ...

    def progress_age_seconds(self) -> float:
        """Since it last came round its loop."""
        ...


class RelayState(Protocol):
    """What the probes ask of the relay."""

    def failing_seconds(self) -> float:
        """How long it has failed without a break; 0 when all is well."""
        ...

    @property
    def failure(self) -> str | None:
        """Why it fails now; None when all is well."""
        ...


class RecallState(Protocol):
    """What the probes ask about the database itself."""

    is_current: bool
    is_behind: bool
    """Before it was compared it is neither."""


@dataclass
class ProcessState:
    """What runs in this process, as far as probes must know. The parts appear as they are started."""

    service: ServiceName
    role: ServiceRole
    version: str
    clock: Clock
    pool: Pool
    ask_broker: Callable[[], Awaitable[bool]]
    measure_files: Callable[[], None] | None = None
    """Sets the gauges of keys and certificates."""
    started: bool = False
    stopping: bool = False
    consumer: ConsumerState | None = None
    relay: RelayState | None = None
    recall: RecallState | None = None
    """None where the service watches its books by itself."""
    _asking: "asyncio.Task[bool] | None" = field(default=None, init=False)
    _broker_asked_at: float = field(default=float("-inf"), init=False)
    _broker_answered: bool = field(default=False, init=False)

    async def database_answers(self) -> bool:
        """Whether the pool gives a working connection within a second.

        One question at a time: where a database has fallen silent, the pool takes a question back only after many
        seconds, and each holds a connection.
        """
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask_database())
        done, _ = await asyncio.wait([self._asking], timeout=PROBE_SECONDS)
        return self._asking in done and self._asking.result()

    async def _ask_database(self) -> bool:
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                return bool(await self.pool.fetchval("select true"))
        except DATABASE_ERRORS:
            return False

    async def broker_answers(self) -> bool:
        """Whether a broker accepted a connection; asked at most once in five seconds."""
        if time.monotonic() - self._broker_asked_at > BROKER_ANSWER_SECONDS:
            self._broker_answered = await self.ask_broker()
            self._broker_asked_at = time.monotonic()
        return self._broker_answered

    def offset_seconds(self) -> int:
        """How far the clock is moved ahead, as this process sees it."""
        return int(self.clock.offset().total_seconds()) if isinstance(self.clock, SystemClock) else 0

    async def measure(self) -> None:
        """Sets the gauges of what nobody counts."""
        if self.measure_files is not None:
            await asyncio.to_thread(self.measure_files)
        metrics.CLOCK_OFFSET_SECONDS.labels(self.service).set(self.offset_seconds())
        if self.recall is not None:
            metrics.DATABASE_CURRENT.labels(self.service).set(int(not self.recall.is_behind))

    def is_live(self) -> bool:
        """False only when a restart would help: the consumer's loop has stood still for two minutes."""
        return self.consumer is None or self.consumer.progress_age_seconds() < LONGEST_PROGRESS_AGE_SECONDS

    def worker_checks(self) -> Mapping[str, bool]:
        """Consumer and relay, each True when in order."""
        return {
            "consumer": self.consumer is not None and self.consumer.ready,
            "relay": self.relay is not None and self.relay.failing_seconds() < RELAY_STUCK_SECONDS,
        }


def probe_routes(state: ProcessState) -> list[Route]:
    """The routes of one process."""

    async def startup(_request: Request) -> Response:
        return _answer(state, state.started, {})

    async def live(_request: Request) -> Response:
        return _answer(state, state.is_live(), {})

    async def ready(request: Request) -> Response:
        checks = {"database": await state.database_answers()}
        if state.recall is not None:
            checks["database_current"] = state.recall.is_current
        worker_asked = state.role == "worker" or request.query_params.get("role") == "worker"
        worker = dict(state.worker_checks()) if state.role in WORKING else {"worker": False}
        if worker_asked:
            # Only on request: with the broker away this takes a second, and pages must not look slow for it.
            worker["broker"] = await state.broker_answers()
        needed = checks | worker if worker_asked else checks
        good = state.started and not state.stopping and all(needed.values())
        return _answer(state, good, checks | worker if state.role in WORKING or worker_asked else checks)

    async def measured(_request: Request) -> Response:
        await state.measure()
        content, content_type = metrics.render_metrics(state.service, state.role)
        return Response(content, headers={"content-type": content_type})

    return [
        Route("/health/startup", startup),
        Route("/health/live", live),
        Route("/health/ready", ready),
        Route("/metrics", measured),
    ]


def _answer(state: ProcessState, good: bool, checks: Mapping[str, bool]) -> Response:
    content = {
        "status": "ok" if good else "unavailable",
        "service": state.service,
        "role": state.role,
        "version": state.version,
        "clock_offset_seconds": state.offset_seconds(),
        "checks": dict(checks),
        "consumer_reason": state.consumer.unready_reason if state.consumer else None,
        "relay_reason": state.relay.failure if state.relay else None,
    }
    return JSONResponse(content, status_code=200 if good else 503, headers={"cache-control": "no-store"})
