"""The applicant's way: login, form, check page, receipt number, status page."""

import httpx2

from shared.contracts.intake_events import ApplicationReceived
from tests.builders import (
    NEW_MAILBOX,
    TYPED,
    a_contract,
    an_event,
    mail_sent,
    mailboxes_issued,
    review_completed,
    review_opened,
)
from tests.component.intake.conftest import (
    PASSWORD,
    Intake,
    hidden,
    ready_to_register,
    register,
    save_draft,
)


async def test_an_application_from_the_form_to_its_status_page(intake: Intake) -> None:
    browser = await intake.logged_in()

    menu = await browser.get("/menu")
    assert "ナックス商事株式会社" in menu.text
    assert "2018/10/24 10:00:00からログイン中" in menu.text
    contract = await browser.get("/contract/general-naccs")
    assert "NAC00101" in contract.text
    assert "利用中" in contract.text

    fields = await ready_to_register(browser)
    answer = await browser.post("/applications", data=fields)

    assert answer.status_code == 303
    assert answer.headers["location"] == "/applications/180001A/received"
    received = await browser.get("/applications/180001A/received")
    assert "180001A" in received.text
    assert "宛てに送信します。" in received.text
    status = await browser.get("/applications/180001A")
    assert "受付" in status.text
    assert "申込を受け付けました" in status.text
    assert "180001A" in (await browser.get("/applications")).text
    news = (await browser.get("/menu")).text
    assert "利用申込を受け付けました。" in news
    assert "2018/10/24 10:00" in news

    (event,) = await intake.events_of(ApplicationReceived)
    assert event["receipt_number"] == "180001A"
    assert event["diff_sha256"] == fields["diff_sha256"]
    assert event["review_starts_on"] == "2018-10-24"
    assert event["mailbox_change"]["mailboxes_before"] == [{"mailbox_id": "NAC00101", "kind": "smtp_pop3"}]


async def test_the_check_page_shows_before_and_after(intake: Intake) -> None:
    browser = await intake.logged_in()

    token, saved = await save_draft(browser, add_smtp_pop3="2", start_date_choice="2018-11-03")
    check = (await browser.get(saved.headers["location"])).text

    assert saved.headers["location"] == f"/applications/drafts/{token}/check"
    assert "追加 2個（IDは審査終了後に通知）" in check
    assert "スケジュール表にない日付です" in check
    assert "合計数ではありません" in check
    assert "3個" in check


async def test_a_saved_form_with_errors_cannot_be_registered(intake: Intake) -> None:
    browser = await intake.logged_in()
    token, _ = await save_draft(browser, phone="12")

    answer = await browser.post("/applications", data={"form_token": token, "diff_sha256": "0" * 64})

    assert answer.headers["location"].endswith("/contact?from=check")
    assert await intake.events_of(ApplicationReceived) == []


async def test_back_after_registering_leads_to_the_receipt(intake: Intake) -> None:
    browser = await intake.logged_in()
    fields = await ready_to_register(browser)
    await browser.post("/applications", data=fields)
    token, receipt = fields["form_token"], "/applications/180001A/received"

    form_again = await browser.post(f"/applications/drafts/{token}/contact", data=TYPED)
    answers = [
        form_again,
        await browser.get(f"/applications/drafts/{token}"),
        await browser.get(f"/applications/drafts/{token}/check"),
        await browser.post("/applications", data=fields),
    ]

    assert [(answer.status_code, answer.headers["location"]) for answer in answers] == [(303, receipt)] * 4
    assert len(await intake.events_of(ApplicationReceived)) == 1


