"""Review as one process runs it: its router fed by the real consumer's poll handler, its pages by an HTTP client."""

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from fastapi import FastAPI

from services.review import workflows
from services.review.messaging import build_router
from services.review.web import build_pages
from services.review.workflows import Dependencies
from shared.contracts.envelope import Event, encode_data, to_headers
from shared.contracts.event_data import EventData
from shared.contracts.registry import EVENT_MODELS
from shared.runtime.brake import Brake
from shared.runtime.consumer_context import ConsumerContext
from shared.runtime.consumer_failures import RetryInPlace
from shared.runtime.consumer_redo import PollHandler
from shared.runtime.database import Pool
from shared.runtime.event_batch import read_batch
from shared.runtime.held_events_drain import HeldEventDrainer
from shared.runtime.ids import new_uuid7
from shared.runtime.web.pages import PageSettings
from shared.runtime.web.passwords import PasswordHasher
from shared.runtime.web.sessions import Sessions
from shared.runtime.web.tokens import new_token
from tests.builders import RECEIPT, FixedClock, a_contract, an_application_received, an_event

BASE_URL = "http://review.example"
PORTAL_URL = "http://portal.example"
PASSWORD = "correct horse battery staple"
REVIEWER, LEAD, OPERATOR, HELP_DESK = "jiro", "saburo", "shiro", "goro"
STAFF = {
    REVIEWER: ("審査 次郎", ["reviewer"]),
    LEAD: ("主任 三郎", ["lead"]),
    OPERATOR: ("運用 四郎", ["operator"]),
    HELP_DESK: ("相談 五郎", ["help_desk"]),
}
A_SCHEDULE: dict[str, Any] = {
    "registration_days": [
        {"registration_date": "20181101", "application_deadline": "2018-10-25"},
        {"registration_date": "20181108", "application_deadline": "2018-11-01"},
    ],
    "covers_until": "20191231",
}


