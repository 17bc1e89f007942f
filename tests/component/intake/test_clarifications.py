"""A question and its ways out: corrected, taken back, withdrawn; each once, and the slower one is told."""

from datetime import date, timedelta
from typing import Any

import httpx2
import pytest

from services.intake.workflows.refusals import UnknownClarification
from shared.contracts.intake_events import ApplicationCorrected, ApplicationWithdrawn, ClarificationReturned
from tests.builders import NEW_MAILBOX, NOW, TYPED, a_contract, an_event, mailboxes_issued, review_opened
from tests.builders.moving import (
    QUESTION_ID,
    clarification_cancel_requested,
    clarification_reminded,
    clarification_requested,
)
from tests.component.intake.conftest import Intake, fill_in, hidden, register

DRAFT = f"/applications/drafts/{QUESTION_ID}"


async def asked(intake: Intake, browser: httpx2.AsyncClient, **typed: Any) -> str:
    """An application of NAC001 with an open question."""
    number = await register(browser, **typed)
    await intake.consume(
        an_event(review_opened(receipt_number=number)), an_event(clarification_requested(receipt_number=number))
    )
    return number


async def begin_correction(browser: httpx2.AsyncClient, number: str) -> httpx2.Response:
    """Press 修正する; the check page of the correction."""
    begun = await browser.post(f"/applications/{number}/correction/draft")
    assert (begun.status_code, begun.headers["location"]) == (303, f"{DRAFT}/check")
    return await browser.get(f"{DRAFT}/check")


def buttons(check: httpx2.Response) -> dict[str, str]:
    """What the register button of a check page sends."""
    return {name: hidden(check.text, name) for name in ("form_token", "diff_sha256")}


async def status_of(intake: Intake) -> tuple[str, int]:
    row = await intake.pool.fetchrow("select status, revision from applications")
    assert row is not None
    return row["status"], row["revision"]


async def test_a_question_stands_on_page_news_and_timeline(intake: Intake) -> None:
    browser = await intake.logged_in()
    number = await asked(intake, browser)

    status = (await browser.get(f"/applications/{number}")).text
    question = (await browser.get(f"/applications/{number}/clarification")).text

    assert "確認事項あり" in status
    assert f'href="/applications/{number}/clarification"' in status
    assert "次は、お客様による申込内容の修正、または取下げです（回答期限：2018/11/07）。" in status
    assert "&lt;b&gt;必ず&lt;/b&gt;ご記入ください。" in question
    assert "2018/11/07（水）" in question
    news = (await browser.get("/menu")).text
    assert (
        "利用申込内容に確認事項があります。通知内容をご確認の上、申込内容の修正、または取下げを行ってください。" in news
    )


async def test_a_correction_starts_with_what_was_registered_and_becomes_the_next_revision(intake: Intake) -> None:
    browser = await intake.logged_in()
    number = await asked(intake, browser)
    check = await begin_correction(browser, number)
    assert "修正内容を登録する" in check.text
    assert "追加するメールボックスの用途をお書きください。" in check.text
    assert "前回の申込から変わった項目は、まだありません。" in check.text
    assert f"{DRAFT}/items" not in check.text
    intake.clock.advance(hours=3)
    browser = await intake.logged_in()

    await browser.post(f"{DRAFT}/start", data={**TYPED, "reason": "基幹システム用です。", "from": "check"})
    check = await browser.get(f"{DRAFT}/check")
    assert "変更する理由　※修正" in check.text
    answer = await browser.post(f"/applications/{number}/correction", data=buttons(check))

    assert (answer.status_code, answer.headers["location"]) == (303, f"/applications/{number}/received")
    assert "修正内容の受付が完了しました" in (await browser.get(answer.headers["location"])).text
    assert await status_of(intake) == ("under_review", 2)
    [event] = await intake.events_of(ApplicationCorrected)
    assert (event["revision"], event["answers_clarification_id"]) == (2, str(QUESTION_ID))
    assert (event["reason"], event["received_on"]) == ("基幹システム用です。", "2018-10-24")
    assert event["corrected_at"] == "2018-10-24T04:00:00.000Z"
    assert event["diff_sha256"] == buttons(check)["diff_sha256"]
    page = (await browser.get(f"/applications/{number}")).text
    assert "修正内容を受け付けました" in page
    assert "基幹システム用です。" in page
    assert "修正内容を受け付けました。" in (await browser.get("/menu")).text


