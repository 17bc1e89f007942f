"""Applicants and reviewers who try again when a service does not answer, and what they leave behind."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import httpx2

from deploy.errors import CommandError
from deploy.local.demo.clients import ApplicantClient, UnexpectedPage
from shared.contracts.topics import SERVICES, ServiceName
from tests.topic_reader import committed_lag
from tests.town import PASSWORD, InVain, Town, staff_token, until, violations_at_rest

PATIENCE_SECONDS = 180.0
PAUSE_SECONDS = 0.3
MAILS_PER_APPLICATION = 4
LAST_WORDS = 15
T = TypeVar("T")


class Unavailable(RuntimeError):
    """A service answered with an error of its own; worth another try."""


async def at_last(attempt: Callable[[], Awaitable[T]], what: str) -> T:
    """The first answer that is no failure of a service. Raises InVain after a long time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return await attempt()
        except (httpx2.HTTPError, Unavailable) as failure:
            problem: Exception = failure
        except UnexpectedPage as failure:
            if failure.page.status < httpx2.codes.INTERNAL_SERVER_ERROR:
                raise
            problem = failure
        if time.monotonic() > deadline:
            raise InVain(f"{what} failed for {PATIENCE_SECONDS:.0f} s, at last with {problem!r}")
        await asyncio.sleep(PAUSE_SECONDS)


async def apply(town: Town, office: str) -> str:
    """One application through the pages, the same form sent again until a receipt number is shown."""
    async with ApplicantClient(town.urls["intake"], town.urls["provisioning"]) as client:
        await at_last(lambda: _log_in(client, office), "logging in")
        form = await at_last(client.open_form, "the form")
        check = await at_last(lambda: client.fill_form(form, town.typed(office)), "filling the form")
        number = await at_last(lambda: client.register(check), "registering")
    town.shown.append(number)
    return number


async def _log_in(client: ApplicantClient, office: str) -> None:
    """Where the answer to a login was lost, one is in already."""
    if urlsplit((await client.open("/menu")).url).path != "/menu":
        await client.log_in(office, PASSWORD)


async def approve(town: Town, numbers: Sequence[str]) -> None:
    """Approve each application with its wished day, as soon as review knows it."""
    token = await at_last(lambda: _token(town), "a staff token")
    async with httpx2.AsyncClient(base_url=town.urls["review"], trust_env=False, timeout=30) as client:
        client.headers["Authorization"] = f"Bearer {token}"
        attempts = [(partial(_approve, client, number), number) for number in numbers]
        await asyncio.gather(*(at_last(attempt, f"approving {number}") for attempt, number in attempts))


async def _token(town: Town) -> str:
    try:
        return await asyncio.to_thread(staff_token, town, "reviewer")
    except CommandError as failure:
        raise Unavailable(str(failure)) from failure


async def _approve(client: httpx2.AsyncClient, number: str) -> None:
    # The wished day as review has it: what the schedule offers next may be another one since midnight.
    wished = _given(await client.get(f"/api/v1/reviews/{number}"), number).json()["requested_start_date"]
    body = {"revision": 1, "confirmed_start_date": wished}
    answer = _given(await client.post(f"/api/v1/reviews/{number}/approval", json=body), number)
    # An approval whose answer was lost is found done.
    moved_on = answer.status_code == httpx2.codes.CONFLICT and answer.json()["code"] == "moved_on"
    assert answer.is_success or moved_on, answer.text


def _given(answer: httpx2.Response, number: str) -> httpx2.Response:
    """The answer. Raises Unavailable where the service fails or does not know the application yet."""
    if answer.status_code == httpx2.codes.NOT_FOUND or answer.is_server_error:
        raise Unavailable(f"{answer.status_code} for {number}")
    return answer


async def all_done(town: Town, numbers: Sequence[str]) -> None:
    """Wait until every one of these applications is completed, and its mails are sent."""

    async def look() -> bool | None:
        query = "select count(*) from applications where receipt_number = any($1) and status = 'review_completed'"
        [completed] = await town.rows("intake", query, numbers)
        query = "select count(*) from mails where receipt_number = any($1) and state = 'sent'"
        [sent] = await town.rows("notifier", query, numbers)
        done = (completed["count"], sent["count"]) == (len(numbers), len(numbers) * MAILS_PER_APPLICATION)
        return done or None

    await until(look, f"{len(numbers)} applications to be completed and mailed", seconds=PATIENCE_SECONDS)


async def all_taken_up(town: Town, numbers: Sequence[str]) -> None:
    """Wait until each of these applications is under review, and everybody who reads of it has done so."""

    async def look() -> bool | None:
        query = "select count(*) from applications where receipt_number = any($1) and status = 'under_review'"
        [row] = await town.rows("intake", query, numbers)
        behind = [await committed_lag(town.stack.state.broker, service) for service in SERVICES]
        return (row["count"] == len(numbers) and not any(behind)) or None

    await until(look, f"{len(numbers)} applications to be taken up", seconds=PATIENCE_SECONDS)


async def process(town: Town, offices: Sequence[str]) -> Sequence[str]:
    """One application of each office, approved and waited for; their receipt numbers."""
    numbers = await asyncio.gather(*(apply(town, office) for office in offices))
    await approve(town, numbers)
    await all_done(town, numbers)
    return numbers


async def rests_without_violation(town: Town) -> None:
    """I1, I2, I3, I6 and I7 hold of everything that has happened in this town so far."""
    found = await violations_at_rest(town)
    assert found == [], "\n".join([*found, *chain.from_iterable(last_words(town, service) for service in SERVICES)])


def last_words(town: Town, service: ServiceName) -> Sequence[str]:
    """The newest warnings and errors in a service's log, each with its name before it."""
    lines = Path(town.stack.part(service).log).read_text().splitlines()
    return [f"{service}: {line}" for line in lines if '"level":"info"' not in line.replace(" ", "")][-LAST_WORDS:]


async def counted(town: Town, service: ServiceName, counter: str) -> int:
    """What the running process of the service has counted so far, all labels together."""
    return await counted_at(town.urls[service], counter)


async def counted_at(url: str, counter: str) -> int:
    """The same of the process at this address."""
    async with httpx2.AsyncClient(trust_env=False, timeout=30) as client:
        text = (await client.get(f"{url}/metrics")).text
    return int(sum(float(figure) for figure in re.findall(rf"^{counter}{{[^}}]*}} (\S+)$", text, re.MULTILINE)))


async def all_duplicates_absorbed(town: Town) -> dict[str, int]:
    """Deliveries that the running process of each service has recognised as handled before."""
    return {service: await counted(town, service, "nss_consumer_duplicates_total") for service in SERVICES}