@dataclass(frozen=True, slots=True)
class PolledEvent:
    """An event as the broker would hand it over."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


@dataclass(slots=True)
class Desk:
    """The service under test."""

    deps: Dependencies
    clock: FixedClock
    app: FastAPI
    handler: PollHandler
    context: ConsumerContext
    offsets: Any = field(default_factory=itertools.count)

    @property
    def pool(self) -> Pool:
        """Its database."""
        return self.deps.pool

    async def deliver(self, *events: Event[Any]) -> None:
        """Hand the events over as one poll."""
        polled = [
            PolledEvent(
                event.data.topic.name,
                0,
                next(self.offsets),
                event.key.encode(),
                encode_data(event.data),
                to_headers(event),
            )
            for event in events
        ]
        await self.handler.handle(await read_batch(polled, self.context.topics, self.context.wanted_types))

    async def receive(self, *receipt_numbers: str, **fields: Any) -> None:
        """An application of NAC001 for each number, on a contract that is known."""
        await self.deliver(an_event(a_contract(), time=self.clock.now()))
        numbers = receipt_numbers or (RECEIPT,)
        await self.deliver(*(an_event(an_application_received(receipt_number=number, **fields)) for number in numbers))

    async def told(self) -> list[EventData]:
        """What review has published, in order."""
        rows = await self.pool.fetch("select type, payload from event_outbox order by seq")
        return [EVENT_MODELS[row["type"]].model_validate_json(row["payload"]) for row in rows]

    async def state_of(self, number: str = RECEIPT) -> str | None:
        """The application's state in the database."""
        state: str | None = await self.pool.fetchval("select state from reviews where receipt_number = $1", number)
        return state

    async def held(self) -> list[tuple[str, str]]:
        """Reason and awaited subject of every held event."""
        rows = await self.pool.fetch("select reason, awaited_subject from held_events order by position")
        return [(row["reason"], row["awaited_subject"]) for row in rows]

    async def count(self, table: str) -> int:
        """Rows of a table."""
        rows: int = await self.pool.fetchval(f"select count(*) from {table}")  # noqa: S608  a test's own literal
        return rows

    async def until_nothing_is_held(self) -> None:
        """Wait for the drainer, at most half a minute."""
        async with asyncio.timeout(30):
            while await self.count("held_events"):  # noqa: ASYNC110  the drainer tells nobody
                await asyncio.sleep(0.02)

    def client(self, **headers: str) -> httpx2.AsyncClient:
        """A browser of its own."""
        return httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.app),
            base_url=BASE_URL,
            headers=headers or {"sec-fetch-site": "same-origin"},
        )

    async def browser_of(self, login: str = REVIEWER) -> httpx2.AsyncClient:
        """A browser in which that person has logged in."""
        client = self.client()
        answer = await client.post("/login", data={"login": login, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return client

    async def program_of(self, login: str) -> httpx2.AsyncClient:
        """A program that holds that person's token."""
        client = self.client(accept="application/json")
        answer = await client.post("/api/v1/tokens", json={"login": login, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        client.headers["authorization"] = f"Bearer {answer.json()['token']}"
        return client

    async def set_schedule(self, **changes: Any) -> httpx2.Response:
        """Publish November's schedule, changed here and there."""
        program = await self.program_of(OPERATOR)
        return await program.put("/api/v1/schedule", json=A_SCHEDULE | changes)

    async def approve(self, number: str = RECEIPT, start: date = date(2018, 11, 1)) -> None:
        """Approve through the staff API, acknowledging whatever check fails."""
        program = await self.program_of(REVIEWER)
        checks = (await program.get(f"/api/v1/reviews/{number}")).json()["checks"]
        failing = [check["check"] for check in checks if check["outcome"] == "fail"]
        body = {
            "revision": 1,
            "confirmed_start_date": start.isoformat(),
            "note": "登録日に合わせました。",
            "acknowledged": failing,
        }
        answer = await program.post(f"/api/v1/reviews/{number}/approval", json=body)
        assert answer.status_code == 200, answer.text


async def open_desk(pool: Pool, keys: Path) -> tuple[Desk, HeldEventDrainer, RetryInPlace]:
    """The service over a database, and the drainer that should run beside it."""
    clock = FixedClock()
    key_file, public_keys = write_keys(keys)
    pages = PageSettings("review", BASE_URL)
    sessions = Sessions(pool, clock, pages.session_policy(), new_token)
    deps = Dependencies(pool, clock, new_uuid7, PasswordHasher(threads=1), sessions, key_file, public_keys)
    app = build_pages(deps, pages, target_business_days=6, portal_url=PORTAL_URL)
    context = ConsumerContext(build_router(deps), clock, new_uuid7)
    retry = RetryInPlace()
    drainer = HeldEventDrainer(pool, context, retry)
    desk = Desk(deps, clock, app, PollHandler(pool, context, Brake(), RetryInPlace(), drainer.wake), context)
    await add_staff(desk)
    return desk, drainer, retry


async def add_staff(desk: Desk) -> None:
    """Everybody in STAFF, all with one password, hashed once."""
    name, roles = STAFF[REVIEWER]
    async with desk.pool.acquire() as db:
        await workflows.create_staff_account(db, REVIEWER, name, roles, PASSWORD, desk.deps.hasher, desk.clock.now())
        for login, (display_name, its_roles) in STAFF.items():
            await db.execute(
                "insert into staff_accounts (login, display_name, roles, password_hash, created_at)"
                " select $1, $2, $3, password_hash, created_at from staff_accounts where login = $4"
                " on conflict do nothing",
                login,
                display_name,
                its_roles,
                REVIEWER,
            )


def write_keys(folder: Path) -> tuple[Path, Path]:
    """A fresh pair for staff tokens: the private key's file and the directory of public keys."""
    private = Ed25519PrivateKey.generate()
    key_file, public_keys = folder / "staff-1.pem", folder / "public"
    public_keys.mkdir()
    key_file.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (public_keys / "staff-1.pem").write_bytes(public)
    return key_file, public_keys
