"""One browser and one stack for all browser tests; every test gets pages of its own."""

import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import asyncpg
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from deploy.local.databases import ServiceDatabase
from deploy.local.stack import Outside, run_to_end
from deploy.operate.topics import delete_topics
from tests.browser.kit import DESKTOP, HEIGHT, PATIENCE_MILLISECONDS, find_browser
from tests.town import PASSWORD, Town, founded_town, invented_offices

OFFICES = 16


class NewPage(Protocol):
    """How a test gets a page; each call is a browser of its own, without cookies."""

    async def __call__(self, *, width: int = DESKTOP, scripts: bool = True, bypass_csp: bool = False) -> Page:
        """`bypass_csp` is for tests that put a style sheet of the reader's into the page."""
        ...


class LogIn(Protocol):
    """How a test logs a page in."""

    async def __call__(self, page: Page, login: str) -> None:
        """An office code at the portal, or the login of a member of staff at the console."""
        ...


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of this folder share one event loop, because they share one browser."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def browser_path() -> str:
    """Where Chromium is; nothing is started for tests that will be skipped."""
    return find_browser()


@pytest.fixture(scope="session")
def town(browser_path: str, kafka_bootstrap: str, postgres_dsn: str) -> Iterator[Town]:
    """All four services, on the run's broker and database server, with offices enough for each test."""
    name = secrets.token_hex(4)
    outside = Outside(kafka_bootstrap, postgres_dsn)
    topics, base = f"b{name}.", f"nss_browser_{name}"
    with founded_town(invented_offices(OFFICES), outside=outside, topic_prefix=topics, database_prefix=base) as founded:
        databases = list(founded.stack.state.databases.values())
        yield founded
    run_to_end(delete_topics({"bootstrap_servers": kafka_bootstrap}, topics))
    run_to_end(drop_databases(postgres_dsn, databases))


async def drop_databases(dsn: str, databases: Sequence[ServiceDatabase]) -> None:
    """The databases of a town on a server that goes on, and their logins."""
    connection = await asyncpg.connect(dsn)
    for database in databases:
        await connection.execute(f"drop database if exists {urlsplit(database.app_url).path[1:]} with (force)")
        for url in (database.app_url, database.owner_url, database.relay_url):
            await connection.execute(f"drop role if exists {urlsplit(url).username}")
    await connection.close()


@pytest.fixture(scope="session")
def urls(town: Town) -> Mapping[str, str]:
    """Where the services are."""
    return town.urls


@pytest.fixture(scope="session")
def new_office(town: Town) -> Callable[[], str]:
    """`new_office()` gives an office that no other test of this run uses."""
    left = iter(town.offices[-OFFICES:])
    return lambda: next(left)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium(browser_path: str) -> AsyncIterator[Browser]:
    """The running browser."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def new_page(chromium: Browser) -> AsyncIterator[NewPage]:
    """`await new_page(width=320, scripts=False)`: a page in a context of its own, closed when the test ends."""
    contexts: list[BrowserContext] = []

    async def open_page(*, width: int = DESKTOP, scripts: bool = True, bypass_csp: bool = False) -> Page:
        context = await chromium.new_context(
            viewport={"width": width, "height": HEIGHT},
            java_script_enabled=scripts,
            bypass_csp=bypass_csp,
            locale="ja-JP",
            timezone_id="Asia/Tokyo",
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        return await context.new_page()

    yield open_page
    for context in contexts:
        await context.close()


@pytest.fixture(scope="session")
def log_in(town: Town) -> LogIn:
    """`await log_in(page, "TST001")` at the portal, `await log_in(page, "reviewer")` at the console."""

    async def through_the_page(page: Page, login: str) -> None:
        is_office = login in town.offices
        await page.goto(town.urls["intake" if is_office else "review"] + "/login")
        await page.fill("#office_code" if is_office else "#login", login)
        await page.fill("#password", PASSWORD)
        await page.click("main button[type=submit]")
        await page.wait_for_url(lambda url: "/login" not in url)

    return through_the_page
