"""The desk in a real browser: queue, application, schedule, report and password; by keyboard, scripts off, axe 0."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Page

from services.review.domain.review import NO_SECOND_APPROVER
from shared.contracts import provisioning_events as provisioning
from shared.contracts.people import MailboxChange
from tests.browser.conftest import NewPage
from tests.browser.decision_desk import DecisionDesk, served_desk
from tests.browser.kit import (
    DESKTOP,
    expect_accessible,
    expect_focus,
    press,
    press_enter,
    tab_to,
    take_picture,
    type_over,
)
from tests.builders import (
    NOW,
    RECEIPT,
    a_contract,
    a_mailbox,
    an_application_received,
    an_event,
    mail_failed,
    mail_sent,
    mailboxes_issued,
    service_started,
)
from tests.component.review.desk import HELP_DESK, LEAD, OPERATOR, REVIEWER, Desk
from tests.conftest import CreateDatabase

TABLET = 800
CASE = f"/applications/{RECEIPT}"
NAMES = (
    "神戸物流株式会社",
    "ｴﾑ･ｴﾙ通商㈱",
    "髙﨑海運株式会社",
    "東京湾岸ロジスティクス株式会社",
    "大阪国際複合一貫輸送株式会社",
)


@pytest_asyncio.fixture(loop_scope="session")
async def desk(service_database: CreateDatabase, tmp_path: Path) -> AsyncIterator[DecisionDesk]:
    """A schedule, and applications of all kinds."""
    async with served_desk(await service_database("review"), tmp_path, NO_SECOND_APPROVER) as served:
        await served.desk.set_schedule(closures=[{"date": "20181109", "reason": "創立記念日"}])
        await fill(served.desk)
        yield served


async def fill(desk: Desk) -> None:
    """One finished application of NAC001, its second, and one of each kind from other offices."""
    await desk.receive("180009A")
    await desk.approve("180009A")
    numbered = {"receipt_number": "180009A"}
    await desk.deliver(an_event(mailboxes_issued(**numbered)), an_event(mail_sent(**numbered)))
    viewed = provisioning.NoticeViewed(receipt_number="180009A", viewed_at=NOW, first_time=True)
    await desk.deliver(an_event(viewed), an_event(service_started(**numbered)))
    await desk.receive(RECEIPT, review_starts_on=date(2018, 10, 1), requested_start_date=date(2018, 11, 2))
    await desk.deliver(an_event(mail_failed()))
    for number, name in enumerate(NAMES):
        office, receipt = f"K{number:02d}00{number}", f"1800{number + 20}A"
        await desk.deliver(an_event(a_contract(office_code=office), key=office))
        abolish = [f"{office}01"] if number % 2 else []
        change = MailboxChange(add_edifact=number, abolish=abolish, mailboxes_before=[a_mailbox(f"{office}01")])
        received = an_application_received(
            office_code=office, receipt_number=receipt, company_name=name, mailbox_change=change
        )
        await desk.deliver(an_event(received, key=office))


async def logged_in(new_page: NewPage, desk: DecisionDesk, login: str = REVIEWER, *, width: int = DESKTOP) -> Page:
    page = await new_page(width=width, scripts=False)
    await desk.log_in(page, login)
    return page


async def look(page: Page, name: str) -> None:
    """Accessible at the desk's width and at a tablet's, with a picture of each."""
    for width in (TABLET, DESKTOP):
        await page.set_viewport_size({"width": width, "height": 900})
        await expect_accessible(page)
        await take_picture(page, f"desk-{name}-{width}")


async def test_the_queue_is_narrowed_by_keyboard_and_an_application_claimed(
    new_page: NewPage, desk: DecisionDesk
) -> None:
    page = await logged_in(new_page, desk)
    await look(page, "queue")
    await type_over(page, "#search", "髙﨑")
    await press_enter(page)
    assert await page.locator("tbody tr").count() == 1
    await tab_to(page, "tbody th a")
    await press_enter(page)
    assert "担当者はいません" in await page.inner_text("main")
    await tab_to(page, ".claim button")
    await press_enter(page)
    assert "自分が2018/10/24 10:30まで担当しています" in await page.inner_text("main")
    other = await logged_in(new_page, desk, LEAD)
    await other.goto(page.url)
    assert "審査 次郎が担当しています" in await other.inner_text("main")
    await look(other, "case-held")
    await other.goto(f"{desk.url}/queue?search=nothing")
    await look(other, "queue-empty")


async def test_an_application_shows_everything_a_reviewer_decides_by(new_page: NewPage, desk: DecisionDesk) -> None:
    page = await logged_in(new_page, desk, LEAD)
    await page.goto(desk.url + CASE)
    await page.fill("#text", "先方は来週まで不在")
    await press(page, "text=記録する")
    await page.check("#kind-2")
    await page.fill("#text", "折り返しを待つ")
    await press(page, "text=記録する")
    assert "話した相手を入力してください。" in await page.inner_text(".error-summary")
    assert await page.input_value("#text") == "折り返しを待つ"
    await look(page, "case-note-error")
    await page.fill("#spoke_with", "通関 花子")
    await press(page, "text=記録する")
    text = await page.inner_text("main")
    for part in (
        "届かなかったメールがあります",
        "システム登録日ではありません",
        "相手：通関 花子",
        "180009A",
        "NAC00102",
    ):
        assert part in text
    await look(page, "case")
    await page.goto(f"{desk.url}/applications/180009A")
    assert "11/6は3営業日目のため参照できません" in await page.inner_text("main")
    await look(page, "case-in-service")
    helper = await logged_in(new_page, desk, HELP_DESK)
    await helper.goto(desk.url + CASE)
    assert "通関 花子" not in await helper.inner_text("main")
    await look(helper, "case-help-desk")


async def test_a_schedule_is_changed_by_keyboard_and_published_after_a_look(
    new_page: NewPage, desk: DecisionDesk
) -> None:
    page = await logged_in(new_page, desk, OPERATOR)
    await page.goto(f"{desk.url}/schedule")
    await look(page, "schedule")
    await tab_to(page, "a[href='/schedule/edit']")
    await press_enter(page)
    await type_over(page, "#day", "2018/11/22")
    await type_over(page, "#application_deadline", "11月15日")
    await tab_to(page, "button[formaction='/schedule/day']")
    await press_enter(page)
    await expect_focus(page, "div.error-summary")
    await look(page, "schedule-errors")
    await type_over(page, "#application_deadline", "2018/11/15")
    await tab_to(page, "button[formaction='/schedule/day']")
    await press_enter(page)
    assert "登録日,2018-11-22,2018-11-15," in await page.input_value("#table")
    await look(page, "schedule-edit")
    await tab_to(page, "main .actions button")
    await press_enter(page)
    await look(page, "schedule-check")
    await tab_to(page, "main .actions button")
    await press_enter(page)
    assert "第2版" in await page.inner_text("main")


async def test_report_and_password_pages_are_accessible(new_page: NewPage, desk: DecisionDesk) -> None:
    page = await logged_in(new_page, desk, LEAD)
    await page.goto(f"{desk.url}/report?month=2018-10")
    await look(page, "report")
    await page.goto(f"{desk.url}/password")
    await press(page, "text=変更する")
    await look(page, "password-errors")
    await press(page, "text=ログアウト")
    await look(page, "login")
