"""Error states of the console that no other test passes: told on the page, scripts off, and axe finds nothing."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Page

from services.review import workflows
from services.review.domain.review import SecondApproverRule
from shared.runtime.database import transaction
from tests.browser.conftest import NewPage
from tests.browser.decision_desk import DecisionDesk, served_desk
from tests.browser.kit import expect_accessible, press, take_picture
from tests.builders import RECEIPT, an_event, mailboxes_issued
from tests.component.review.desk import LEAD, OPERATOR, REVIEWER
from tests.component.review.offices import receive_each_from_its_office
from tests.conftest import CreateDatabase

CASE = f"/applications/{RECEIPT}"
ASKED = "180031A"
CHECK = "確認画面へ進む"
SUMMARY = "入力内容に"


@pytest_asyncio.fixture(loop_scope="session")
async def desk(service_database: CreateDatabase, tmp_path: Path) -> AsyncIterator[DecisionDesk]:
    """One application completed with a setting required, and one that waits."""
    async with served_desk(await service_database("review"), tmp_path, SecondApproverRule(3)) as served:
        await served.desk.set_schedule()
        await served.desk.receive()
        program = await served.desk.program_of(REVIEWER)
        body = {"revision": 1, "confirmed_start_date": "20181101", "system_setting_required": True}
        assert (await program.post(f"/api/v1/reviews/{RECEIPT}/approval", json=body)).status_code == 200
        await served.desk.deliver(an_event(mailboxes_issued()))
        await receive_each_from_its_office(served.desk, [ASKED])
        yield served


async def open_page(new_page: NewPage, desk: DecisionDesk, login: str, path: str) -> Page:
    page = await new_page(scripts=False)
    await desk.log_in(page, login)
    await page.goto(desk.url + path)
    return page


async def shows(page: Page, words: str, name: str) -> None:
    assert words in await page.inner_text("body"), name
    await expect_accessible(page)
    await take_picture(page, f"review-error-{name}")


async def test_forms_that_are_not_filled_in_say_so(new_page: NewPage, desk: DecisionDesk) -> None:
    page = await new_page(scripts=False)
    await page.goto(f"{desk.url}/login")
    await page.fill("#login", REVIEWER)
    await page.fill("#password", "wrong")
    await press(page, "main button[type=submit]")
    await shows(page, "正しくありません", "login")
    await desk.log_in(page, LEAD)
    for path, name in (("/void", "void"), ("/start-date", "start-date")):
        await page.goto(desk.url + CASE + path)
        await press(page, f"text={CHECK}")
        await shows(page, SUMMARY, name)
    await page.goto(desk.url + CASE)
    await page.fill("#completed_on", "20991231")
    await press(page, "text=完了を登録する")
    await shows(page, SUMMARY, "setting")
    await page.goto(f"{desk.url}/applications/{ASKED}/clarification")
    await press(page, f"text={CHECK}")
    await shows(page, SUMMARY, "clarification")
    await page.goto(f"{desk.url}/bulk-approval")
    await press(page, "text=選んだ申込を承認する")
    await shows(page, "承認する申込を選んでください。", "bulk")


async def test_who_comes_too_late_or_may_not_is_told(new_page: NewPage, desk: DecisionDesk) -> None:
    page = await open_page(new_page, desk, REVIEWER, "/applications/189999Z")
    await shows(page, "見つかりません", "not-found")
    await page.goto(f"{desk.url}/schedule/edit")
    await shows(page, "この操作は受け付けられません", "forbidden")
    program = await desk.desk.program_of(REVIEWER)
    question = {"revision": 1, "reason_code": "other", "question": "ご確認ください。"}
    assert (await program.post(f"/api/v1/reviews/{ASKED}/clarification", json=question)).status_code == 200
    other = await open_page(new_page, desk, LEAD, f"/applications/{ASKED}")
    await page.goto(f"{desk.url}/applications/{ASKED}")
    for each in (page, other):
        await press(each, "text=確認事項を取り消す >> nth=-1")
    await shows(other, "取消し", "cancelled-twice")


async def test_a_schedule_published_meanwhile_is_not_overwritten(new_page: NewPage, desk: DecisionDesk) -> None:
    first, second = [await open_page(new_page, desk, OPERATOR, "/schedule/edit") for _ in range(2)]
    for page, day in ((first, "2018-11-15"), (second, "2018-11-22")):
        table = await page.input_value("#table")
        await page.fill("#table", f"{table.rstrip()}\n登録日,{day},2018-11-08,,\n")
        await press(page, "main .actions button >> nth=-1")
    await press(first, "main .actions button >> nth=0")
    await press(second, "main .actions button >> nth=0")
    await shows(second, "他の担当者が第2版を公開しました", "schedule-moved-on")


async def test_a_missed_void_stands_out_on_its_application(new_page: NewPage, desk: DecisionDesk) -> None:
    desk.desk.clock.set(datetime(2018, 10, 31, 10, 0, tzinfo=UTC))
    async with transaction(desk.desk.pool) as db:
        assert await workflows.note_missed_voids(db, 10, desk.desk.clock.now(), desk.desk.deps.new_id) == 1
    page = await open_page(new_page, desk, LEAD, CASE)
    await shows(page, "無効にできませんでした", "void-missed")
