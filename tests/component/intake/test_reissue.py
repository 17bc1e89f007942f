"""A password reissue from its first page to its end."""

from shared.contracts.intake_events import ApplicationReceived
from tests.builders import OPENING_MAILBOX, TYPED, an_event, mail_sent, review_completed, review_opened
from tests.builders.moving import clarification_requested, passwords_reissued
from tests.component.intake.conftest import Intake, fill_in, hidden, post_step, register, start_draft

REISSUE = {**TYPED, "mailbox_ids": OPENING_MAILBOX, "reason": "参照期間が過ぎ、控えが見つからないため。"}


async def apply_for_reissue(intake: Intake) -> str:
    browser = await intake.logged_in()
    answer = await fill_in(browser, await start_draft(browser, "/password-reissue"), REISSUE)
    check = await browser.get(answer.headers["location"])
    assert "ステップ 4／4" in check.text
    assert "利用開始希望日" not in check.text
    registered = await browser.post(
        "/applications", data={name: hidden(check.text, name) for name in ("form_token", "diff_sha256")}
    )
    assert registered.status_code == 303, registered.text
    return str(registered.headers["location"]).split("/")[2]


async def test_from_the_form_to_the_end(intake: Intake) -> None:
    number = await apply_for_reissue(intake)
    browser = await intake.logged_in()
    [event] = await intake.events_of(ApplicationReceived)
    assert event["kind"] == "password_reissue"
    assert event["password_reissue"] == {"mailbox_ids": [OPENING_MAILBOX]}
    assert event.keys().isdisjoint({"requested_start_date", "mailbox_change"})
    assert "パスワード再発行" in (await browser.get("/applications")).text

    completed = review_completed(
        receipt_number=number,
        kind="password_reissue",
        requested_start_date=None,
        confirmed_start_date=None,
        mailbox_ids_issued=[],
        mailbox_ids_reissued=[OPENING_MAILBOX],
        viewable_until="2018-10-26",
    )
    await intake.consume(
        an_event(review_opened(receipt_number=number)),
        an_event(passwords_reissued(receipt_number=number)),
        an_event(completed),
        an_event(mail_sent(receipt_number=number, mail="M9")),
    )

    page = (await browser.get(f"/applications/{number}")).text
    assert "審査終了" in page
    assert "2018/10/26（金）まで" in page
    assert "承認通知" not in page
    assert "変更あり" not in page
    assert "パスワードを再発行したメールボックスID" in page
    news = (await browser.get("/menu")).text
    assert "パスワードを再発行しました。通知内容をご確認ください。" in news
    assert await intake.pool.fetchval("select ended_at is not null from applications")


async def test_an_open_mailbox_application_bars_no_reissue_nor_the_other_way_round(intake: Intake) -> None:
    browser = await intake.logged_in()

    first = await apply_for_reissue(intake)
    second = await register(browser)
    third = await apply_for_reissue(intake)

    assert len({first, second, third}) == 3


async def test_nothing_chosen_is_an_error_and_foreign_ids_are_unknown(intake: Intake) -> None:
    browser = await intake.logged_in()
    address = await start_draft(browser, "/password-reissue")
    for ticked in ((), ("XYZ00101",)):
        answer = await post_step(browser, address, {"office_code": "NAC001", "mailbox_ids": list(ticked)})
        assert answer.status_code == 422
        assert "1件の誤りがあります" in answer.text


async def test_a_question_about_a_reissue_is_answered_by_other_mailboxes(intake: Intake) -> None:
    number = await apply_for_reissue(intake)
    await intake.consume(an_event(clarification_requested(receipt_number=number)))
    browser = await intake.logged_in()
    begun = await browser.post(f"/applications/{number}/correction/draft")
    draft = begun.headers["location"].rpartition("/")[0]

    page = await browser.get(f"{draft}/passwords")
    assert f'value="{OPENING_MAILBOX}" checked' in page.text
    await browser.post(f"{draft}/reason", data={"reason": "控えを破棄したため。", "from": "check"})
    check = await browser.get(f"{draft}/check")
    assert "再発行する理由　※修正" in check.text
    answer = await browser.post(
        f"/applications/{number}/correction",
        data={name: hidden(check.text, name) for name in ("form_token", "diff_sha256")},
    )

    assert answer.status_code == 303
    assert await intake.pool.fetchval("select revision from applications") == 2
