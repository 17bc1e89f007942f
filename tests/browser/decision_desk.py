"""Review's console alone, served to a real browser over a database of its own, with a clock that stands still."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import uvicorn
from playwright.async_api import Page

from deploy.local.ports import LOOPBACK, choose_ports
from services.review.domain.review import SecondApproverRule
from services.review.web import build_pages
from shared.runtime.database import open_pool
from shared.runtime.web.pages import PageSettings
from tests.component.review.desk import PASSWORD, PORTAL_URL, Desk, open_desk
from tests.town import until

TARGET_BUSINESS_DAYS = 6


@dataclass(frozen=True, slots=True)
class DecisionDesk:
    """Where the pages are, and what a test does beside them."""

    desk: Desk
    url: str

    async def log_in(self, page: Page, login: str) -> None:
        """As a member of staff, through the page."""
        await page.goto(f"{self.url}/login")
        await page.fill("#login", login)
        await page.fill("#password", PASSWORD)
        await page.click("main button[type=submit]")
        await page.wait_for_url(lambda url: "/login" not in url)


@asynccontextmanager
async def served_desk(database_url: str, folder: Path, rule: SecondApproverRule) -> AsyncIterator[DecisionDesk]:
    """The console on a port of its own, until the test ends."""
    pool = await open_pool(database_url, application_name="test-browser", min_size=1, max_size=4)
    desk, drainer, retry = await open_desk(pool, folder)
    draining = asyncio.create_task(drainer.run())
    port = choose_ports(["review"])["review"]
    url = f"http://{LOOPBACK}:{port}"
    deps = replace(desk.deps, second_approver=rule)
    app = build_pages(
        deps, PageSettings("review", url), target_business_days=TARGET_BUSINESS_DAYS, portal_url=PORTAL_URL
    )
    server = uvicorn.Server(uvicorn.Config(app, host=LOOPBACK, port=port, log_level="error"))
    serving = asyncio.create_task(server.serve())
    await until(lambda: _started(server), "the pages to be served", every=0.02)
    try:
        yield DecisionDesk(replace(desk, deps=deps, app=app), url)
    finally:
        server.should_exit = True
        await serving
        retry.leaving.set()
        drainer.wake(())
        await draining
        await pool.close()


async def _started(server: uvicorn.Server) -> bool | None:
    return server.started or None
