"""The ID notice in a real browser: masked, revealed row by row, printed, closed, narrow, by keyboard, scripts off."""

import io
import re
import unicodedata
from collections.abc import AsyncIterator
from datetime import date, datetime
from pathlib import Path

import pypdf
import pytest
import pytest_asyncio
from playwright.async_api import Page

from services.provisioning import workflows
from shared.contracts.event_data import ApplicationKind
from shared.kernel.identifiers import ReceiptNumber
from shared.kernel.local_time import TOKYO
from tests.browser.conftest import NewPage
from tests.browser.kit import (
    NARROW,
    expect_accessible,
    expect_visible_focus,
    press,
    press_enter,
    space_text,
    tab_to,
    take_picture,
)
from tests.browser.notice_service import NoticeService, served_notices
from tests.builders import NEW_MAILBOX, RECEIPT, a_contract, a_schedule, an_approval, an_event
from tests.component.provisioning.conftest import opened_provisioning
from tests.conftest import CreateDatabase

REISSUE = ReceiptNumber("180020A")
IDS = [NEW_MAILBOX, "NAC00103", "NAC00104"]
PASSWORD = ".credentials__password"


@pytest_asyncio.fixture(loop_scope="session")
async def notices(service_database: CreateDatabase, tmp_path: Path) -> AsyncIterator[NoticeService]:
    """The manual's office has three new mailboxes, one of them for EDIFACT."""
    async with opened_provisioning(await service_database("provisioning"), tmp_path) as provisioning:
        await provisioning.publish_contracts(a_contract())
        await provisioning.publish_schedules(a_schedule())
        await provisioning.approve(an_event(an_approval(add_smtp_pop3=2, add_edifact=1)))
        async with served_notices(provisioning, tmp_path) as served:
            yield served


async def shown_passwords(page: Page) -> list[str]:
    return await page.locator(PASSWORD).all_inner_texts()


@pytest.mark.parametrize("width", [1280, NARROW])
async def test_masked_revealed_and_closed_pages_are_accessible_without_scripts(
    new_page: NewPage, notices: NoticeService, width: int
) -> None:
    page = await new_page(width=width, scripts=False)
    await notices.open_notice(page)
    await expect_accessible(page)
    await take_picture(page, f"provisioning-id-notice-masked-{width}")
    assert await shown_passwords(page) == []

    await press(page, "text=すべて表示")
    assert len(await shown_passwords(page)) == len(IDS)
    await expect_accessible(page)
    await take_picture(page, f"provisioning-id-notice-revealed-{width}")

    notices.provisioning.clock.set(datetime(2018, 11, 6, tzinfo=TOKYO))
    await workflows.close_windows(notices.provisioning.timetable)
    await notices.open_notice(page)
    await expect_accessible(page)
    await take_picture(page, f"provisioning-id-notice-closed-{width}")
    assert await page.locator(".credentials__over").all_inner_texts() == ["参照期間終了"] * len(IDS)
    assert (await page.get_attribute("text=パスワードの再発行を申し込む", "href") or "").endswith(
        "/applications/new/reissue"
    )


async def test_one_row_is_revealed_and_hidden_by_keyboard_and_the_focus_stays_on_it(
    new_page: NewPage, notices: NoticeService
) -> None:
    page = await new_page(scripts=False)
    await notices.open_notice(page)
    await tab_to(page, f'button[name=show][value="{IDS[1]}"]')
    await press_enter(page)
    expected = await notices.provisioning.read_passwords()
    assert await shown_passwords(page) == [expected[IDS[1]]]
    focused = page.locator(":focus")
    assert await focused.get_attribute("value") == IDS[1]
    await expect_visible_focus(page)
    assert f"{IDS[1]}のパスワードは表示中" in await focused.inner_text()
    assert "表示中" in await page.title()
    await take_picture(page, "provisioning-id-notice-one-row")

    await press_enter(page)
    assert page.url == f"{notices.url}/id-notice/{RECEIPT}"
    assert await shown_passwords(page) == []


async def test_going_back_or_opening_the_address_anew_shows_nothing(new_page: NewPage, notices: NoticeService) -> None:
    page = await new_page()
    await notices.open_notice(page)
    await press(page, "text=すべて表示")
    assert len(await shown_passwords(page)) == len(IDS)
    await page.goto(f"{notices.url}/id-notice/{RECEIPT}/reveal")
    assert await shown_passwords(page) == []
    notices.provisioning.clock.advance(minutes=6)
    await page.go_back()
    assert await shown_passwords(page) == []


