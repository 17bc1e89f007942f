"""Three pages and three workers of a service, one killed under load: nothing lost, doubled or out of order."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from shared.contracts.topics import SERVICES, ServiceName
from tests.conftest import Report
from tests.faults.stubborn_people import all_done, apply, approve, rests_without_violation
from tests.faults.supervisor import ALWAYS, make_ready
from tests.town import Town

APPLICATIONS = 9


@dataclass(slots=True)
class TownThrough(Town):
    """The same town for somebody whom the load balancer sends to this one process."""

    instance: str = ""

    @property
    def urls(self) -> Mapping[str, str]:
        """As in the town, but for the service with several processes."""
        service = self.instance.partition("-")[0]
        return {**self.stack.state.urls, service: f"http://127.0.0.1:{self.stack.state.ports[self.instance]}"}


@pytest.mark.full
@pytest.mark.parametrize("service", SERVICES)
async def test_three_pages_and_three_workers_share_the_work(town: Town, service: ServiceName, report: Report) -> None:
    pages, workers = ([f"{service}-{number}" for number in numbers] for numbers in ((2, 3, 4), (5, 6, 7)))
    roles = dict.fromkeys(pages, "web") | dict.fromkeys(workers, "worker")
    await asyncio.to_thread(town.stack.stop_part, service)
    more = ALWAYS.get(service, {})
    await asyncio.gather(*(asyncio.to_thread(town.stack.start_service, name, environment=more, role=role)
                           for name, role in roles.items()))  # fmt: skip
    try:
        seen = [TownThrough(town.stack, town.offices, town.clock, town.shown, name) for name in pages]
        load = [
            asyncio.create_task(_apply_and_approve(seen[number % 3], seen[(number + 1) % 3], office))
            for number, office in enumerate(town.offices[:APPLICATIONS])
        ]
        await asyncio.sleep(1)
        await asyncio.to_thread(town.stack.kill_part, workers[0])
        numbers = await asyncio.gather(*load)
        await all_done(town, numbers)
        await rests_without_violation(town)
    finally:
        await asyncio.gather(*(asyncio.to_thread(town.stack.stop_part, name) for name in roles))
        await make_ready(town)
    report(applications=len(numbers), processes=len(roles))


async def _apply_and_approve(applicants: Town, reviewers: Town, office: str) -> str:
    number = await apply(applicants, office)
    await approve(reviewers, [number])
    return number
