"""Intake's pages on a real database: an office with a contract, an account and a schedule; browsers in this process."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from fastapi import FastAPI

from services.intake import workflows
from services.intake.documents import DocumentPrinter, find_fonts
from services.intake.domain.office_facts import FormRules
from services.intake.domain.retention import Retention
from services.intake.jobs import build_jobs
from services.intake.messaging import build_router
from services.intake.rendering import build_page_environment
from services.intake.web import build_pages
from services.intake.workflows.dependencies import Dependencies
from services.intake.workflows.desk import PostingDesk
from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.contracts.intake_events import ContractPublished
from shared.runtime.database import Pool, open_pool, transaction
from shared.runtime.ids import new_uuid7
from shared.runtime.jobs import Job
from shared.runtime.web.maintenance import Maintenance
from shared.runtime.web.pages import PageSettings
from shared.runtime.web.passwords import PasswordHasher
from shared.runtime.web.sessions import Sessions
from shared.runtime.web.tokens import new_token
from tests.builders import OFFICE, TYPED, FixedClock, a_contract, a_schedule, an_event

BASE_URL = "http://portal.example"
PROVISIONING_URL = "http://notice.example"
PASSWORD = "correct-horse-battery"

CreateDatabase = Callable[[str], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Keys:
    """Key pairs of the test's own: intake's ticket key and review's staff key."""

    ticket_private: Path
    ticket_public_dir: Path
    staff_private: Path
    staff_public_dir: Path


