"""One service alone, broker and neighbours away: what it owes its users it still does, and later all catch up."""

import asyncio
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from http import HTTPStatus

import httpx2
import psutil
import pytest

from deploy.local import processes
from deploy.local.demo.clients import status_on
from deploy.local.processes import Part
from shared.contracts.topics import SERVICES, ServiceName
from shared.runtime.service_process import LONGEST_STOP_SECONDS
from tests.conftest import Report
from tests.faults.stubborn_people import all_done, all_taken_up, apply, approve, process, rests_without_violation
from tests.faults.supervisor import make_ready, start
from tests.town import Town, until

RED_SECONDS = 10.0
AWAY = timedelta(hours=1)


async def leave_alone(town: Town, service: ServiceName) -> None:
    """Stop the broker and every other service."""
    others = [name for name in SERVICES if name != service]
    await asyncio.gather(*(asyncio.to_thread(town.stack.stop_part, name) for name in others))
    await asyncio.to_thread(town.stack.kill_part, "kafka")


async def an_hour_passes(town: Town, service: ServiceName) -> None:
    """The clock of everybody moves on; only this one service is there to see it."""
    await town.clock.move_to(town.clock.now() + AWAY, [town.urls[service]])


async def all_come_back(town: Town) -> None:
    """The platform starts what was away; nobody repairs anything."""
    await asyncio.to_thread(town.stack.start_kafka)
    await make_ready(town)


async def status_of(url: str) -> int:
    """What a probe answers."""
    async with httpx2.AsyncClient(trust_env=False, timeout=5) as client:
        return (await client.get(url)).status_code


async def ready_and_live(town: Town, service: ServiceName) -> tuple[int, int]:
    """The two probes of its pages."""
    url = f"{town.urls[service]}/health"
    return await status_of(f"{url}/ready"), await status_of(f"{url}/live")


async def test_intake_alone_for_an_hour_takes_applications_and_all_catch_up(town: Town, report: Report) -> None:
    await leave_alone(town, "intake")
    early = [await apply(town, office) for office in town.offices[:2]]
    await an_hour_passes(town, "intake")
    late = [await apply(town, town.offices[2])]
    probes = await ready_and_live(town, "intake")
    await all_come_back(town)
    numbers = [*early, *late]
    await approve(town, numbers)
    await all_done(town, numbers)
    await rests_without_violation(town)
    report(applications=len(numbers), probes=probes)
    assert probes == (HTTPStatus.OK, HTTPStatus.OK)


@pytest.mark.full
async def test_review_alone_for_an_hour_decides_and_all_catch_up(town: Town, report: Report) -> None:
    numbers = [await apply(town, office) for office in town.offices[:2]]
    await all_taken_up(town, numbers)
    await leave_alone(town, "review")
    await approve(town, numbers[:1])
    await an_hour_passes(town, "review")
    await approve(town, numbers[1:])
    async with town.reviewer() as reviewer:
        shown = [status_on(await reviewer.open_case(number)) for number in numbers]
    await all_come_back(town)
    await all_done(town, numbers)
    await rests_without_violation(town)
    report(applications=len(numbers), shown=shown)


@pytest.mark.full
@pytest.mark.parametrize("service", ["provisioning", "notifier"])
async def test_who_has_no_pages_of_its_own_waits_alone_for_an_hour_and_goes_on(
    town: Town, service: ServiceName, report: Report
) -> None:
    numbers = list(await process(town, town.offices[:2]))
    await leave_alone(town, service)
    await an_hour_passes(town, service)
    probes = await ready_and_live(town, service)
    await all_come_back(town)
    numbers += await process(town, town.offices[2:3])
    await all_done(town, numbers)
    await rests_without_violation(town)
    report(applications=len(numbers), probes=probes)
    assert probes == (HTTPStatus.OK, HTTPStatus.OK)


async def seconds_until(urls: Sequence[str], status: int) -> float:
    """How long until the last of the probes answers so. Raises InVain."""
    began = time.monotonic()
    await asyncio.gather(*(_until_answers(url, status) for url in urls))
    return round(time.monotonic() - began, 1)


async def _until_answers(url: str, status: int) -> None:
    async def look() -> bool | None:
        return await status_of(url) == status or None

    await until(look, f"{url} to answer {status}")


async def answers_of(urls: Sequence[str]) -> set[int]:
    """What these probes answer now."""
    return set(await asyncio.gather(*map(status_of, urls)))


