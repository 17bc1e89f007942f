"""Probes and metrics of one process, asked in this process."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx2 as httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from shared.runtime import health
from shared.runtime.clock import SystemClock
from shared.runtime.database import Pool
from shared.runtime.health import ProcessState, probe_routes
from shared.runtime.held_measures import measure_job
from shared.runtime.ids import new_uuid7
from shared.runtime.metrics import consumer_metrics, render_metrics
from shared.runtime.settings import ServiceRole
from shared.runtime.web_measures import Measured
from tests.builders import NOW, FixedClock
from tests.component.runtime.outbox_parts import until


@dataclass
class StateOfAConsumer:
    """What probes and metrics ask a consumer."""

    age: float = 0.0
    ready: bool = True
    unready_reason: str | None = None
    counts: object = field(default_factory=lambda: SimpleNamespace(fresh=7, duplicates=2, dead_by_code={"bad_json": 3}))
    braked_topics: tuple[str, ...] = ("nss.review.v1",)

    def progress_age_seconds(self) -> float:
        """As set."""
        return self.age


@dataclass
class StateOfARelay:
    """What probes ask a relay."""

    failing: float = 0.0
    failure: str | None = None

    def failing_seconds(self) -> float:
        """As set."""
        return self.failing


def a_state(pool: Pool, role: ServiceRole = "worker", **fields: Any) -> ProcessState:
    """A started process in which all is well."""

    async def broker_answers() -> bool:
        return True

    given: dict[str, Any] = {
        "clock": SystemClock(),
        "ask_broker": broker_answers,
        "started": True,
        "consumer": StateOfAConsumer(),
        "relay": StateOfARelay(),
    }
    return ProcessState(service="review", role=role, version="1", pool=pool, **(given | fields))


async def ask(app: Any, path: str) -> httpx.Response:
    """One request."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get(path)


async def probe(state: ProcessState, name: str) -> int:
    """The code of one probe."""
    return (await ask(Starlette(routes=probe_routes(state)), f"/health/{name}")).status_code


async def broker_away() -> bool:
    """No broker."""
    return False


@pytest.mark.parametrize(
    ("role", "fields", "ready", "worker_ready"),
    [
        ("worker", {}, 200, 200),
        ("all", {}, 200, 200),
        ("web", {"consumer": None, "relay": None}, 200, 503),
        ("all", {"consumer": StateOfAConsumer(ready=False)}, 200, 503),
        ("worker", {"consumer": StateOfAConsumer(ready=False)}, 503, 503),
        ("worker", {"consumer": None}, 503, 503),
        ("worker", {"relay": StateOfARelay(failing=9)}, 503, 503),
        ("all", {"ask_broker": broker_away}, 200, 503),
        ("worker", {"ask_broker": broker_away}, 503, 503),
        ("all", {"stopping": True}, 503, 503),
        ("all", {"started": False}, 503, 503),
    ],
)
async def test_ready_is_what_the_role_needs(
    pool: Pool, role: ServiceRole, fields: dict[str, Any], ready: int, worker_ready: int
) -> None:
    state = a_state(pool, role, **fields)
    assert (await probe(state, "ready"), await probe(state, "ready?role=worker")) == (ready, worker_ready)


async def test_nothing_is_ready_without_the_database(pool: Pool) -> None:
    await pool.close()
    assert await probe(a_state(pool, "web"), "ready") == 503
    assert await probe(a_state(pool, "web"), "live") == 200


class SilentPool:
    """A pool whose server keeps its connections and answers nothing; it does not let go of a question soon either."""

    def __init__(self) -> None:
        self.asked = 0
        self.heard_again = asyncio.Event()

    async def fetchval(self, _query: str) -> bool:
        """No answer."""
        self.asked += 1
        try:
            await self.heard_again.wait()
        except asyncio.CancelledError:
            await self.heard_again.wait()
            raise
        return True