async def test_a_correction_posted_fifty_times_is_one_revision(intake: Intake) -> None:
    browser = await intake.logged_in()
    number = await asked(intake, browser)
    fields = buttons(await begin_correction(browser, number))

    answers = [await browser.post(f"/applications/{number}/correction", data=fields) for _ in range(3)]
    answers += [await browser.get(f"{DRAFT}/check"), await browser.post(f"{DRAFT}/start", data=TYPED)]

    assert {(each.status_code, each.headers["location"]) for each in answers} == {
        (303, f"/applications/{number}/received")
    }
    assert len(await intake.events_of(ApplicationCorrected)) == 1
    assert await status_of(intake) == ("under_review", 2)


async def test_a_correction_takes_the_mailboxes_of_its_own_day(intake: Intake) -> None:
    browser = await intake.logged_in()
    first = await register(browser)
    await intake.consume(an_event(mailboxes_issued(receipt_number=first)))
    await intake.pool.execute("update applications set status = 'voided'")
    number = await asked(intake, browser)
    await intake.pool.execute("update mailboxes set abolished_on = '2018-10-24' where mailbox_id = $1", NEW_MAILBOX)

    check = await begin_correction(browser, number)
    await browser.post(f"/applications/{number}/correction", data=buttons(check))

    [event] = await intake.events_of(ApplicationCorrected)
    assert [box["mailbox_id"] for box in event["mailbox_change"]["mailboxes_before"]] == ["NAC00101"]


async def test_neither_office_nor_items_can_be_corrected(intake: Intake) -> None:
    browser = await intake.logged_in()
    number = await asked(intake, browser)
    await begin_correction(browser, number)

    assert (await browser.get(f"{DRAFT}/items")).status_code == 404
    await browser.post(f"{DRAFT}/start", data={**TYPED, "office_code": "NAC002", "kind": "password_reissue"})

    typed = await intake.pool.fetchval("select typed from drafts")
    assert (typed["office_code"], typed["kind"]) == ("NAC001", "mailbox_change")


async def test_a_question_taken_back_goes_back_unanswered(intake: Intake) -> None:
    browser = await intake.logged_in()
    number = await asked(intake, browser)
    fields = buttons(await begin_correction(browser, number))

    await intake.consume(an_event(clarification_cancel_requested(receipt_number=number)))

    [event] = await intake.events_of(ClarificationReturned)
    assert (event["clarification_id"], event["revision"]) == (str(QUESTION_ID), 1)
    assert await status_of(intake) == ("under_review", 1)
    assert "確認事項を取り消しました。審査を続けます。" in (await browser.get("/menu")).text
    for answer in (
        await browser.post(f"/applications/{number}/correction", data=fields),
        await browser.get(f"{DRAFT}/check"),
        await browser.post(f"{DRAFT}/contact", data=TYPED),
        await browser.post(f"/applications/{number}/correction/draft"),
    ):
        assert answer.status_code == 409
        assert "修正は登録されていません" in answer.text
        assert "「審査中」" in answer.text
    assert await intake.events_of(ApplicationCorrected) == []


