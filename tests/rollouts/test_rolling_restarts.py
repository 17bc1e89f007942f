"""Twenty rolling restarts of each service while offices keep applying: nobody notices, nothing is lost or doubled."""

import pytest

from shared.contracts.topics import SERVICES, ServiceName
from tests.conftest import Report
from tests.faults.stubborn_people import all_done, rests_without_violation
from tests.rollouts.conftest import offices_of
from tests.rollouts.deployment import deployed
from tests.rollouts.steady_load import steady_load
from tests.town import Town

RESTARTS = 20

pytestmark = pytest.mark.full


@pytest.mark.parametrize("service", SERVICES)
async def test_twenty_rolling_restarts_under_load_lose_nothing_and_are_seen_by_nobody(
    town: Town, service: ServiceName, report: Report
) -> None:
    async with deployed(town, service) as deployment:
        async with steady_load(deployment, offices_of(town, service, 0)) as load:
            for _ in range(RESTARTS):
                await deployment.replace_oldest()
        await all_done(town, load.numbers)
    mailed_twice = sum(copies > 1 for copies in town.mail_copies().values())
    report(restarts=RESTARTS, slowest_start_seconds=deployment.slowest_start_seconds,
           answers=dict(deployment.answers), answered_at_the_end=deployment.answered_at_the_end,
           absorbed=deployment.absorbed, applications=len(load.numbers), longest_seconds=load.longest_seconds,
           notices_read=load.notices_read, mailed_twice=mailed_twice)  # fmt: skip
    await rests_without_violation(town)
    assert deployment.failures == []
    assert deployment.absorbed > 0
    assert mailed_twice == 0
