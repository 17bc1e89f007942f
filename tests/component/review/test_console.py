"""The reviewers' console over HTTP: login, queue, one application, the decision."""

import asyncio
import re
from datetime import date

import httpx2
import pytest

from services.review.domain.review import DecisionProblem
from services.review.labels import DECISION_PROBLEM_LABELS
from shared.contracts.people import MailboxChange
from shared.contracts.review_events import ApplicationApproved
from tests.builders import OPENING_MAILBOX, RECEIPT, a_mailbox, an_event, an_issue_failure, mail_sent, mailboxes_issued
from tests.component.review.desk import HELP_DESK, LEAD, OPERATOR, PASSWORD, REVIEWER, Desk

CASE = f"/applications/{RECEIPT}"
NOTE = "月次の登録日に合わせました。"
A_FORM = {"revision": "1", "confirmed_start_date": "20181101", "note": ""}


async def test_from_the_queue_to_the_approval(desk: Desk) -> None:
    await desk.set_schedule()
    await desk.receive()
    browser = await desk.browser_of()
    queue = await browser.get("/queue")
    assert (queue.status_code, f'href="{CASE}"' in queue.text) == (200, True)
    case = await browser.get(CASE)
    assert case.status_code == 200
    for text in (
        "ナックス商事株式会社",
        "通関 花子",
        "tsukan-hanako@naccs.example",
        "1個",
        "2個",
        "2018/11/01（希望日）",
    ):
        assert text in case.text
    answer = await browser.post(f"{CASE}/approval", data=posted(case, note=""))
    assert (answer.status_code, answer.headers["location"]) == (303, CASE)
    approved = await browser.get(CASE)
    assert "承認済み（払出し中）" in approved.text
    assert "審査 次郎" in approved.text
    event = (await desk.told())[-1]
    assert isinstance(event, ApplicationApproved)
    assert event.confirmed_start_date == date(2018, 11, 1)


def posted(case: httpx2.Response, **changes: str) -> dict[str, str]:
    """The approval form as a browser would send it: the revision on the page, the chosen day."""
    revision = re.search(r'name="revision" value="(\d+)"', case.text)
    chosen = re.search(r'name="confirmed_start_date" value="(\d+)" checked', case.text)
    assert revision
    assert chosen
    return {"revision": revision[1], "confirmed_start_date": chosen[1], **changes}


async def test_two_reviewers_at_once_one_wins_and_the_other_is_told_who(desk: Desk) -> None:
    await desk.set_schedule()
    await desk.receive()
    first, second = await desk.browser_of(REVIEWER), await desk.browser_of(LEAD)
    form = {**A_FORM, "confirmed_start_date": "20181108", "note": NOTE}
    answers = await asyncio.gather(*(browser.post(f"{CASE}/approval", data=form) for browser in (first, second)))
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    loser = next(answer for answer in answers if answer.status_code == 409)
    winner = "主任 三郎" if answers[1].status_code == 303 else "審査 次郎"
    assert winner in loser.text.partition("<main")[2]
    assert NOTE in loser.text
    assert "20181108" in loser.text
    assert sum(isinstance(event, ApplicationApproved) for event in await desk.told()) == 1


