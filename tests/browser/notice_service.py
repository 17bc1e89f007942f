"""Provisioning's pages alone, served to a real browser, with intake's tickets made by the test and a clock it moves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import uvicorn
from playwright.async_api import Page, Route

from deploy.local.ports import LOOPBACK, choose_ports
from shared.kernel.identifiers import ReceiptNumber
from shared.runtime.ids import new_uuid7
from shared.runtime.notice_tickets import NoticeClaims, sign_notice_ticket
from tests.builders import OFFICE, RECEIPT
from tests.component.provisioning.conftest import Provisioning
from tests.component.provisioning.notice_browser import INTAKE_URL, make_keys, notice_app
from tests.town import until


@dataclass(frozen=True, slots=True)
class NoticeService:
    """Where the pages are, and what a test does beside them."""

    provisioning: Provisioning
    url: str
    signing_key: Path

    async def open_notice(self, page: Page, receipt: ReceiptNumber = RECEIPT, *, late_seconds: int = 0) -> None:
        """Press the button of intake's page that carries the ticket."""
        now = self.provisioning.clock.now() - timedelta(seconds=late_seconds)
        ticket = sign_notice_ticket(NoticeClaims(OFFICE, OFFICE, receipt, new_uuid7()), self.signing_key, now)
        form = (
            f'<!doctype html><form method="post" action="{self.url}/id-notice/ticket">'
            f'<input type="hidden" name="ticket" value="{ticket}"><button>open</button></form>'
        )

        async def answer(route: Route) -> None:
            await route.fulfill(body=form, content_type="text/html; charset=utf-8")

        await page.route(f"{INTAKE_URL}/**", answer)
        await page.goto(f"{INTAKE_URL}/applications/{receipt}/id-notice")
        await page.click("button")
        await page.wait_for_url(f"{self.url}/**")


@asynccontextmanager
async def served_notices(provisioning: Provisioning, folder: Path) -> AsyncIterator[NoticeService]:
    """The pages on a port of their own, until the test ends."""
    signing_key, public_keys = make_keys(folder)
    port = choose_ports(["provisioning"])["provisioning"]
    url = f"http://{LOOPBACK}:{port}"
    server = uvicorn.Server(
        uvicorn.Config(notice_app(provisioning, public_keys, url), host=LOOPBACK, port=port, log_level="error")
    )
    serving = asyncio.create_task(server.serve())
    await until(lambda: _started(server), "the pages to be served", every=0.02)
    try:
        yield NoticeService(provisioning, url, signing_key)
    finally:
        server.should_exit = True
        await serving


async def _started(server: uvicorn.Server) -> bool | None:
    return server.started or None
