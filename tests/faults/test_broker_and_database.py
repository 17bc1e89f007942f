"""The broker or the database killed with -9 under load and started again; nobody repairs anything by hand."""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus

from deploy.local.demo.clients import ApplicantClient, Page, UnexpectedPage
from shared.contracts.topics import SERVICES
from tests.conftest import Report
from tests.faults.stubborn_people import (
    all_done,
    all_duplicates_absorbed,
    apply,
    approve,
    counted,
    rests_without_violation,
)
from tests.faults.supervisor import make_ready, supervised
from tests.town import PASSWORD, Town, until


async def apply_and_approve(town: Town, office: str) -> str:
    """One application on its whole road, as far as people push it."""
    number = await apply(town, office)
    await approve(town, [number])
    return number


def begin(town: Town, offices: Sequence[str]) -> "list[asyncio.Task[str]]":
    """Several applications at once, under way while the test goes on."""
    return [asyncio.create_task(apply_and_approve(town, office)) for office in offices]


async def some_are_shown(town: Town, before: int) -> None:
    """Wait for the middle of the load: some have their receipt number, others not yet."""

    async def look() -> bool | None:
        return len(town.shown) - before >= 2 or None

    await until(look, "the first receipt numbers of the load")


async def waiting_to_be_sent(town: Town) -> int:
    """Events in intake's outbox."""
    [outbox] = await town.rows("intake", "select count(*) from event_outbox")
    return int(outbox["count"])


async def relay_has_given_up_once(town: Town) -> None:
    """Wait until the outage has lasted longer than intake's relay waits for an answer."""

    async def look() -> bool | None:
        return await counted(town, "intake", "nss_relay_failures_total") > 0 or None

    await until(look, "intake's relay to give a batch up")


async def log_in_without_database(town: Town) -> Page:
    """What somebody sees who comes to the portal now."""
    async with ApplicantClient(town.urls["intake"], town.urls["provisioning"]) as client:
        try:
            return await client.log_in(town.offices[-1], PASSWORD)
        except UnexpectedPage as unexpected:
            return unexpected.page


async def test_the_broker_killed_under_load_delays_and_loses_nothing(town: Town, report: Report) -> None:
    before = len(town.shown)
    async with supervised(town) as watch:
        load = begin(town, town.offices[:6])
        await some_are_shown(town, before)
        await asyncio.to_thread(town.stack.kill_part, "kafka")
        taken_meanwhile = [await apply(town, office) for office in town.offices[6:9]]
        assert not town.stack.is_running("kafka")
        assert await waiting_to_be_sent(town) >= len(taken_meanwhile)
        await relay_has_given_up_once(town)
        await asyncio.to_thread(town.stack.start_kafka)
        await approve(town, taken_meanwhile)
        numbers = [*await asyncio.gather(*load), *taken_meanwhile]
        await all_done(town, numbers)
    await rests_without_violation(town)
    absorbed = await all_duplicates_absorbed(town)
    report(applications=len(numbers), taken_without_broker=len(taken_meanwhile), started_again=watch.exit_codes,
           absorbed=absorbed)  # fmt: skip


async def test_the_database_killed_under_load_keeps_every_number_it_gave(town: Town, report: Report) -> None:
    before = len(town.shown)
    async with supervised(town) as watch:
        load = begin(town, town.offices[:8])
        await some_are_shown(town, before)
        await asyncio.to_thread(town.stack.kill_part, "postgres")
        refused = await log_in_without_database(town)
        await asyncio.to_thread(town.stack.start_postgres)
        numbers = await asyncio.gather(*load)
        await all_done(town, numbers)
    await rests_without_violation(town)
    absorbed = await all_duplicates_absorbed(town)
    assert refused.status == HTTPStatus.SERVICE_UNAVAILABLE
    assert "Traceback" not in refused.html
    report(applications=len(numbers), started_again=watch.exit_codes, absorbed=absorbed)


async def test_everything_killed_at_once_under_load_goes_on_where_it_was(town: Town, report: Report) -> None:
    before = len(town.shown)
    load = begin(town, town.offices[:6])
    await some_are_shown(town, before)
    everything = ("kafka", "postgres", *SERVICES)
    await asyncio.to_thread(town.stack.kill_part, everything[0])
    last = await apply(town, town.offices[6])
    assert await waiting_to_be_sent(town)
    await asyncio.gather(*(asyncio.to_thread(town.stack.kill_part, name) for name in everything[1:]))
    assert not any(town.stack.is_running(name) for name in everything)
    await asyncio.gather(asyncio.to_thread(town.stack.start_postgres), asyncio.to_thread(town.stack.start_kafka))
    await make_ready(town)
    await approve(town, [last])
    numbers = [*await asyncio.gather(*load), last]
    await all_done(town, numbers)
    await rests_without_violation(town)
    report(applications=len(numbers), killed=everything)
