"""Giving an application up: at once, by asking review, or too late; the loser is told by page, news and timeline."""

from collections.abc import Callable

import httpx2
import pytest

from shared.contracts.event_data import EventData
from shared.contracts.intake_events import ApplicationWithdrawn, WithdrawalRequested
from tests.builders import an_event, mailboxes_issued, review_completed, review_opened
from tests.builders.moving import (
    application_voided,
    clarification_requested,
    withdrawal_accepted,
    withdrawal_refused,
)
from tests.component.intake.conftest import Intake, ready_to_register, register


async def withdraw(browser: httpx2.AsyncClient, number: str, reason: str = "") -> httpx2.Response:
    return await browser.post(f"/applications/{number}/withdrawal", data={"reason": reason})


async def status_of(intake: Intake) -> str:
    return str(await intake.pool.fetchval("select status from applications"))


async def test_out_of_a_question_a_withdrawal_is_final_at_once(intake: Intake) -> None:
    browser = await intake.logged_in()
    number = await register(browser)
    await intake.consume(an_event(clarification_requested(receipt_number=number)))
    assert "ただちに取り下げられます" in (await browser.get(f"/applications/{number}/withdrawal")).text

    answers = [await withdraw(browser, number, "計画が変わったため。") for _ in range(2)]

    assert [each.headers["location"] for each in answers] == [f"/applications/{number}"] * 2
    [event] = await intake.events_of(ApplicationWithdrawn)
    assert (event["receipt_number"], event["revision"], event["reason"]) == (number, 1, "計画が変わったため。")
    page = (await browser.get(f"/applications/{number}")).text
    assert "申込を取り下げました" in page
    assert "計画が変わったため。" in page
    assert "申込を取り下げる" not in page
    assert "利用申込の取下げを受け付けました。" in (await browser.get("/menu")).text
    assert (await browser.post("/applications", data=await ready_to_register(browser))).status_code == 303


async def test_under_review_a_withdrawal_is_a_request_that_review_grants(intake: Intake) -> None:
    browser = await intake.logged_in()
    number = await register(browser)
    await intake.consume(an_event(review_opened(receipt_number=number)))

    await withdraw(browser, number)
    await withdraw(browser, number)

    assert len(await intake.events_of(WithdrawalRequested)) == 1
    assert await intake.events_of(ApplicationWithdrawn) == []
    assert await status_of(intake) == "under_review"
    page = (await browser.get(f"/applications/{number}")).text
    assert "取下げ申出中" in page
    assert "次は、NACCSセンターの回答です。" in page
    accepted = an_event(withdrawal_accepted(receipt_number=number))
    await intake.consume(accepted, accepted)
    assert await status_of(intake) == "withdrawn"
    assert "取下げ申出中" not in (await browser.get(f"/applications/{number}")).text
    assert (await browser.get("/menu")).text.count("利用申込の取下げを受け付けました。") >= 1


async def test_a_question_that_crosses_the_request_withdraws_at_once(intake: Intake) -> None:
    browser = await intake.logged_in()
    number = await register(browser)
    await withdraw(browser, number)
    question = an_event(clarification_requested(receipt_number=number))

    await intake.consume(question, question)

    [event] = await intake.events_of(ApplicationWithdrawn)
    assert event["receipt_number"] == number
    assert await status_of(intake) == "withdrawn"
    assert await intake.pool.fetchval("select outcome from clarifications") == "withdrawn"


async def test_who_withdraws_after_the_approval_is_told_on_page_news_and_timeline(intake: Intake) -> None:
    browser = await intake.logged_in()
    number = await register(browser)
    await withdraw(browser, number)
    await intake.consume(
        an_event(mailboxes_issued(receipt_number=number)),
        an_event(review_completed(receipt_number=number)),
        an_event(withdrawal_refused(receipt_number=number)),
    )

    page = (await browser.get(f"/applications/{number}")).text
    assert "審査終了" in page
    assert "審査が終了しているため、取下げを受け付けられませんでした" in page
    assert "取下げ申出中" not in page
    assert "審査が終了しているため、取下げを受け付けられませんでした。" in (await browser.get("/menu")).text
    answer = await withdraw(browser, number)
    assert answer.status_code == 409
    assert "「審査終了」" in answer.text
    assert "この申込は取り下げられません" in (await browser.get(f"/applications/{number}/withdrawal")).text


@pytest.mark.parametrize("late", [withdrawal_accepted, withdrawal_refused, application_voided, review_completed])
async def test_nothing_moves_a_withdrawn_application(intake: Intake, late: Callable[..., EventData]) -> None:
    browser = await intake.logged_in()
    number = await register(browser)
    await intake.consume(an_event(clarification_requested(receipt_number=number)))
    await withdraw(browser, number)

    await intake.consume(an_event(late(receipt_number=number)))

    assert await status_of(intake) == "withdrawn"


async def test_a_reason_that_cannot_be_kept_is_named(intake: Intake) -> None:
    browser = await intake.logged_in()
    number = await register(browser)

    answer = await withdraw(browser, number, "あ" * 241)

    assert answer.status_code == 422
    assert "240文字以内" in answer.text
    assert "あ" * 241 in answer.text
    assert await intake.events_of(WithdrawalRequested) == []


async def test_a_voided_application_cannot_be_withdrawn(intake: Intake) -> None:
    browser = await intake.logged_in()
    number = await register(browser)
    await intake.consume(an_event(application_voided(receipt_number=number)))

    assert (await withdraw(browser, number)).status_code == 409
    page = (await browser.get(f"/applications/{number}")).text
    assert "必要なシステム設定の申込が、締切日までに完了しませんでした。" in page
    assert "期日までに確認できませんでした。" in page
    assert "利用申込は無効となりました。通知内容をご確認ください。" in (await browser.get("/menu")).text
