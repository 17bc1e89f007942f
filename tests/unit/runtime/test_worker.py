"""In which order the parts of a worker start: nothing is told or handled before the database was compared."""

from types import SimpleNamespace
from typing import Any

import pytest

from shared.runtime import worker
from shared.runtime.event_router import EventRouter
from shared.runtime.health import ProcessState
from shared.runtime.metrics import render_metrics
from shared.runtime.service_parts import CannotStart, ServiceParts
from shared.runtime.worker import Worker
from tests.builders import FixedClock


class Watch:
    """A RecallWatch whose answers are given."""

    def __init__(self, began: list[str], *, put_off: bool, behind: bool = False) -> None:
        self._began = began
        self.is_current, self.is_behind, self.is_put_off = True, False, put_off
        self._finds_behind = behind
        self.end_line = "older than its topics"

    async def settle(self) -> None:
        """Noted."""
        self._began.append("settled")

    async def compare(self) -> None:
        """Noted; finds what it was told to find."""
        self._began.append("compared")
        self.is_current = not self._finds_behind

    async def compared(self) -> None:
        """Asked by jobs, of which none is run."""

    async def found_behind(self) -> None:
        """At once, so that the run ends."""
        self.is_current = False

    def job(self) -> None:
        """None is run."""


def part(began: list[str], name: str) -> type:
    """A part of a worker that notes its start."""

    class Part:
        def __init__(self, *_: object, **__: object) -> None:
            pass

        def start(self) -> Any:
            began.append(name)
            return done()

        def job(self) -> None:
            """None is run."""

    async def done() -> None:
        """For a start that is awaited."""

    return Part


@pytest.fixture
def began(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was begun, in order."""
    names: list[str] = []

    async def answers(*_: object, **__: object) -> None:
        names.append("broker")

    class Relay(part(names, "relay")):  # type: ignore[misc]
        def start(self) -> None:
            names.append("relay")

    class Jobs(part(names, "jobs")):  # type: ignore[misc]
        def start(self) -> None:
            names.append("jobs")

    monkeypatch.setattr(worker, "EventRelay", Relay)
    monkeypatch.setattr(worker, "JobRunner", Jobs)
    monkeypatch.setattr(worker, "EventConsumer", part(names, "consumer"))
    monkeypatch.setattr(worker, "LagMeter", part(names, "lag"))
    monkeypatch.setattr(worker, "check_broker", answers)
    monkeypatch.setattr(worker, "measure_consumer", lambda *_: None)
    return names


def worker_with(watch: Watch) -> Worker:
    """Of review."""
    definition: Any = SimpleNamespace(name="review", settings=SimpleNamespace())
    state: Any = SimpleNamespace(pool=None, clock=FixedClock(), relay=None, consumer=None)
    return Worker(definition, "worker", state, ServiceParts(EventRouter("review")), watch)  # type: ignore[arg-type]


async def test_events_flow_at_once_where_the_database_was_compared(began: list[str]) -> None:
    with pytest.raises(CannotStart):
        await worker_with(Watch(began, put_off=False)).run()
    assert began == ["settled", "jobs", "relay", "broker", "consumer"]


async def test_while_the_comparison_is_put_off_nothing_is_told_or_handled(began: list[str]) -> None:
    with pytest.raises(CannotStart):
        await worker_with(Watch(began, put_off=True)).run()
    assert began == ["settled", "jobs", "broker", "compared", "relay", "broker", "consumer"]


async def test_a_database_found_behind_once_the_broker_is_back_tells_nothing(began: list[str]) -> None:
    with pytest.raises(CannotStart, match="older than its topics"):
        await worker_with(Watch(began, put_off=True, behind=True)).run()
    assert began == ["settled", "jobs", "broker", "compared"]


@pytest.mark.parametrize(("behind", "shown"), [(False, "1.0"), (True, "0.0")])
async def test_a_process_shows_whether_it_has_stopped_itself(behind: bool, shown: str) -> None:
    async def never() -> bool:
        return False

    watch = SimpleNamespace(is_current=False, is_behind=behind)
    pool: Any = None
    state = ProcessState("review", "web", "1", FixedClock(), pool, never, recall=watch)
    await state.measure()
    assert f'nss_database_current{{service="review"}} {shown}' in render_metrics("review", "web")[0].decode()