async def test_a_silent_database_is_told_in_time_and_holds_one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PROBE_SECONDS", 0.05)
    silent = SilentPool()
    state = a_state(cast(Pool, silent), "web")
    async with asyncio.timeout(5):
        assert [await probe(state, "ready") for _ in range(3)] == [503] * 3
        assert silent.asked == 1
        silent.heard_again.set()

        async def is_ready() -> bool:
            return await probe(state, "ready") == 200

        await until(is_ready)


async def test_only_a_consumer_that_stands_still_makes_a_process_not_live(pool: Pool) -> None:
    assert await probe(a_state(pool, consumer=StateOfAConsumer(age=119, ready=False)), "live") == 200
    assert await probe(a_state(pool, consumer=StateOfAConsumer(age=121)), "live") == 503


async def test_ready_says_why_events_do_not_flow(pool: Pool) -> None:
    state = a_state(pool, consumer=StateOfAConsumer(ready=False, unready_reason="braked"))
    answer = await ask(Starlette(routes=probe_routes(state)), "/health/ready")
    assert answer.json()["consumer_reason"] == "braked"


async def test_the_broker_is_asked_at_most_once_in_five_seconds(pool: Pool) -> None:
    asked = 0

    async def count() -> bool:
        nonlocal asked
        asked += 1
        return True

    state = a_state(pool, ask_broker=count)
    for _ in range(5):
        assert await probe(state, "ready") == 200
    assert asked == 1


async def test_a_probe_shows_the_moved_clock(pool: Pool, tmp_path: Path) -> None:
    (tmp_path / "offset").write_text("86400")
    state = a_state(pool, clock=SystemClock(tmp_path / "offset"))
    answer = await ask(Starlette(routes=probe_routes(state)), "/health/ready")
    assert answer.json()["clock_offset_seconds"] == 86400


async def test_requests_are_counted_by_route_and_never_by_address() -> None:
    async def application(_request: Request) -> Response:
        return PlainTextResponse("ok")

    async def broken(_request: Request) -> Response:
        raise RuntimeError

    inner = Starlette(routes=[Route("/applications/{receipt_number}", application), Route("/broken", broken)])
    app = Starlette(routes=[Mount("/", Measured(inner, "review"))])
    for path in ("/applications/180012A", "/applications/180013A", "/nowhere/180014A", "/broken"):
        await ask(app, path)
    shown = [line for line in render_metrics("review", "web")[0].decode().splitlines() if line.startswith("nss_web")]
    assert not [line for line in shown if "1800" in line.rpartition(" ")[0]]
    counted = {line.rpartition(" ")[0]: line.rpartition(" ")[2] for line in shown if "requests_total" in line}
    assert sorted(counted.values()) == ["1.0", "1.0", "2.0"]
    assert [line for line in counted if 'status="500"' in line]


def test_a_consumer_is_measured_by_its_own_totals() -> None:
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for metric in consumer_metrics("review", StateOfAConsumer(age=3))
        for sample in metric.samples
    }
    assert samples["nss_consumer_fresh_total", "review"] == 7
    assert samples["nss_consumer_duplicates_total", "review"] == 2
    assert samples["nss_dead_letters_total", "review", "bad_json"] == 3
    assert samples["nss_consumer_paused", "review", "nss.review.v1"] == 1
    assert samples["nss_consumer_progress_seconds", "review"] == 3


async def test_held_events_are_measured_by_reason_and_age(pool: Pool) -> None:
    await pool.execute(
        """
        insert into held_events (subject, topic, source, event_id, reason, record_headers, record_partition,
            record_offset, held_at)
        values ('180012A', 'nss.review.v1', '/nss/review', $1, 'dead', '[]', 0, 0, $2)
        """,
        new_uuid7(),
        NOW,
    )
    clock = FixedClock()
    clock.advance(minutes=5)
    assert await measure_job("held", pool, clock).run() == 0
    shown = render_metrics("review", "worker")[0].decode()
    assert 'nss_held_events{reason="dead",service="held"} 1.0' in shown
    assert 'nss_held_oldest_seconds{reason="dead",service="held"} 300.0' in shown
    assert 'nss_held_events{reason="waiting",service="held"} 0.0' in shown
