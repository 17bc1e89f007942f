"""A day at the desk: a town of the demo register's offices, what they apply for, and the reviewer's hands."""

import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from playwright.async_api import Page

from deploy.local.demo.sample_data import OFFICES, SampleLogin, sample_register
from deploy.local.first_data import create_accounts
from deploy.local.stack import Outside, run_to_end
from deploy.operate.services import call
from deploy.operate.topics import delete_topics
from tests.browser.conftest import drop_databases
from tests.browser.kit import expect_accessible, take_picture
from tests.town import PASSWORD, SAMPLES, Town, founded_town, staff_token, until

TWO_PEOPLE_ABOVE = 3
NEIGHBOURS = tuple(f"TST{number:03}" for number in range(1, 15))
"""Offices like those of the register, with one mailbox and nothing else going on."""


@contextmanager
def desk_town(kafka_bootstrap: str, postgres_dsn: str) -> Iterator[Town]:
    """All offices of the demo register and a few more; more than three mailboxes need two people."""
    name = secrets.token_hex(4)
    topics, outside = f"d{name}.", Outside(kafka_bootstrap, postgres_dsn)
    with founded_town(NEIGHBOURS, outside=outside, topic_prefix=topics, database_prefix=f"nss_desk_{name}") as town:
        others = [office for office in OFFICES if office not in SAMPLES]
        create_accounts(town.stack, [SampleLogin(office, PASSWORD, "office") for office in others])
        token = staff_token(town, "operator")
        call("PUT", f"{town.urls['intake']}/api/v1/contracts", token=token, body=sample_register())
        town.stack.restart_service("review", environment={"NSS_REVIEW_SECOND_APPROVER_ABOVE": str(TWO_PEOPLE_ABOVE)})
        databases = list(town.stack.state.databases.values())
        yield town
    run_to_end(drop_databases(postgres_dsn, databases))
    run_to_end(delete_topics({"bootstrap_servers": kafka_bootstrap}, topics))


@dataclass(slots=True)
class Hands:
    """One member of staff at a browser of their own. Every page that is looked at must be accessible."""

    town: Town
    page: Page
    login: str

    async def log_in(self) -> None:
        """Through the page; after the clock was moved, again."""
        await self.page.goto(self.town.urls["review"] + "/login")
        await self.page.fill("#login", self.login)
        await self.page.fill("#password", PASSWORD)
        await self.page.click("main button[type=submit]")
        await self.page.wait_for_url(lambda url: "/login" not in url)

    async def open(self, path: str) -> str:
        """A page of the console; the text of its main part."""
        await self.page.goto(self.town.urls["review"] + path)
        return await self.text()

    async def case(self, number: str) -> str:
        """The application's page, once review has it."""

        async def look() -> str | None:
            answer = await self.page.goto(f"{self.town.urls['review']}/applications/{number}")
            return await self.text() if answer and answer.status == 200 else None

        return await until(look, f"review to know {number}")

    async def text(self) -> str:
        """What the main part of the page says."""
        return await self.page.inner_text("main")

    async def press(self, words: str) -> str:
        """Press the button with these words; the text of the page that comes."""
        async with self.page.expect_navigation():
            await self.page.get_by_role("button", name=words, exact=True).click()
        return await self.text()

    async def look(self, name: str) -> None:
        """Accessible, and kept as a picture."""
        await expect_accessible(self.page)
        await take_picture(self.page, f"day-{name}")

    async def enter_approval(self, number: str, day: date, note: str = "", *, needs_setting: bool = False) -> str:
        """Fill the form, every failing check acknowledged; the page with what will be issued and sent."""
        await self.case(number)
        offered = self.page.locator(f"input[name=confirmed_start_date][value='{day:%Y%m%d}']")
        if await offered.count():
            await offered.check()
        elif await self.page.locator("#other_start_date").count():
            await self.page.check("input[name=confirmed_start_date][value=other]")
            await self.page.fill("#other_start_date", f"{day:%Y%m%d}")
        if await self.page.locator("#note").count():
            await self.page.fill("#note", note)
        if needs_setting:
            await self.page.check("#system_setting_required")
        for box in await self.page.locator("input[name=acknowledged]").all():
            await box.check()
        return await self.press("確認画面へ進む")

    async def approve(self, number: str, day: date, note: str = "", *, needs_setting: bool = False) -> str:
        """The same, and the last button."""
        await self.enter_approval(number, day, note, needs_setting=needs_setting)
        return await self.press("承認する")

    async def ask(self, number: str, question: str) -> str:
        """Send a question."""
        await self.open(f"/applications/{number}/clarification")
        await self.page.check("input[name=reason_code] >> nth=0")
        await self.page.fill("#question", question)
        await self.press("確認画面へ進む")
        return await self.press("確認事項を送信する")


@dataclass(frozen=True, slots=True)
class Applied:
    """The town and its twenty applications, by what they are there for."""

    town: Town
    numbers: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.numbers[name]

    async def becomes(self, name: str, state: str) -> None:
        """Wait until review has the application in that state."""

        async def look() -> bool | None:
            query = "select 1 from reviews where receipt_number = $1 and state = $2"
            return bool(await self.town.rows("review", query, self.numbers[name], state)) or None

        await until(look, f"{name} ({self.numbers[name]}) to be {state}")


async def apply_all(town: Town, wishes: Mapping[str, tuple[str, Mapping[str, str]]]) -> Applied:
    """Each wish through the portal's forms, in this order; one with `mailbox_ids` is a reissue."""
    numbers = {}
    for name, (office, changes) in wishes.items():
        async with town.applicant(office) as client:
            values: Any = town.typed(office, **changes)
            is_reissue = "mailbox_ids" in changes
            numbers[name] = await (client.apply_for_reissue(values) if is_reissue else client.apply(values))
    town.shown.extend(numbers.values())
    return Applied(town, numbers)


@asynccontextmanager
async def at_the_desk(town: Town, page: Page, login: str) -> AsyncIterator[Hands]:
    """Somebody logged in."""
    hands = Hands(town, page, login)
    await hands.log_in()
    yield hands