async def test_a_page_left_open_shows_no_password_at_the_next_press_after_24_o_clock(
    new_page: NewPage, notices: NoticeService
) -> None:
    notices.provisioning.clock.set(datetime(2018, 11, 5, 23, 59, tzinfo=TOKYO))
    page = await new_page(scripts=False)
    await notices.open_notice(page)
    assert "参照できるのは本日までです" in await page.inner_text("main")
    notices.provisioning.clock.advance(minutes=1)
    await press(page, f'button[value="{IDS[0]}"]')
    assert await page.locator(".credentials__over").count() == len(IDS)
    assert await shown_passwords(page) == []
    assert IDS[0] in await page.inner_text("main")


async def test_print_shows_what_is_revealed_and_no_buttons(new_page: NewPage, notices: NoticeService) -> None:
    page = await new_page(scripts=False)
    await notices.open_notice(page)
    expected = await notices.provisioning.read_passwords()
    masked = await printed(page, "masked")
    assert "********" in masked
    assert not any(password in masked for password in expected.values())
    await press(page, f'button[value="{IDS[2]}"]')
    one = await printed(page, "one-row")
    assert [password in one for password in expected.values()] == [False, False, True]
    for words in ("すべて表示", "隠す", "まで操作できます", "参照の記録"):
        assert words not in one
    for words in ("利用開始日", "2018/11/01", "NAC00104", "東京税関", "2018/11/0524:00まで"):
        assert words in one


async def printed(page: Page, name: str) -> str:
    """The page as printed on A4, all its text without white space, in the characters people type."""
    paper = await page.pdf(format="A4")
    await page.emulate_media(media="print")
    await take_picture(page, f"provisioning-id-notice-print-{name}")
    await page.emulate_media(media="null")
    text = "".join(each.extract_text() for each in pypdf.PdfReader(io.BytesIO(paper)).pages)
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


async def test_passwords_stand_in_a_monospaced_type_wide_enough_to_copy_by_hand(
    new_page: NewPage, notices: NoticeService
) -> None:
    page = await new_page()
    await notices.open_notice(page)
    await press(page, "text=すべて表示")
    style = await page.eval_on_selector(
        PASSWORD, "each => [getComputedStyle(each).fontFamily, parseFloat(getComputedStyle(each).fontSize)]"
    )
    assert "monospace" in style[0]
    assert style[1] >= 20
    widths = await page.eval_on_selector_all(PASSWORD, "all => all.map(each => each.getBoundingClientRect().width)")
    assert max(widths) - min(widths) < 1


async def test_wide_text_spacing_on_a_narrow_screen_cuts_nothing_off(new_page: NewPage, notices: NoticeService) -> None:
    page = await new_page(width=NARROW, bypass_csp=True)
    await notices.open_notice(page)
    await press(page, "text=すべて表示")
    await space_text(page)
    await expect_accessible(page)


async def test_a_refusal_says_what_to_do_and_is_accessible(new_page: NewPage, notices: NoticeService) -> None:
    page = await new_page(scripts=False)
    await notices.open_notice(page, late_seconds=61)
    assert "有効期限が切れました" in await page.inner_text("h1")
    assert "ticket_expired" in await page.inner_text("main")
    await expect_accessible(page)
    await take_picture(page, "provisioning-id-notice-refused")


async def test_the_notice_of_a_reissue_and_the_older_one_it_ended(new_page: NewPage, notices: NoticeService) -> None:
    approval = an_approval(
        receipt_number=REISSUE,
        kind=ApplicationKind.PASSWORD_REISSUE,
        add_smtp_pop3=0,
        requested_start_date=None,
        confirmed_start_date=None,
        reissue=[NEW_MAILBOX],
    )
    notices.provisioning.clock.set(datetime(2018, 10, 29, 10, tzinfo=TOKYO))
    await notices.provisioning.approve(an_event(approval))
    page = await new_page()
    await notices.open_notice(page, REISSUE)
    assert f"{date(2018, 10, 31):%Y/%m/%d} 24:00" in await page.inner_text("main")
    await expect_accessible(page)
    await take_picture(page, "provisioning-id-notice-reissue")
    await notices.open_notice(page)
    assert "再発行済み" in await page.inner_text("main")
    await expect_accessible(page)
    await take_picture(page, "provisioning-id-notice-superseded")
