"""The release before and this one side by side: among neighbours, among replicas, and on the way back."""

import asyncio
import subprocess

import pytest

from deploy.local.environment import CHECKOUT, Code
from shared.contracts.topics import SERVICES, ServiceName
from tests.conftest import Report
from tests.faults.stubborn_people import all_done, rests_without_violation
from tests.faults.supervisor import ALWAYS
from tests.rollouts.conftest import PreviousCode, offices_of
from tests.rollouts.deployment import REPLICAS, deployed
from tests.rollouts.golden_flows import go_through
from tests.rollouts.steady_load import steady_load
from tests.town import Town

SOME = 10
"""Applications that each mixture of versions completes."""
WHERE = "import sys, shared, services.{0}.main; print(shared.__file__, sys.modules['services.{0}.main'].__file__)"

pytestmark = pytest.mark.full


@pytest.mark.parametrize("service", SERVICES)
async def test_one_service_of_the_release_before_gets_through_every_golden_flow(
    town: Town, service: ServiceName, previous_code: PreviousCode, report: Report
) -> None:
    code = await asyncio.to_thread(previous_code, service)
    town.stack.codes[service] = code
    await asyncio.to_thread(town.stack.restart_service, service, environment=ALWAYS.get(service))
    try:
        new_office = f"TST9{SERVICES.index(service):02}"
        await go_through(town, [new_office, *offices_of(town, service, 1)[:3]])
        await rests_without_violation(town)
    finally:
        del town.stack.codes[service]
        await asyncio.to_thread(town.stack.restart_service, service, environment=ALWAYS.get(service))
    report(files_that_differ=differing_files(code, service))


@pytest.mark.parametrize("service", SERVICES)
async def test_a_roll_out_and_the_way_back_share_the_work_between_both_versions(
    town: Town, service: ServiceName, previous_code: PreviousCode, report: Report
) -> None:
    before = await asyncio.to_thread(previous_code, service)
    async with deployed(town, service, before) as deployment:
        async with steady_load(deployment, offices_of(town, service, 1)) as load:
            await load.completes(SOME)
            for code in (CHECKOUT, before):
                await deployment.add(code)
                await load.completes(SOME)
                for _ in range(REPLICAS - 1):
                    await deployment.replace_oldest(code)
                await deployment.drop_oldest()
                await load.completes(SOME)
        await all_done(town, load.numbers)
    await rests_without_violation(town)
    report(applications=len(load.numbers), answers=dict(deployment.answers))
    assert deployment.failures == []


@pytest.mark.parametrize("service", SERVICES)
def test_the_release_before_runs_from_its_own_folder_alone(service: ServiceName, previous_code: PreviousCode) -> None:
    code = previous_code(service)
    command = [code.python, "-c", WHERE.format(service)]
    told = subprocess.run(command, cwd=code.folder, capture_output=True, text=True, check=True).stdout.split()
    assert [path.startswith(str(code.folder)) for path in told] == [True, True], told
    assert differing_files(code, service) > 0


def differing_files(code: Code, service: ServiceName) -> int:
    """How many files of the image are others in this checkout, or not there."""
    files = [path for part in ("shared", f"services/{service}") for path in (code.folder / part).rglob("*")]
    pairs = [(path, CHECKOUT.folder / path.relative_to(code.folder)) for path in files
             if path.is_file() and path.suffix != ".pyc"]  # fmt: skip
    return sum(not here.is_file() or here.read_bytes() != before.read_bytes() for before, here in pairs)
