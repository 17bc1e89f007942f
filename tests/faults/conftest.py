"""One stack with servers of its own for all kill tests, whole again before each of them."""

import json
from collections.abc import Callable, Iterator

import pytest

from tests.conftest import REPETITIONS
from tests.faults.supervisor import ALWAYS, make_ready
from tests.town import Town, founded_town, invented_offices

Report = Callable[..., None]


@pytest.fixture(autouse=True, params=REPETITIONS)
def repetition(request: pytest.FixtureRequest) -> int:
    """Which run of a kill test this is: a fault lands at another moment each time."""
    return int(request.param)


@pytest.fixture(scope="session")
def damaged_town() -> Iterator[Town]:
    """A stack that the tests of this folder may damage."""
    with founded_town(invented_offices(10)) as founded:
        for service, environment in ALWAYS.items():
            founded.stack.restart_service(service, environment=environment)
        yield founded


@pytest.fixture
async def town(damaged_town: Town) -> Town:
    """The stack, every service running unarmed."""
    await make_ready(damaged_town)
    return damaged_town


@pytest.fixture
def report(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Report:
    """`report(applications=3, ...)` shows the figures of a proof, also when the test passes."""

    def show(**figures: object) -> None:
        for name, figure in figures.items():
            request.node.user_properties.append((name, figure))
        with capsys.disabled():
            print(f"\n  {request.node.name}: {json.dumps(figures)}")  # noqa: T201  the figures of the proof

    return show
