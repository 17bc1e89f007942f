"""The portal alone, served to a real browser; the test delivers the events and moves the clock."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import uvicorn
from playwright.async_api import Page

from deploy.local.ports import LOOPBACK, choose_ports
from tests.builders import (
    OFFICE,
    an_event,
    mail_failed,
    mail_sent,
    mailboxes_issued,
    review_completed,
    review_opened,
)
from tests.builders.moving import MOVED_DATE, clarification_requested
from tests.component.intake.conftest import PASSWORD, Intake, opened_intake, register, save_draft
from tests.town import until


@dataclass(frozen=True, slots=True)
class Scene:
    """Addresses of NAC001's things: one application with a question, a completed one with a moved date, a draft."""

    asked: str
    completed: str
    draft: str


@dataclass(frozen=True, slots=True)
class Portal:
    """Where the pages are, and what a test does beside them."""

    intake: Intake
    url: str

    async def log_in(self, page: Page, office: str = OFFICE) -> None:
        """As the office, through the page."""
        await page.goto(f"{self.url}/login")
        await page.fill("#office_code", office)
        await page.fill("#password", PASSWORD)
        await page.click("main button[type=submit]")
        await page.wait_for_url(lambda url: "/login" not in url)

    async def applicant(self) -> httpx2.AsyncClient:
        """The office as a program that fills in forms: quicker than a browser where no page is looked at."""
        return await self.intake.logged_in()

    async def set_scene(self) -> Scene:
        """What most pages need to have something to show."""
        applicant = await self.applicant()
        completed = await register(applicant)
        await self.intake.consume(
            an_event(review_opened(receipt_number=completed)),
            an_event(mail_sent(receipt_number=completed)),
            an_event(mail_failed(receipt_number=completed)),
            an_event(mailboxes_issued(receipt_number=completed)),
            an_event(review_completed(receipt_number=completed, confirmed_start_date=MOVED_DATE)),
        )
        asked = await register(applicant)
        await self.intake.consume(an_event(clarification_requested(receipt_number=asked)))
        form_token, _ = await save_draft(applicant, abolish="NAC00101")
        return Scene(f"/applications/{asked}", f"/applications/{completed}", f"/applications/drafts/{form_token}")


@asynccontextmanager
async def served_portal(database_url: str, folder: Path) -> AsyncIterator[Portal]:
    """The pages on a port of their own, until the test ends."""
    port = choose_ports(["intake"])["intake"]
    url = f"http://{LOOPBACK}:{port}"
    async with opened_intake(database_url, folder, url) as intake:
        server = uvicorn.Server(uvicorn.Config(intake.app, host=LOOPBACK, port=port, log_level="error", lifespan="off"))
        serving = asyncio.create_task(server.serve())
        await until(lambda: _started(server), "the pages to be served", every=0.02)
        try:
            yield Portal(intake, url)
        finally:
            server.should_exit = True
            await serving


async def _started(server: uvicorn.Server) -> bool | None:
    return server.started or None
