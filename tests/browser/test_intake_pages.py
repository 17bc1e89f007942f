"""Every page of the portal that a link leads to, and every state in which it refuses something, for every reader."""

import re
from collections.abc import Callable, Mapping

from playwright.async_api import Page

from tests.browser.conftest import LogIn, NewPage
from tests.browser.kit import (
    NARROW,
    addresses_on,
    expect_accessible,
    expect_focus,
    focused,
    press_enter,
    space_text,
    tab_to,
    take_picture,
    type_over,
)
from tests.town import PASSWORD, Town

VARIABLE = re.compile(r"[0-9a-f-]{36}|[0-9]{6}[A-Z]|(?<=/news/)[0-9]+|(?<=after=)[0-9]+")
NEW_PASSWORD = "three quiet boats at noon"


async def test_every_page_a_link_leads_to_is_accessible_narrow_and_with_wide_text(
    new_page: NewPage, urls: Mapping[str, str], log_in: LogIn, new_office: Callable[[], str], town: Town
) -> None:
    office = new_office()
    await town.issue(office)
    page = await new_page(width=NARROW, bypass_csp=True)
    await log_in(page, office)
    seen: set[str] = set()
    left = [urls["intake"] + "/menu"]
    while left:
        address = left.pop()
        kind = VARIABLE.sub("_", address)
        if kind in seen or "/documents/" in kind:
            continue
        seen.add(kind)
        answer = await page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        await space_text(page)
        await expect_accessible(page)
        await take_picture(
            page, "intake-narrow" + kind.removeprefix(urls["intake"]).replace("/", "-").replace("?", "-")
        )
        left += await addresses_on(page)

    assert len(seen) >= 25, seen


async def test_pages_before_the_login_are_accessible(new_page: NewPage, urls: Mapping[str, str]) -> None:
    page = await new_page(width=NARROW, scripts=False)
    for path in (
        "/login",
        "/login?left=here",
        "/password/forgotten",
        "/help",
        "/accessibility",
        "/privacy",
        "/nowhere",
    ):
        await page.goto(urls["intake"] + path)
        await expect_accessible(page)
        await take_picture(page, f"intake-outside{path.replace('/', '-').replace('?', '-')}")


async def test_a_refused_login_says_so_at_the_top_and_takes_the_focus_there(
    new_page: NewPage, urls: Mapping[str, str], new_office: Callable[[], str]
) -> None:
    page, office = await new_page(scripts=False), new_office()
    await page.goto(urls["intake"] + "/login")
    await page.keyboard.press("Tab")
    assert (await focused(page)).startswith("a.skip-link")

    await tab_to(page, "main button")
    await press_enter(page)
    await expect_refusal(page, "入力内容に2件の誤りがあります")

    for _ in range(5):
        await type_over(page, "#office_code", office)
        await type_over(page, "#password", "wrong")
        await press_enter(page)
    await expect_refusal(page, "正しくありません")
    await type_over(page, "#password", PASSWORD)
    await press_enter(page)
    await expect_refusal(page, "しばらくの間ログインできません")
    await take_picture(page, "intake-login-refused")


async def test_the_password_is_changed_by_keyboard_and_mistakes_are_shown_where_they_are(
    new_page: NewPage, urls: Mapping[str, str], log_in: LogIn, new_office: Callable[[], str]
) -> None:
    page = await new_page(width=NARROW, scripts=False)
    await log_in(page, new_office())
    await tab_to(page, "a[href='/password']")
    await press_enter(page)
    await type_over(page, "#current_password", PASSWORD)
    await type_over(page, "#new_password", "short")
    await press_enter(page)

    await expect_refusal(page, "入力内容に2件の誤りがあります")
    await take_picture(page, "intake-password-refused")
    await tab_to(page, ".error-summary a[href='#new_password']")
    await press_enter(page)
    await expect_focus(page, "input#new_password")

    for field, text in (
        ("#current_password", PASSWORD),
        ("#new_password", NEW_PASSWORD),
        ("#new_password_again", NEW_PASSWORD),
    ):
        await page.fill(field, text)
    await press_enter(page)
    await page.wait_for_url(urls["intake"] + "/password/changed")
    await expect_accessible(page)


async def test_a_reader_is_warned_before_the_login_ends_and_can_go_on(
    new_page: NewPage, log_in: LogIn, new_office: Callable[[], str], urls: Mapping[str, str]
) -> None:
    page = await new_page()
    await page.clock.install()
    await log_in(page, new_office())
    await page.goto(urls["intake"] + "/applications")
    warning = page.locator(".session-warning")
    assert await warning.is_hidden()

    await page.clock.run_for(26 * 60 * 1000)

    assert await warning.is_visible()
    await take_picture(page, "intake-session-warning")
    await page.clock.resume()
    await expect_accessible(page)
    await page.get_by_role("button", name="ログインを続ける").click()
    await warning.wait_for(state="hidden")


async def expect_refusal(page: Page, heading: str) -> None:
    """An error summary with this heading has the focus, and the page's title says that something is wrong."""
    summary = page.locator(".error-summary")
    await summary.wait_for()
    assert heading in await summary.inner_text()
    await expect_focus(page, "div.error-summary")
    assert (await page.title()).startswith("エラー：")
    await expect_accessible(page)