async def test_probes_tell_each_role_s_needs_and_live_stays_green(town: Town, report: Report) -> None:
    instances = {"review-2": "worker", "review-3": "web"}
    await asyncio.gather(*(asyncio.to_thread(town.stack.start_service, name, role=role)
                           for name, role in instances.items()))  # fmt: skip
    worker, web = (f"http://127.0.0.1:{town.stack.state.ports[name]}/health" for name in instances)
    every = [f"{town.urls[service]}/health" for service in SERVICES]
    workers = [f"{worker}/ready", *(f"{url}/ready?role=worker" for url in every)]
    pages = [f"{url}/ready" for url in (web, *every)]
    lives = [f"{url}/live" for url in (worker, web, *every)]
    figures: dict[str, float] = {}
    try:
        await asyncio.to_thread(town.stack.kill_part, "kafka")
        figures["worker_red_without_broker"] = await seconds_until(workers, 503)
        assert await answers_of([*pages, *lives]) == {200}
        await asyncio.to_thread(town.stack.start_kafka)
        figures["worker_green_again"] = await seconds_until(workers, 200)
        await asyncio.to_thread(town.stack.kill_part, "postgres")
        red = await asyncio.gather(seconds_until(workers, 503), seconds_until(pages, 503))
        figures["worker_red_without_database"], figures["web_red_without_database"] = red
        assert await answers_of(lives) == {200}
        await asyncio.to_thread(town.stack.start_postgres)
        await seconds_until([*workers, *pages], 200)
    finally:
        await asyncio.gather(*(asyncio.to_thread(town.stack.stop_part, name) for name in instances))
    report(**figures)
    assert max(seconds for name, seconds in figures.items() if "red" in name) < RED_SECONDS


@contextmanager
def silent(part: Part) -> Iterator[None]:
    """It keeps its connections and answers nothing, as if the network had swallowed it."""
    parent = psutil.Process(part.pid)
    parent.suspend()
    family = [parent, *parent.children(recursive=True)]
    try:
        for member in family:
            member.suspend()
        yield
    finally:
        for member in reversed(family):
            with suppress(psutil.NoSuchProcess):
                member.resume()


@pytest.mark.full
@pytest.mark.parametrize(("name", "pages_need_it"), [("kafka", False), ("postgres", True)])
async def test_a_neighbour_that_falls_silent_is_seen_in_time_and_holds_up_no_stop(
    town: Town, name: str, pages_need_it: bool, report: Report
) -> None:
    numbers = list(await process(town, town.offices[:1]))
    every = [f"{town.urls[service]}/health" for service in SERVICES]
    with silent(town.stack.part(name)):
        red = await seconds_until([f"{url}/ready?role=worker" for url in every], 503)
        assert await answers_of([f"{url}/live" for url in every]) == {200}
        assert await answers_of([f"{url}/ready" for url in every]) == {503 if pages_need_it else 200}
        stops = dict(zip(SERVICES, await asyncio.gather(*(_stop(town, each) for each in SERVICES)), strict=True))
    await make_ready(town)
    numbers += await process(town, town.offices[1:2])
    await rests_without_violation(town)
    report(applications=len(numbers), red=red, **stops)
    assert red < RED_SECONDS


async def test_each_service_stops_in_order_within_the_grace_period_under_load(town: Town, report: Report) -> None:
    load = [asyncio.create_task(_apply_and_approve(town, office)) for office in town.offices[:6]]
    await asyncio.sleep(1)
    figures: dict[str, float] = {}
    for service in SERVICES:
        figures[service] = await _stop(town, service)
        start(town, service)
        await asyncio.to_thread(town.stack.wait_for_service, service)
    numbers = await asyncio.gather(*load)
    await all_done(town, numbers)
    await rests_without_violation(town)
    report(applications=len(numbers), **figures)


async def _apply_and_approve(town: Town, office: str) -> str:
    number = await apply(town, office)
    await approve(town, [number])
    return number


async def _stop(town: Town, service: ServiceName) -> float:
    """How long the process took to end after SIGTERM: by itself, and within the grace period."""
    part = town.stack.part(service)
    began = time.monotonic()
    processes.signal_part(part, signal.SIGTERM)
    code = await asyncio.to_thread(processes.exit_code, part, seconds=LONGEST_STOP_SECONDS + 10)
    seconds = round(time.monotonic() - began, 1)
    assert (code, seconds < LONGEST_STOP_SECONDS) == (0, True), (service, code, seconds)
    return seconds