async def test_what_changed_under_the_check_page_is_shown_again(intake: Intake) -> None:
    browser = await intake.logged_in()
    await intake.consume(an_event(review_opened(receipt_number=await register(browser))))
    fields = await ready_to_register(browser)
    await intake.consume(
        an_event(mailboxes_issued(receipt_number="180001A")), an_event(review_completed(receipt_number="180001A"))
    )

    answer = await browser.post("/applications", data=fields)

    assert answer.status_code == 409
    assert "内容が変わったため、まだ登録されていません" in answer.text
    assert NEW_MAILBOX in answer.text
    assert len(await intake.events_of(ApplicationReceived)) == 1
    fresh = {**fields, "diff_sha256": hidden(answer.text, "diff_sha256")}
    assert (await browser.post("/applications", data=fresh)).status_code == 303


async def test_another_office_sees_the_same_as_for_an_unknown_number(intake: Intake) -> None:
    await intake.register_office(a_contract(office_code="XYZ002"))
    mine, theirs = await intake.logged_in(), await intake.logged_in("XYZ002")
    number = await register(mine)
    token, _ = await save_draft(mine)

    for path in ("/applications/{}", "/applications/{}/received", "/applications/{}/id-notice"):
        foreign, unknown = await theirs.get(path.format(number)), await theirs.get(path.format("189999Z"))
        assert (foreign.status_code, unknown.status_code) == (404, 404)
        assert _without_reference(foreign) == _without_reference(unknown)
    for path in (f"/applications/drafts/{token}", f"/applications/drafts/{token}/check"):
        assert (await theirs.get(path)).status_code == 404
    fields = {"form_token": token, "diff_sha256": "0" * 64}
    assert (await theirs.post("/applications", data=fields)).status_code == 404
    assert (await theirs.post(f"/applications/drafts/{token}/contact", data=TYPED)).status_code == 404
    begun = {"form_token": token, "kind": "mailbox_change"}
    assert (await theirs.post("/applications/drafts", data=begun)).status_code == 404
    assert "180001A" not in (await theirs.get("/applications")).text
    assert "180001A" not in (await theirs.get("/menu")).text


async def test_odd_addresses_are_not_found(intake: Intake) -> None:
    browser = await intake.logged_in()

    for path in ("/applications/x", "/applications/drafts/x", "/applications/drafts/x/check", "/nowhere"):
        assert (await browser.get(path)).status_code == 404
    for fields in ({"form_token": ""}, {"form_token": "x"}, {"diff_sha256": "x"}):
        assert (await browser.post("/applications", data=fields)).status_code == 404


async def test_the_completion_page_says_when_both_mails_have_gone(intake: Intake) -> None:
    browser = await intake.logged_in()
    number = await register(browser)

    await intake.consume(an_event(mail_sent(receipt_number=number, role="contact")))
    assert "宛てに送信します。" in (await browser.get(f"/applications/{number}/received")).text
    await intake.consume(an_event(mail_sent(receipt_number=number, role="administrator")))

    assert "宛てに送信しましたので、ご確認ください。" in (await browser.get(f"/applications/{number}/received")).text


async def test_one_mail_is_enough_when_both_read_one_address(intake: Intake) -> None:
    browser = await intake.logged_in()
    address = "kanri-taro@naccs.example"
    number = await register(browser, email=address, email_again=address)

    await intake.consume(an_event(mail_sent(receipt_number=number, role="contact")))

    assert "送信しましたので" in (await browser.get(f"/applications/{number}/received")).text


async def test_every_page_asks_for_a_login_and_returns_to_where_one_wanted_to_go(intake: Intake) -> None:
    browser = intake.browser()

    answer = await browser.get("/applications/180001A")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/applications/180001A")
    form = await browser.get(answer.headers["location"])
    assert hidden(form.text, "next") == "/applications/180001A"
    welcome = await browser.post(
        "/login", data={"office_code": "nac001", "password": PASSWORD, "next": "/applications/180001A"}
    )
    assert (welcome.status_code, welcome.headers["location"]) == (303, "/applications/180001A")
    for path in ("/menu", "/contract", "/applications", "/applications/new", "/password-reissue"):
        assert (await intake.browser().get(path)).headers["location"].startswith("/login?next=/")


def _without_reference(answer: httpx2.Response) -> str:
    return answer.text.partition('<div class="reference">')[0]