async def test_a_question_that_was_answered_stays_answered(intake: Intake) -> None:
    browser = await intake.logged_in()
    number = await asked(intake, browser)
    await browser.post(f"/applications/{number}/correction", data=buttons(await begin_correction(browser, number)))

    await intake.consume(
        an_event(clarification_cancel_requested(receipt_number=number)),
        an_event(clarification_reminded(receipt_number=number)),
        an_event(clarification_requested(receipt_number=number)),
    )

    assert await intake.events_of(ClarificationReturned) == []
    assert await status_of(intake) == ("under_review", 2)
    assert await intake.pool.fetchval("select count(*) from news_items where kind = 'clarification_reminded'") == 0


async def test_a_late_question_about_an_older_revision_stops_nothing(intake: Intake) -> None:
    browser = await intake.logged_in()
    number = await asked(intake, browser)
    await browser.post(f"/applications/{number}/correction", data=buttons(await begin_correction(browser, number)))
    late = clarification_requested(receipt_number=number, clarification_id="01890000-0000-7000-8000-000000000001")

    await intake.consume(an_event(late))

    assert await status_of(intake) == ("under_review", 2)
    page = (await browser.get(f"/applications/{number}/clarification")).text
    assert "回答が必要な確認事項はありません。" in page
    assert "回答は必要なくなりました。" in page


async def test_a_reminder_is_news_as_long_as_the_question_is_open(intake: Intake) -> None:
    browser = await intake.logged_in()
    number = await asked(intake, browser)

    await intake.consume(an_event(clarification_reminded(receipt_number=number, answer_by=date(2018, 11, 20))))

    assert "確認事項への回答をお待ちしています。" in (await browser.get("/menu")).text
    assert "（回答期限：2018/11/20）" in (await browser.get(f"/applications/{number}")).text


async def test_an_unknown_question_cannot_be_taken_back(intake: Intake) -> None:
    number = await register(await intake.logged_in())

    with pytest.raises(UnknownClarification):
        await intake.consume(an_event(clarification_cancel_requested(receipt_number=number)))


async def test_questions_and_corrections_of_others_are_as_good_as_none(intake: Intake) -> None:
    await intake.register_office(a_contract(office_code="XYZ002"))
    mine, theirs = await intake.logged_in(), await intake.logged_in("XYZ002")
    number = await asked(intake, mine)
    fields = buttons(await begin_correction(mine, number))

    for path in ("clarification", "withdrawal"):
        assert (await theirs.get(f"/applications/{number}/{path}")).status_code == 404
    assert (await theirs.post(f"/applications/{number}/correction/draft")).status_code == 404
    assert (await theirs.post(f"/applications/{number}/correction", data=fields)).status_code == 404
    assert (await theirs.post(f"/applications/{number}/withdrawal", data={"reason": ""})).status_code == 404
    assert (await theirs.get(f"{DRAFT}/check")).status_code == 404
    assert await status_of(intake) == ("clarification", 1)


async def test_a_closed_office_gives_up_what_it_had_in_hand(intake: Intake) -> None:
    browser = await intake.logged_in()
    number = await asked(intake, browser)
    closed = a_contract(closed_on=date(2018, 10, 26))
    await intake.register_office(closed)
    job = intake.job("withdraw_for_closed_offices")
    assert await job.run() == 0
    intake.clock.set(NOW + timedelta(days=2))

    assert [await job.run(), await job.run()] == [1, 0]

    [event] = await intake.events_of(ApplicationWithdrawn)
    assert event["receipt_number"] == number
    browser = await intake.logged_in()
    assert "事業所の廃止により申込を取り下げました" in (await browser.get(f"/applications/{number}")).text
    draft = await browser.post(f"/applications/{number}/correction/draft")
    assert draft.status_code == 409


async def test_a_form_filled_in_by_a_correction_shows_its_own_errors(intake: Intake) -> None:
    browser = await intake.logged_in()
    number = await asked(intake, browser)
    await begin_correction(browser, number)

    answer = await fill_in(browser, f"{DRAFT}/start", {**TYPED, "phone": "x"})

    assert answer.status_code == 422
    assert "追加するメールボックスの用途をお書きください。" in answer.text
