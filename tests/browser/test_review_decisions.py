"""Decisions at the desk in a real browser: previewed, made, too late, by keyboard, scripts off; axe finds nothing."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page

from services.review.domain.review import SecondApproverRule
from shared.contracts.people import MailboxChange
from tests.browser.conftest import NewPage
from tests.browser.decision_desk import DecisionDesk, served_desk
from tests.browser.kit import expect_accessible, press, press_enter, tab_to, take_picture, type_over
from tests.builders import OPENING_MAILBOX, RECEIPT, a_mailbox, an_event, mailboxes_issued
from tests.component.review.desk import LEAD, REVIEWER, Desk
from tests.component.review.offices import receive_each_from_its_office
from tests.conftest import CreateDatabase

CASE = f"/applications/{RECEIPT}"
NOTE = "月次の登録日に合わせました。"


@pytest_asyncio.fixture(loop_scope="session")
async def desk(service_database: CreateDatabase, tmp_path: Path) -> AsyncIterator[DecisionDesk]:
    """A schedule is published; more than three mailboxes need two people."""
    rule = SecondApproverRule(above_mailboxes=3)
    async with served_desk(await service_database("review"), tmp_path, rule) as served:
        await served.desk.set_schedule()
        yield served


async def logged_in(new_page: NewPage, desk: DecisionDesk, login: str = REVIEWER) -> Page:
    page = await new_page(scripts=False)
    await desk.log_in(page, login)
    return page


async def look(page: Page, name: str) -> None:
    await expect_accessible(page)
    await take_picture(page, f"review-{name}")


async def complete(desk: Desk) -> None:
    await desk.receive()
    program = await desk.program_of(REVIEWER)
    body = {"revision": 1, "confirmed_start_date": "20181101", "system_setting_required": True}
    assert (await program.post(f"/api/v1/reviews/{RECEIPT}/approval", json=body)).status_code == 200
    await desk.deliver(an_event(mailboxes_issued()))


async def test_an_approval_is_entered_corrected_previewed_and_made(new_page: NewPage, desk: DecisionDesk) -> None:
    change = MailboxChange(abolish=[OPENING_MAILBOX], mailboxes_before=[a_mailbox()])
    await desk.desk.receive(mailbox_change=change)
    page = await logged_in(new_page, desk)
    await page.goto(desk.url + CASE)
    await look(page, "case-before-decision")
    await page.check("#confirmed_start_date-2")
    await press(page, "text=確認画面へ進む")
    assert "入力内容に2件の誤りがあります" in await page.inner_text("main")
    await look(page, "approval-errors")
    await page.fill("#note", NOTE)
    await page.check("#acknowledged")
    await press(page, "text=確認画面へ進む")
    text = await page.inner_text("main")
    for part in (
        "【NSS】利用申込確認完了のお知らせ",
        ":2018年11月08日(希望日と異なります)",
        NOTE,
        OPENING_MAILBOX,
    ):
        assert part in text
    await look(page, "approval-check")
    await press(page, "text=入力に戻る")
    assert await page.input_value("#note") == NOTE
    assert await page.is_checked("#acknowledged")
    await press(page, "text=確認画面へ進む")
    await press(page, "text=承認する")
    assert "承認済み（払出し中）" in await page.inner_text("main")
    await look(page, "case-approved")


async def test_a_question_is_sent_by_keyboard_alone(new_page: NewPage, desk: DecisionDesk) -> None:
    await desk.desk.receive()
    page = await logged_in(new_page, desk)
    await page.goto(desk.url + CASE)
    await tab_to(page, f'a[href="{CASE}/clarification"]')
    await press_enter(page)
    await tab_to(page, "input[name=reason_code]")
    await page.keyboard.press("Space")
    await tab_to(page, f'button[formaction="{CASE}/clarification/template"]')
    await press_enter(page)
    assert "合計数ではなく" in await page.input_value("#question")
    await look(page, "clarification")
    await type_over(page, "#question", "2個ではなく1個の追加でよろしいでしょうか。")
    await tab_to(page, "main form .actions:last-child button")
    await press_enter(page)
    assert "【NSS】利用申込に関する確認事項のお知らせ" in await page.inner_text("main")
    await look(page, "clarification-check")
    await tab_to(page, "main form button")
    await press_enter(page)
    assert "申込者の回答を待っています" in await page.inner_text("main")
    await look(page, "case-with-question")


async def test_start_date_and_void_are_previewed_and_the_late_one_is_told_who(
    new_page: NewPage, desk: DecisionDesk
) -> None:
    await complete(desk.desk)
    page, other = await logged_in(new_page, desk, LEAD), await logged_in(new_page, desk, LEAD)
    await page.goto(desk.url + CASE)
    await look(page, "case-completed")
    await press(page, "text=利用開始日を変更する")
    await page.check("#confirmed_start_date")
    await page.fill("#note", NOTE)
    await look(page, "start-date")
    await press(page, "text=確認画面へ進む")
    assert ":2018年11月08日" in await page.inner_text("main pre")
    await look(page, "start-date-check")
    await press(page, "main form button >> nth=0")
    await other.goto(f"{desk.url}{CASE}/void")
    await other.check("#reason_code")
    await other.fill("#note", "お電話でのご連絡によります。")
    await look(other, "void")
    await press(other, "text=確認画面へ進む")
    await look(other, "void-check")
    await page.goto(f"{desk.url}{CASE}/void")
    await page.check("#reason_code")
    await press(page, "text=確認画面へ進む")
    await press(page, "text=無効にする")
    assert "この申込は無効です" in await page.inner_text("main")
    await look(page, "case-voided")
    await press(other, "text=無効にする")
    told = await other.inner_text("main")
    assert "主任 三郎" in told
    assert "お電話でのご連絡によります。" in told
    await look(other, "moved-on")


async def test_two_people_and_many_at_once(new_page: NewPage, desk: DecisionDesk) -> None:
    await desk.desk.receive(mailbox_change=MailboxChange(add_smtp_pop3=4, mailboxes_before=[a_mailbox()]))
    await receive_each_from_its_office(desk.desk, ["180021A", "180022A", "180023A"])
    first, second = await logged_in(new_page, desk), await logged_in(new_page, desk, LEAD)
    await first.goto(desk.url + CASE)
    await press(first, "text=確認画面へ進む")
    assert "もう一人の承認が必要な申込です" in await first.inner_text("main")
    await look(first, "proposal-check")
    await press(first, "text=承認案を登録する")
    await look(first, "case-proposed-first")
    await second.goto(desk.url + CASE)
    assert "【NSS】利用申込確認完了のお知らせ" in await second.inner_text("main")
    await look(second, "case-proposed-second")
    await press(second, "text=この内容で承認する")
    assert "承認済み（払出し中）" in await second.inner_text("main")
    await first.goto(f"{desk.url}/bulk-approval")
    for box in await first.locator("input[name=order]").all():
        await box.check()
    await look(first, "bulk")
    await press(first, "text=選んだ申込を承認する")
    assert "3件のうち3件を承認しました" in await first.inner_text("main")
    await look(first, "bulk-result")


@pytest.mark.parametrize("width", [320])
@pytest.mark.parametrize("path", ["/clarification", "/void", "/start-date"])
async def test_the_forms_fit_a_narrow_window(new_page: NewPage, desk: DecisionDesk, width: int, path: str) -> None:
    await complete(desk.desk)
    page = await new_page(width=width, scripts=False)
    await desk.log_in(page, LEAD)
    await page.goto(f"{desk.url}{CASE}{path}")
    await expect_accessible(page)