async def test_twenty_approvals_at_once_make_one_event(desk: Desk) -> None:
    await desk.set_schedule()
    await desk.receive()
    browser = await desk.browser_of()
    answers = await asyncio.gather(*(browser.post(f"{CASE}/approval", data=A_FORM) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [303] + [409] * 19
    assert sum(isinstance(event, ApplicationApproved) for event in await desk.told()) == 1


async def test_an_application_that_moved_on_shows_who_moved_it_and_keeps_the_typed_text(desk: Desk) -> None:
    await desk.set_schedule()
    await desk.receive()
    browser = await desk.browser_of(LEAD)
    await desk.approve()
    await desk.deliver(an_event(mailboxes_issued()))
    answer = await browser.post(f"{CASE}/approval", data={**A_FORM, "note": NOTE})
    assert answer.status_code == 409
    for text in ("自動処理", "審査終了", NOTE):
        assert text in answer.text


async def test_a_past_date_is_refused_in_japanese_and_the_text_is_kept(desk: Desk) -> None:
    await desk.set_schedule()
    await desk.receive()
    browser = await desk.browser_of()
    form = {**A_FORM, "confirmed_start_date": "other", "other_start_date": "2018/10/24", "note": NOTE}
    answer = await browser.post(f"{CASE}/approval", data=form)
    assert answer.status_code == 422
    assert "利用開始日は本日より後の日付にしてください。" in answer.text
    assert 'value="2018/10/24"' in answer.text
    assert NOTE in answer.text
    assert await desk.state_of() == "under_review"


async def test_every_error_of_the_form_is_shown_at_once(desk: Desk) -> None:
    await desk.set_schedule()
    change = MailboxChange(abolish=[OPENING_MAILBOX], mailboxes_before=[a_mailbox()])
    await desk.receive(mailbox_change=change)
    browser = await desk.browser_of()
    form = {**A_FORM, "confirmed_start_date": "other", "other_start_date": "20181102"}
    answer = await browser.post(f"{CASE}/approval", data=form)
    assert "入力内容に3件の誤りがあります" in answer.text
    for problem in (
        DecisionProblem.START_DATE_NOT_REGISTRATION_DAY,
        DecisionProblem.NOTE_REQUIRED,
        DecisionProblem.CHECK_NOT_ACKNOWLEDGED,
    ):
        assert DECISION_PROBLEM_LABELS[problem] in answer.text


async def test_without_a_schedule_the_page_says_that_approval_is_held(desk: Desk) -> None:
    await desk.receive()
    browser = await desk.browser_of()
    assert "承認を保留しています" in (await browser.get(CASE)).text
    assert "スケジュール表が登録されていません" in (await browser.get("/queue")).text
    answer = await browser.post(f"{CASE}/approval", data=A_FORM)
    assert answer.status_code == 422
    assert await desk.state_of() == "under_review"


async def test_a_failed_issue_is_shown_with_its_reason(desk: Desk) -> None:
    await desk.set_schedule()
    await desk.receive()
    await desk.approve()
    await desk.deliver(an_event(an_issue_failure()), an_event(mail_sent()))
    page = (await (await desk.browser_of()).get(CASE)).text
    assert "事業所のメールボックスIDに空きがありません" in page
    assert "メールを送信しました：利用申込受付完了のお知らせ" in page


async def test_the_queue_is_oldest_first_and_leafs_on(desk: Desk) -> None:
    await desk.set_schedule()
    await desk.receive(*(f"18{serial:04d}A" for serial in range(60, 0, -1)))
    await desk.receive("189999A", review_starts_on=date(2018, 10, 1))
    browser = await desk.browser_of()
    first = await browser.get("/queue")
    numbers = receipts_in(first)
    assert numbers == ["189999A", *(f"18{serial:04d}A" for serial in range(1, 50))]
    assert "16営業日" in first.text
    following = re.search(r'href="(/queue\?[^"]*after=[^"]*)"', first.text)
    assert following
    second = await browser.get(following[1].replace("&amp;", "&"))
    assert receipts_in(second) == [f"18{serial:04d}A" for serial in range(50, 61)]


def receipts_in(page: httpx2.Response) -> list[str]:
    """The receipt numbers of a queue page, in order."""
    return re.findall(r'href="/applications/(\w+)"', page.text)


async def test_the_queue_narrows_to_a_status(desk: Desk) -> None:
    await desk.set_schedule()
    await desk.receive(RECEIPT, "180013A")
    await desk.approve()
    browser = await desk.browser_of()
    assert receipts_in(await browser.get("/queue")) == ["180013A"]
    assert receipts_in(await browser.get("/queue?status=approved")) == [RECEIPT]
    assert receipts_in(await browser.get("/queue?status=all")) == [RECEIPT, "180013A"]
    assert receipts_in(await browser.get("/queue?status=voided")) == []


@pytest.mark.parametrize("path", ["/queue?status=chief", "/queue?after=x", "/applications/000000Z", "/applications/x"])
async def test_what_does_not_exist_is_not_found(desk: Desk, path: str) -> None:
    assert (await (await desk.browser_of()).get(path)).status_code == 404


@pytest.mark.parametrize("path", ["/queue", "/schedule", CASE])
async def test_a_page_without_login_leads_back_after_the_login(desk: Desk, path: str) -> None:
    await desk.receive()
    browser = desk.client()
    answer = await browser.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/login?next={path}")
    login = await browser.post("/login", data={"login": REVIEWER, "password": PASSWORD, "next": path})
    assert login.headers["location"] == path
    assert (await browser.get(path)).status_code == 200


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:x", "evil", ""]
)
async def test_a_login_never_leads_to_another_site(desk: Desk, target: str) -> None:
    answer = await desk.client().post("/login", data={"login": REVIEWER, "password": PASSWORD, "next": target})
    assert answer.headers["location"] == "/queue"


async def test_a_wrong_password_and_an_unknown_login_get_the_same_answer(desk: Desk) -> None:
    wrong = await desk.client().post("/login", data={"login": REVIEWER, "password": "x"})
    unknown = await desk.client().post("/login", data={"login": "nobody", "password": "x"})
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert wrong.text.replace(REVIEWER, "") == unknown.text.replace("nobody", "")
    assert "set-cookie" not in wrong.headers


async def test_logout_and_a_disabled_account_end_the_visit(desk: Desk) -> None:
    browser, other = await desk.browser_of(), await desk.browser_of()
    await browser.post("/logout")
    assert (await browser.get("/queue")).status_code == 303
    await desk.pool.execute("update staff_accounts set disabled_at = $1 where login = $2", desk.clock.now(), REVIEWER)
    assert (await other.get("/queue")).status_code == 303


@pytest.mark.parametrize("login", [HELP_DESK, OPERATOR])
async def test_who_does_not_decide_sees_neither_the_contact_nor_the_button(desk: Desk, login: str) -> None:
    await desk.set_schedule()
    await desk.receive()
    browser = await desk.browser_of(login)
    page = (await browser.get(CASE)).text
    assert "ナックス商事株式会社" in page
    assert "tsukan-hanako" not in page
    assert "承認する" not in page
    assert (await browser.post(f"{CASE}/approval", data=A_FORM)).status_code == 403
    assert await desk.state_of() == "under_review"


async def test_an_approval_that_another_site_sent_is_refused(desk: Desk) -> None:
    await desk.set_schedule()
    await desk.receive()
    browser = await desk.browser_of()
    foreign = {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}
    assert (await browser.post(f"{CASE}/approval", data=A_FORM, headers=foreign)).status_code == 403
    assert await desk.state_of() == "under_review"


async def test_the_schedule_page_lists_the_coming_days(desk: Desk) -> None:
    browser = await desk.browser_of()
    assert "スケジュール表はまだ登録されていません" in (await browser.get("/schedule")).text
    await desk.set_schedule(closures=[{"date": "20181109", "reason": "創立記念日"}])
    page = (await browser.get("/schedule")).text
    for text in ("2018/11/01", "2018/10/26", "2018/11/09", "創立記念日"):
        assert text in page


async def test_what_the_applicant_wrote_is_shown_as_text(desk: Desk) -> None:
    await desk.receive(reason="<script>alert(1)</script>", company_name="<b>商事</b>")
    browser = await desk.browser_of()
    for path in ("/queue", CASE):
        page = (await browser.get(path)).text
        assert "<script>" not in page
        assert "&lt;b&gt;商事" in page
