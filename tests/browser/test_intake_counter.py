"""The counter of the reason: the browser's figure is the server's, and a screen reader hears it when typing pauses."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Page

from services.intake.domain.form_fields import REASON_LENGTH, reason_length
from tests.browser.conftest import NewPage
from tests.browser.kit import expect_accessible, press, take_picture
from tests.browser.portal_service import Portal, served_portal
from tests.conftest import CreateDatabase

SHOWN = ".counter__shown"
SPOKEN = ".counter [aria-live]"
PAUSE_MILLISECONDS = 1500
TEXTS = (
    "",
    "増設のため。",
    "𠮷野家",
    "𠮷" * REASON_LENGTH,
    "𠮷" * (REASON_LENGTH + 1),
    "一行目\n二行目\n\n四行目",
    "\n\n  前後の空白  \n",
    "\u3000全角の空白\u3000",
    "\x85\x1c目に見えない空白\x1f",
    "\ufeff順序の印は数える",
    "か\u3099",
    "👨\u200d👩\u200d👧",
    "葛\U000e0100飾区",
)


@pytest_asyncio.fixture(loop_scope="session")
async def portal(service_database: CreateDatabase, tmp_path: Path) -> AsyncIterator[Portal]:
    """The manual's office."""
    async with served_portal(await service_database("intake"), tmp_path) as served:
        yield served


async def test_the_browser_counts_as_the_server_counts(new_page: NewPage, portal: Portal) -> None:
    page, scene = await new_page(), await portal.set_scene()
    await portal.log_in(page)
    for address in (f"{scene.draft}/start", f"{scene.asked}/withdrawal"):
        await page.goto(portal.url + address)
        for text in TEXTS:
            await page.fill("#reason", text)
            assert await figure(page) == reason_length(text), ascii(text)
    await page.fill("#reason", "𠮷" * (REASON_LENGTH + 1))
    assert await page.inner_text(SHOWN) == "文字数：241／240文字（1文字超えています）"
    await take_picture(page, "intake-counter-over")
    await expect_accessible(page)


async def test_what_the_counter_lets_pass_the_server_takes_and_one_more_it_refuses(
    new_page: NewPage, portal: Portal
) -> None:
    page, scene = await new_page(), await portal.set_scene()
    await portal.log_in(page)
    fitting = ("𠮷\n" * REASON_LENGTH)[: REASON_LENGTH - 1] + "完"
    for text, is_taken in ((fitting, True), (fitting + "了", False)):
        await page.goto(f"{portal.url}{scene.draft}/start")
        await page.fill("#reason", text)
        assert await figure(page) == len(text)
        await press(page, "main form button[type=submit]")
        assert page.url.endswith("/contact") is is_taken, page.url
    assert await figure(page) == REASON_LENGTH + 1, "the refused page counts what it shows"
    await page.go_back()
    await page.go_forward()
    assert await figure(page) == REASON_LENGTH + 1


async def test_a_screen_reader_hears_the_figure_once_the_typing_pauses(new_page: NewPage, portal: Portal) -> None:
    page, scene = await new_page(), await portal.set_scene()
    await page.clock.install()
    await portal.log_in(page)
    await page.goto(f"{portal.url}{scene.draft}/start")
    assert await page.get_attribute(SPOKEN, "aria-live") == "polite"
    assert await page.get_attribute(SHOWN, "aria-hidden") == "true"

    await page.fill("#reason", "")
    for letter in "増設":
        await page.type("#reason", letter)
        await page.clock.run_for(PAUSE_MILLISECONDS - 500)
        assert await page.text_content(SPOKEN) == ""
    await page.clock.run_for(PAUSE_MILLISECONDS)

    assert await page.text_content(SPOKEN) == "文字数：2／240文字（残り238文字）"


async def test_without_scripts_the_page_says_what_the_server_counted(new_page: NewPage, portal: Portal) -> None:
    page, scene = await new_page(scripts=False), await portal.set_scene()
    await portal.log_in(page)
    await page.goto(f"{portal.url}{scene.draft}/start")
    await page.fill("#reason", "𠮷" * (REASON_LENGTH + 1))
    await press(page, "main form button[type=submit]")

    assert await page.inner_text(SHOWN) == "入力されている文字数：241／240文字"
    assert "240文字以内で入力してください（現在241文字）" in await page.inner_text("#reason-error")


async def figure(page: Page) -> int:
    """The number of characters that the page shows."""
    return int((await page.inner_text(SHOWN)).removeprefix("文字数：").partition("／")[0])
