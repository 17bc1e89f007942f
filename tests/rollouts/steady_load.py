"""Offices that keep applying through the pages and the API, and a Center that decides; nobody tries anything twice.

Meanwhile every event is published a second time, so that whoever comes and goes meets work that is done already.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from http import HTTPStatus

import asyncpg
import httpx2

from deploy.local.demo.clients import ApplicantClient, status_on
from deploy.local.demo.manual_case import REVIEW_COMPLETED, TYPED
from shared.contracts.topics import SERVICES, ServiceName, topics_told_by
from shared.runtime.outbox_archive import republish
from tests.rollouts.deployment import Deployment
from tests.town import PASSWORD, Town, until

PAUSE_SECONDS = 5.0
"""Between two applications of one office, which takes too long with its forms to reach the 60 of an hour."""
LOOK_SECONDS = 0.5
REPEAT_SECONDS = 2.0
CONTACT_FIELDS = ("family_name", "given_name", "family_name_kana", "given_name_kana", "phone", "email")


@dataclass(slots=True)
class Load:
    """What the offices have done so far."""

    deployment: Deployment
    numbers: list[str] = field(default_factory=list)
    completed: int = 0
    longest_seconds: float = 0.0
    """How long somebody waited at most from the approval to the completion."""
    notices_read: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def town(self) -> Town:
        """Where they live."""
        return self.deployment.town

    async def by_pages(self, office: str) -> None:
        """One office at the portal: every page of the form, the status until it is completed, then the passwords."""
        client = ApplicantClient(
            self.town.urls["intake"], self.town.urls["provisioning"], transport=self.deployment.door()
        )
        async with client, Desk(self.deployment) as desk:
            await client.log_in(office, PASSWORD)
            while not self.over.is_set():
                number = self._registered(await client.apply(self.town.typed(office)))
                await desk.approve(number)
                await self._completed(number, partial(_shown_completed, client, number))
                assert len(await client.read_passwords(number, PASSWORD)) == 1
                self.notices_read += 1
                await self._pause(PAUSE_SECONDS)

    async def by_program(self, office: str, token: str) -> None:
        """One office's own program at the API."""
        body = program_body(self.town, office)
        async with _at(self.deployment, "intake", token) as client, Desk(self.deployment) as desk:
            while not self.over.is_set():
                headers = {"Idempotency-Key": secrets.token_hex(8)}
                answer = await client.post("/api/v1/applications", json=body, headers=headers)
                assert answer.status_code == HTTPStatus.CREATED, answer.text
                number = self._registered(answer.json()["receipt_number"])
                await desk.approve(number)
                await self._completed(number, partial(_told_completed, client, number))
                await self._pause(PAUSE_SECONDS)

    async def _completed(self, number: str, look: Callable[[], Awaitable[bool | None]]) -> None:
        """An office may have one open application at a time."""
        began = time.monotonic()
        await until(look, f"{number} to be completed", every=LOOK_SECONDS)
        self.longest_seconds = max(self.longest_seconds, round(time.monotonic() - began, 1))
        self.completed += 1

    async def completes(self, more: int) -> None:
        """Wait until so many more applications are completed."""
        wanted = self.completed + more

        async def look() -> bool | None:
            return self.completed >= wanted or None

        await until(look, f"{more} more applications to be completed")

    async def keep_repeating(self) -> None:
        """As after `nss outbox republish`: the same event again, soon after its first time."""
        since = self.town.clock.now()
        while not self.over.is_set():
            now = self.town.clock.now()
            for service in SERVICES:
                await _publish_again(self.town, service, since)
            since = now
            await self._pause(REPEAT_SECONDS)

    def _registered(self, number: str) -> str:
        self.numbers.append(number)
        self.town.shown.append(number)
        return number

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self.over.wait()
        except TimeoutError:
            return


class Desk:
    """Somebody of the Center who approves at review's API."""

    def __init__(self, deployment: Deployment) -> None:
        self._town = deployment.town
        self._client = _at(deployment, "review")
        self._day = self._town.registration_day().isoformat()

    async def __aenter__(self) -> "Desk":
        await self._log_in()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def approve(self, number: str) -> None:
        """Approve, as soon as review knows the application."""

        async def attempt() -> bool | None:
            body = {"revision": 1, "confirmed_start_date": self._day}
            answer = await self._client.post(f"/api/v1/reviews/{number}/approval", json=body)
            if answer.status_code == HTTPStatus.UNAUTHORIZED:
                await self._log_in()
                return None
            assert answer.is_success or answer.status_code == HTTPStatus.NOT_FOUND, answer.text
            return answer.is_success or None

        await until(attempt, f"review to approve {number}", every=LOOK_SECONDS)

    async def _log_in(self) -> None:
        self._client.headers["Authorization"] = f"Bearer {await _staff_token(self._client, 'reviewer')}"


async def _publish_again(town: Town, service: ServiceName, since: datetime) -> None:
    db = await asyncpg.connect(town.databases[service])
    try:
        for topic in topics_told_by(service):
            await republish(db, topic, since)
    finally:
        await db.close()


async def _shown_completed(client: ApplicantClient, number: str) -> bool | None:
    return status_on(await client.open_application(number)) == REVIEW_COMPLETED or None


async def _told_completed(client: httpx2.AsyncClient, number: str) -> bool | None:
    answer = await client.get(f"/api/v1/applications/{number}")
    return answer.raise_for_status().json()["status"] == "review_completed" or None


@asynccontextmanager
async def steady_load(deployment: Deployment, offices: Sequence[str]) -> AsyncIterator[Load]:
    """Half of the offices at the pages, half with programs. Whatever one of them does not expect ends the test."""
    load = Load(deployment)
    at_pages, with_programs = offices[::2], offices[1::2]
    tokens = await _program_tokens(deployment, with_programs)
    async with asyncio.TaskGroup() as people:
        people.create_task(load.keep_repeating())
        for office in at_pages:
            people.create_task(load.by_pages(office))
        for office, token in zip(with_programs, tokens, strict=True):
            people.create_task(load.by_program(office, token))
        yield load
        load.over.set()


def program_body(town: Town, office: str) -> dict[str, object]:
    """The same application as on the pages, as a program writes it."""
    return {
        "office_code": office,
        "kind": "mailbox_change",
        "requested_start_date": f"{town.registration_day():%Y%m%d}",
        "reason": TYPED["reason"],
        "contact": {name: TYPED[name] for name in CONTACT_FIELDS},
        "mailbox_change": {"add_smtp_pop3": 1},
    }


def _at(deployment: Deployment, service: str, token: str = "") -> httpx2.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = f"http://127.0.0.1:{deployment.town.stack.state.ports[service]}"
    return httpx2.AsyncClient(base_url=url, transport=deployment.door(), headers=headers, timeout=30)


async def _staff_token(review: httpx2.AsyncClient, login: str) -> str:
    answer = await review.post("/api/v1/tokens", json={"login": login, "password": PASSWORD})
    return str(answer.raise_for_status().json()["token"])


async def _program_tokens(deployment: Deployment, offices: Sequence[str]) -> Sequence[str]:
    """A token of each office's program."""
    async with _at(deployment, "review") as review:
        operator = await _staff_token(review, "operator")
    body = {"name": "steady load", "days": 1}
    async with _at(deployment, "intake", operator) as intake:
        answers = [await intake.post(f"/operate/v1/accounts/{office}/tokens", json=body) for office in offices]
    return [str(answer.raise_for_status().json()["token"]) for answer in answers]