@dataclass(frozen=True, slots=True)
class Intake:
    """The service under test."""

    app: FastAPI
    parts: Dependencies
    clock: FixedClock
    keys: Keys
    base_url: str = BASE_URL

    @property
    def pool(self) -> Pool:
        """Its database."""
        return self.parts.pool

    def browser(self) -> httpx2.AsyncClient:
        """A browser nobody has logged in with."""
        transport = httpx2.ASGITransport(app=self.app)
        return httpx2.AsyncClient(transport=transport, base_url=self.base_url, headers={"origin": self.base_url})

    async def logged_in(self, office_code: str = OFFICE) -> httpx2.AsyncClient:
        """A browser with a session of the office."""
        browser = self.browser()
        answer = await browser.post("/login", data={"office_code": office_code, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return browser

    async def register_office(self, contract: ContractPublished) -> None:
        """Contract and account of an office."""
        now = self.clock.now()
        await workflows.publish_contract(self.pool, contract, now, self.parts.new_id)
        async with transaction(self.pool) as db:
            await workflows.create_office_account(db, contract.office_code, PASSWORD, self.parts.hasher, now)

    async def consume(self, *events: Event[Any]) -> None:
        """Deliver events as the runtime does: one call per event, in a transaction."""
        router = build_router(self.parts)
        for event in events:
            route = router.route_for(event.type)
            assert route is not None, event.type
            async with transaction(self.pool) as db:
                await route.handle(db, [event], {})

    def job(self, name: str) -> Job:
        """One of its scheduled jobs."""
        return next(job for job in build_jobs(self.parts) if job.name == name)

    async def outbox(self) -> list[dict[str, Any]]:
        """Type, subject, key and data of every event in the outbox, in order."""
        rows = await self.pool.fetch(
            "select type, subject, partitionkey, convert_from(payload, 'utf8')::jsonb as data"
            " from event_outbox order by seq"
        )
        return [dict(row) for row in rows]

    async def events_of(self, model: type[EventData]) -> list[dict[str, Any]]:
        """The data of every event of one type in the outbox."""
        return [event["data"] for event in await self.outbox() if event["type"] == model.ce_type]

    async def rows(self, tables: Sequence[str]) -> dict[str, list[tuple[object, ...]]]:
        """Everything that stands in the tables."""
        return {
            table: sorted((tuple(row) for row in await self.pool.fetch(f"table {table}")), key=repr) for table in tables
        }


@pytest.fixture
async def intake(service_database: CreateDatabase, tmp_path: Path) -> AsyncIterator[Intake]:
    """A running intake with NAC001 registered and the schedule known."""
    async with opened_intake(await service_database("intake"), tmp_path) as service:
        yield service


@asynccontextmanager
async def opened_intake(database_url: str, folder: Path, base_url: str = BASE_URL) -> AsyncIterator[Intake]:
    """Intake on that database, with NAC001 registered and the schedule known; its keys lie in the folder."""
    pool = await open_pool(database_url, application_name="test-intake", max_size=8)
    clock, keys, hasher = FixedClock(), make_keys(folder), PasswordHasher()
    printer = DocumentPrinter(find_fonts(None))
    pages = PageSettings("intake", base_url, form_action_origins=(PROVISIONING_URL,), own_scripts=True)
    rules = FormRules(printer.find_unprintable)
    parts = Dependencies(
        pool=pool,
        clock=clock,
        new_id=new_uuid7,
        sessions=Sessions(pool, clock, pages.session_policy(), new_token),
        hasher=hasher,
        environment=build_page_environment(),
        pages=pages,
        provisioning_url=PROVISIONING_URL,
        ticket_key_file=keys.ticket_private,
        staff_keys_dir=keys.staff_public_dir,
        printer=printer,
        form_rules=rules,
        desk=PostingDesk(pool, clock, new_uuid7, rules),
        retention=Retention(),
        maintenance=Maintenance(folder / "maintenance.json", clock),
    )
    service = Intake(build_pages(parts), parts, clock, keys, base_url)
    await service.register_office(a_contract())
    await service.consume(an_event(a_schedule(), key="schedule"))
    yield service
    printer.close()
    hasher.close()
    await pool.close()


def with_rules(intake: Intake, **rules: Any) -> Intake:
    """The same database behind pages and a posting desk that go by these rules."""
    parts = intake.parts
    changed = replace(parts.form_rules, **rules)
    desk = PostingDesk(parts.pool, parts.clock, parts.new_id, changed)
    ruled = replace(parts, form_rules=changed, desk=desk)
    return replace(intake, app=build_pages(ruled), parts=ruled)


def make_keys(folder: Path) -> Keys:
    """Fresh Ed25519 keys as files."""
    public: dict[str, Path] = {}
    private: dict[str, Path] = {}
    for name in ("ticket", "staff"):
        key = Ed25519PrivateKey.generate()
        private[name] = folder / f"{name}-1.pem"
        private[name].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        public[name] = folder / f"{name}-public"
        public[name].mkdir()
        pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (public[name] / f"{name}-1.pem").write_bytes(pem)
    return Keys(private["ticket"], public["ticket"], private["staff"], public["staff"])


def hidden(html: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', html)
    assert found, f"no hidden field {name}"
    return found.group(1)


async def start_draft(browser: httpx2.AsyncClient, path: str = "/applications/new") -> str:
    """Press the first button; the address of the draft's first page."""
    page = await browser.get(path)
    assert page.status_code == 200, page.text
    fields = {name: hidden(page.text, name) for name in ("form_token", "kind")}
    answer = await browser.post("/applications/drafts", data=fields)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def fill_in(browser: httpx2.AsyncClient, address: str, typed: Mapping[str, Any]) -> httpx2.Response:
    """Send every page from this one on; the last answer: the way to the check page, or the page with errors."""
    while True:
        answer = await post_step(browser, address, {"items": "mailbox_count", **typed})
        if answer.status_code != 303 or answer.headers["location"].endswith("/check"):
            return answer
        address = answer.headers["location"]


async def post_step(browser: httpx2.AsyncClient, address: str, typed: Mapping[str, Any]) -> httpx2.Response:
    """Send one page of the form; the way on, or the same page with its errors."""
    answer = await browser.post(address, data=typed)
    refused = answer.status_code == 303 and "refused" in answer.headers["location"]
    return await browser.get(answer.headers["location"]) if refused else answer


async def save_draft(browser: httpx2.AsyncClient, **typed: Any) -> tuple[str, httpx2.Response]:
    """Begin a form and fill it in; the form token and the last answer."""
    address = await start_draft(browser)
    return address.split("/")[3], await fill_in(browser, address, {**TYPED, **typed})


async def ready_to_register(browser: httpx2.AsyncClient, **typed: Any) -> dict[str, str]:
    """Everything up to the check page; the fields its register button sends."""
    _, saved = await save_draft(browser, **typed)
    assert saved.status_code == 303, saved.text
    check = await browser.get(saved.headers["location"])
    assert check.status_code == 200, check.text
    return {name: hidden(check.text, name) for name in ("form_token", "diff_sha256")}


async def register(browser: httpx2.AsyncClient, **typed: Any) -> str:
    """The whole way to a receipt number."""
    answer = await browser.post("/applications", data=await ready_to_register(browser, **typed))
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).split("/")[2]
