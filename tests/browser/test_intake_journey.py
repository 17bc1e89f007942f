"""The whole way from the login to the receipt number: by keyboard alone, without scripts, narrow, and with mistakes."""

from collections.abc import Callable, Mapping, Sequence

from playwright.async_api import Page

from tests.browser.conftest import LogIn, NewPage
from tests.browser.kit import (
    NARROW,
    expect_accessible,
    expect_focus,
    focused,
    press,
    press_enter,
    space_text,
    tab_to,
    take_picture,
    type_over,
)
from tests.town import PASSWORD

FORWARD = "main form:not([action*='discard']) button[type=submit]"
CONTACT = {
    "family_name": "髙﨑",
    "given_name": "花子",
    "family_name_kana": "たかさき",
    "given_name_kana": "ﾊﾅｺ",
    "phone": "0120－794－550",
    "email": "takasaki@naccs.example",
    "email_again": "takasaki@naccs.example",
}
REASON = "取扱件数の増加に伴い、受信用の自社システムを1台増設するため。"


async def test_an_applicant_gets_a_receipt_number_by_keyboard_alone_without_scripts(
    new_page: NewPage, urls: Mapping[str, str], new_office: Callable[[], str]
) -> None:
    page = await new_page(scripts=False)
    await page.goto(urls["intake"] + "/applications/new")
    await type_over(page, "#office_code", new_office())
    await type_over(page, "#password", PASSWORD)
    await press_enter(page)
    assert page.url.endswith("/applications/new"), "the deep link is kept through the login"

    await go_forward(page)
    await tab_to(page, "#items")
    if not await page.is_checked("#items"):
        await page.keyboard.press("Space")
    await go_forward(page)
    await tab_to(page, "input[name=start_date_choice]")
    await page.keyboard.press("Space")
    await type_over(page, "#reason", REASON)
    await go_forward(page)
    for name, text in CONTACT.items():
        await type_over(page, f"#{name}", text)
    await press_enter(page)
    await type_over(page, "#add_smtp_pop3", "１")
    await press_enter(page)
    assert page.url.endswith("/check")
    await tab_to(page, "form[action='/applications'] button")
    await press_enter(page)

    assert "利用申込の受付が完了しました" in await page.inner_text("main")
    number = await page.inner_text(".number")
    await tab_to(page, f"a[href='/applications/{number}']")
    await press_enter(page)
    assert number in await page.inner_text("h1")
    assert "髙﨑" in await page.inner_text("main")


async def test_mistakes_back_and_reload_lose_nothing_on_a_narrow_page_with_wide_text(
    new_page: NewPage, urls: Mapping[str, str], log_in: LogIn, new_office: Callable[[], str]
) -> None:
    page = await new_page(width=NARROW, scripts=False, bypass_csp=True)
    await log_in(page, new_office())
    await page.goto(urls["intake"] + "/applications/new")
    await press(page, FORWARD)
    steps: Sequence[tuple[str, Mapping[str, str], str | None]] = (
        ("items", {}, "#items"),
        ("start", {"reason": REASON}, "input[name=start_date_choice]"),
        ("contact", CONTACT, None),
        ("mailboxes", {"add_smtp_pop3": "1"}, None),
    )
    for name, texts, choice in steps:
        assert page.url.endswith(f"/{name}"), page.url
        await send_empty(page, name)
        for field, text in texts.items():
            await page.fill(f"#{field}", text)
        if choice:
            await page.locator(choice).first.check()
        await press(page, FORWARD)
        await page.go_back()
        await page.reload()
        for field in texts:
            assert await page.input_value(f"#{field}"), f"{field} is kept on the way back"
        await press(page, FORWARD)

    await look_at(page, "check")
    await press(page, "a[href$='/contact?from=check#family_name']")
    assert (await focused(page)).startswith("input#family_name") or page.url.endswith("#family_name")
    await page.fill("#family_name", "高崎")
    await press(page, FORWARD)
    assert page.url.endswith("/check"), "a change leads straight back to the check page"
    assert "高崎" in await page.inner_text("main")
    await press(page, "form[action='/applications'] button")
    await look_at(page, "received")
    received = page.url
    await page.go_back()
    await page.reload()
    assert page.url == received, "the check page of a registered form leads to its receipt"


async def go_forward(page: Page) -> None:
    """Tab to the button of the page and press it."""
    await tab_to(page, FORWARD)
    await press_enter(page)


async def send_empty(page: Page, name: str) -> None:
    """Nothing typed: every error at once, the focus on the summary, and its links lead to the fields."""
    await look_at(page, name)
    for field in await page.locator("main input[type=text], main input[type=email], main input[type=tel]").all():
        if await field.get_attribute("name") != "office_code":
            await field.fill("")
    for box in await page.locator("main input[type=checkbox]").all():
        await box.uncheck()
    await press(page, FORWARD)
    await expect_focus(page, "div.error-summary")
    assert (await page.title()).startswith("エラー：")
    await look_at(page, f"{name}-refused")
    for link in await page.locator(".error-summary a").all():
        target = await link.get_attribute("href")
        assert target
        assert await page.locator(target).count() == 1, f"{target} is a field of {page.url}"


async def look_at(page: Page, name: str) -> None:
    """Accessible, narrow, with wide text; and a picture for people."""
    await space_text(page)
    await expect_accessible(page)
    await take_picture(page, f"intake-journey-{name}")
