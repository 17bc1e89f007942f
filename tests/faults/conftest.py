"""One stack with servers of its own for all kill tests, whole again before each of them."""

from collections.abc import Iterator

import pytest

from tests.conftest import REPETITIONS
from tests.faults.supervisor import ALWAYS, make_ready
from tests.town import Town, founded_town, invented_offices


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
