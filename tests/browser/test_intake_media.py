"""The portal on paper, in the reader's own few colours, and for readers who want nothing to move."""

import io
import unicodedata
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pypdf
import pytest_asyncio
from playwright.async_api import Page

from tests.browser.conftest import NewPage
from tests.browser.kit import DESKTOP, HEIGHT, press, take_picture
from tests.browser.portal_service import Portal, Scene, served_portal
from tests.conftest import CreateDatabase

ONLY_ON_SCREEN = (
    ".tabs, .subtabs, .back-link, .contents, .button, .account__logout, .account__end, .footer-links, summary, "
    ".definitions__change, .change-link, .counter, .skip-link, [role=search]"
)
FIELDS = ("INPUT", "TEXTAREA", "SELECT")
A4_WIDTH = 794
"""CSS pixels."""


@pytest_asyncio.fixture(loop_scope="session")
async def portal(service_database: CreateDatabase, tmp_path: Path) -> AsyncIterator[Portal]:
    """The manual's office."""
    async with served_portal(await service_database("intake"), tmp_path) as served:
        yield served


def kinds_of_pages(scene: Scene) -> Mapping[str, str]:
    """One address for each kind of page."""
    return {
        "menu": "/menu",
        "contract": "/contract/general-naccs",
        "step": f"{scene.draft}/contact",
        "refused": f"{scene.draft}/items?refused",
        "check": f"{scene.draft}/check",
        "list": "/applications",
        "status": scene.completed,
        "question": f"{scene.asked}/clarification",
        "receipt": f"{scene.asked}/received",
        "documents": f"{scene.completed}/documents",
        "notice": f"{scene.completed}/id-notice",
        "news": "/news",
        "schedule": "/schedule",
        "help": "/help",
    }


async def test_every_kind_of_page_is_fit_for_paper_for_few_colours_and_for_stillness(
    new_page: NewPage, portal: Portal
) -> None:
    page, scene = await new_page(), await portal.set_scene()
    await portal.log_in(page)
    for name, address in kinds_of_pages(scene).items():
        await page.goto(portal.url + address)
        await page.emulate_media(media="print", reduced_motion="reduce")
        await page.set_viewport_size({"width": A4_WIDTH, "height": HEIGHT})
        await expect_nothing_that_can_only_be_pressed(page)
        await expect_stillness(page)
        await take_picture(page, f"intake-print-{name}")
        await page.emulate_media(media="screen", forced_colors="active")
        await page.set_viewport_size({"width": DESKTOP, "height": HEIGHT})
        await expect_edges(page)
        await take_picture(page, f"intake-forced-colours-{name}")
        await page.emulate_media(media="screen", forced_colors="none")


async def expect_nothing_that_can_only_be_pressed(page: Page) -> None:
    """Paper has the heading and the telephone numbers, no navigation and no button, and nothing is cut off."""
    assert await page.locator(ONLY_ON_SCREEN).filter(visible=True).count() == 0, page.url
    assert await page.locator("h1").is_visible(), page.url
    assert await page.locator(".help__phone").first.is_visible(), page.url
    assert await page.evaluate("document.documentElement.scrollWidth") <= A4_WIDTH, page.url


async def expect_edges(page: Page) -> None:
    """Whatever a background marks on the screen has an edge and a word; the current tab is told from the others."""
    drawn = await styles(page, ".button, .input, .mark, .changed, .unread, .status-tag, .field__error-mark")
    assert [each for each in drawn if not has_edge(each)] == [], page.url
    assert [each for each in drawn if each["words"] == "" and each["tag"] not in FIELDS] == [], page.url
    for tabs in (".tabs__tab", ".subtabs__tab"):
        current = await styles(page, f"{tabs}[aria-current]")
        others = await styles(page, f"{tabs}:not([aria-current])")
        assert not {each["background"] for each in current} & {each["background"] for each in others}, page.url


async def expect_stillness(page: Page) -> None:
    """No transition and no animation."""
    moving = await page.evaluate(
        "[...document.querySelectorAll('*')].map(each => getComputedStyle(each))"
        ".filter(style => style.animationName !== 'none' || parseFloat(style.transitionDuration) > 0).length"
    )
    assert (moving, await page.evaluate("document.getAnimations().length")) == (0, 0), page.url


async def test_a_printed_status_page_says_in_words_what_colours_say_on_the_screen(
    new_page: NewPage, portal: Portal
) -> None:
    page, scene = await new_page(), await portal.set_scene()
    await portal.log_in(page)

    status = await printed(page, portal.url + scene.completed)
    check = await printed(page, f"{portal.url}{scene.draft}/check")

    for words in ("審査終了", "変更あり", "2018/11/15", "ご希望は2018/11/01", "送信できませんでした", "044-520-6266"):
        assert words in status, words
    for words in ("変更前", "変更後", "変更あり", "廃止", "審査終了後に通知"):
        assert words in check, words
    for words in ("ログアウト", "申込実施", "メニューに戻る", "破棄する"):
        assert words not in status + check, words


async def test_a_changed_row_and_a_wrong_field_are_told_without_colour(new_page: NewPage, portal: Portal) -> None:
    page, scene = await new_page(), await portal.set_scene()
    await portal.log_in(page)
    await page.emulate_media(forced_colors="active")
    await page.goto(f"{portal.url}{scene.draft}/check")

    rows = await page.locator(".before-after tbody tr").all()
    for row in rows:
        cells = await row.locator("td").all_inner_texts()
        counts = [cell.split("個")[0] for cell in cells]
        assert ("変更あり" in cells[1]) == ("廃止" in cells[1] or counts[0] != counts[1]), cells
    assert len(rows) >= 1

    await page.goto(f"{portal.url}{scene.draft}/contact")
    [right] = await styles(page, "#phone")
    await page.fill("#phone", "12")
    await press(page, "main form button[type=submit]")
    [wrong] = await styles(page, "#phone")
    assert wrong["width"] > right["width"]
    assert "エラー" in await page.inner_text("#phone-error")


async def printed(page: Page, address: str) -> str:
    """The page on A4, all its text without white space, in the characters people type."""
    await page.goto(address)
    paper = pypdf.PdfReader(io.BytesIO(await page.pdf(format="A4")))
    text = "".join(sheet.extract_text() for sheet in paper.pages)
    return "".join(unicodedata.normalize("NFKC", text).split())


async def styles(page: Page, selector: str) -> list[dict[str, Any]]:
    """How each visible one is drawn: its edge, its background, and the words in it."""
    found: list[dict[str, Any]] = (
        await page.locator(selector)
        .filter(visible=True)
        .evaluate_all(
            """all => all.map(each => {
            const style = getComputedStyle(each);
            return {
                tag: each.tagName, words: each.innerText.trim(), background: style.backgroundColor,
                width: parseFloat(style.borderTopWidth), line: style.borderTopStyle, edge: style.borderTopColor,
            };
        })"""
        )
    )
    return found


def has_edge(drawn: Mapping[str, Any]) -> bool:
    """A line around it that can be told from its ground."""
    return bool(drawn["width"] >= 1 and drawn["line"] != "none" and drawn["edge"] != drawn["background"])
