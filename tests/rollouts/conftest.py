"""One stack for all roll-outs, with offices enough for each of them."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.images.previous import assemble_revision, previous_revision
from deploy.local.environment import Code
from shared.contracts.topics import SERVICES, ServiceName
from tests.faults.supervisor import ALWAYS, make_ready
from tests.town import Town, founded_town, invented_offices

OFFICES_OF_A_TEST = 10
TESTS_OF_A_SERVICE = 2
PreviousCode = Callable[[ServiceName], Code]


@pytest.fixture(scope="session")
def founded() -> Iterator[Town]:
    """The stack, told how soon a mail whose sender has died is tried again."""
    with founded_town(invented_offices(OFFICES_OF_A_TEST * TESTS_OF_A_SERVICE * len(SERVICES))) as town:
        for service, environment in ALWAYS.items():
            town.stack.restart_service(service, environment=environment)
        yield town


@pytest.fixture
async def town(founded: Town) -> Town:
    """Every service running, this checkout's code in each."""
    founded.stack.codes.clear()
    await make_ready(founded)
    return founded


@pytest.fixture(scope="session")
def previous_code(tmp_path_factory: pytest.TempPathFactory) -> PreviousCode:
    """What the image of the release before holds."""
    made: dict[ServiceName, Code] = {}

    def of(service: ServiceName) -> Code:
        if service not in made:
            folder: Path = tmp_path_factory.mktemp(f"previous-{service}")
            made[service] = assemble_revision(service, revision_before(service), folder)
        return made[service]

    return of


def revision_before(service: ServiceName) -> str:
    """The release before as the history tells it, or the one that NSS_PREVIOUS_REVISION names."""
    return os.environ.get("NSS_PREVIOUS_REVISION") or previous_revision(service)


def offices_of(town: Town, service: ServiceName, test: int) -> list[str]:
    """The offices that apply in the service's test of this number: one may register 60 applications within an hour."""
    invented = [office for office in town.offices if office.startswith("TST")]
    first = (SERVICES.index(service) * TESTS_OF_A_SERVICE + test) * OFFICES_OF_A_TEST
    return invented[first : first + OFFICES_OF_A_TEST]
