"""The desk over HTTP and on the real database: the queue, claims, and what stands beside an application."""

import asyncio
import re
from datetime import date

import httpx2

from services.review.domain.claims import LEASE
from shared.contracts import provisioning_events as provisioning
from shared.contracts.event_data import ApplicationKind
from shared.contracts.people import MailboxChange, PasswordReissue
from tests.builders import (
    NEW_MAILBOX,
    NOW,
    OPENING_MAILBOX,
    RECEIPT,
    a_mailbox,
    an_event,
    mail_failed,
    mailboxes_issued,
    service_started,
)
from tests.component.review.desk import LEAD, REVIEWER, Desk
from tests.component.review.desk_steps import receive_for

CASE = f"/applications/{RECEIPT}"
SECOND = "180013A"


def receipts_in(page: httpx2.Response) -> list[str]:
    """The receipt numbers of a queue page, in order."""
    return re.findall(r'<th scope="row"><a class="code" href="/applications/(\w+)"', page.text)


async def test_the_queue_is_searched_by_number_office_and_any_part_of_a_name(desk: Desk) -> None:
    await desk.set_schedule()
    await receive_for(desk, "KOB002", "180020A", company_name="ｺｳﾍﾞ運輸㈱")
    await receive_for(desk, "TOK003", "180021A", office_name="芝浦営業所")
    browser = await desk.browser_of()
    for search, found in (
        ("180020a", ["180020A"]),
        ("kob002", ["180020A"]),
        ("コウベ", ["180020A"]),
        ("(株)", ["180020A", "180021A"]),
        ("芝浦", ["180021A"]),
        ("%", []),
        ("x\0", []),
    ):
        page = await browser.get("/queue", params={"status": "all", "search": search})
        assert (search, receipts_in(page)) == (search, found)
    assert receipts_in(await browser.get("/queue?office=TOK003")) == ["180021A"]
    assert receipts_in(await browser.get("/queue?office=XXX999")) == []


async def test_every_flag_finds_its_applications_and_stands_on_their_rows(desk: Desk) -> None:
    await desk.set_schedule()
    await receive_for(desk, "AAA001", "180031A", review_starts_on=date(2018, 10, 1))
    await receive_for(desk, "AAA002", "180032A", requested_start_date=date(2018, 11, 2))
    await receive_for(desk, "AAA003", "180033A")
    await desk.deliver(an_event(mail_failed(receipt_number="180033A"), key="AAA003"))
    abolition = MailboxChange(abolish=["AAA00401"], mailboxes_before=[a_mailbox("AAA00401")])
    await receive_for(desk, "AAA004", "180034A", mailbox_change=abolition)
    reissue = PasswordReissue(mailbox_ids=["AAA00501"])
    fields = {"mailbox_change": None, "requested_start_date": None, "password_reissue": reissue}
    await receive_for(desk, "AAA005", "180035A", kind=ApplicationKind.PASSWORD_REISSUE, **fields)
    browser = await desk.browser_of()
    found = {
        flag: receipts_in(await browser.get(f"/queue?flag={flag}"))
        for flag in ("overdue", "off_schedule", "issue_failed", "mail_failed", "abolition", "reissue")
    }
    assert found == {
        "overdue": ["180031A"],
        "off_schedule": ["180032A"],
        "issue_failed": [],
        "mail_failed": ["180033A"],
        "abolition": ["180034A"],
        "reissue": ["180035A"],
    }
    rows = (await (await desk.program_of(REVIEWER)).get("/api/v1/reviews")).json()["items"]
    assert [(row["receipt_number"], row["flags"]) for row in rows] == [
        (number, [flag]) for flag, numbers in found.items() for number in numbers
    ]
    assert rows[0]["answer_by"] == "2018-10-10"


async def test_unread_is_each_reviewer_s_own_and_comes_back_when_something_happens(desk: Desk) -> None:
    await desk.set_schedule()
    await desk.receive()
    first, second = await desk.browser_of(REVIEWER), await desk.browser_of(LEAD)
    assert receipts_in(await first.get("/queue?unread=1")) == [RECEIPT]
    await first.get(CASE)
    assert receipts_in(await first.get("/queue?unread=1")) == []
    assert receipts_in(await second.get("/queue?unread=1")) == [RECEIPT]
    await desk.approve()
    desk.clock.advance(minutes=5)
    await desk.deliver(an_event(mailboxes_issued(), time=desk.clock.now()))
    assert receipts_in(await first.get("/queue?status=all&unread=1")) == [RECEIPT]


async def test_a_second_reviewer_is_told_who_holds_it_and_may_take_over_after_the_lease(desk: Desk) -> None:
    await desk.set_schedule()
    await desk.receive()
    first, second = await desk.browser_of(REVIEWER), await desk.browser_of(LEAD)
    assert (await first.post(f"{CASE}/claim")).status_code == 303
    assert receipts_in(await first.get("/queue?mine=1")) == [RECEIPT]
    assert receipts_in(await second.get("/queue?mine=1")) == []
    told = await second.post(f"{CASE}/claim")
    assert told.status_code == 409
    assert "審査 次郎が担当しています" in told.text
    assert "承認する" not in told.text
    assert "審査 次郎" in (await second.get("/queue")).text.partition("<tbody>")[2]
    desk.clock.advance(seconds=LEASE.total_seconds())
    second = await desk.browser_of(LEAD)
    assert "引き継ぐ" in (await second.get(CASE)).text
    assert (await second.post(f"{CASE}/claim")).status_code == 303
    assert "主任 三郎が担当しています" in (await (await desk.browser_of(REVIEWER)).get(CASE)).text
    await second.post(f"{CASE}/release")
    assert "担当者はいません" in (await second.get(CASE)).text


async def test_of_twenty_who_claim_at_once_one_holds_it(desk: Desk) -> None:
    await desk.set_schedule()
    await desk.receive()
    browsers = [await desk.program_of(login) for login in (REVIEWER, LEAD)]
    answers = await asyncio.gather(*(browsers[n % 2].post(f"/api/v1/reviews/{RECEIPT}/claim") for n in range(20)))
    winners = {answer.json()["login"] for answer in answers if answer.status_code == 200}
    assert len(winners) == 1
    assert sorted(answer.status_code for answer in answers) == [200] * 10 + [409] * 10


async def test_the_case_shows_every_revision_s_surroundings(desk: Desk) -> None:
    await desk.set_schedule()
    await desk.receive()
    await desk.approve()
    await desk.deliver(an_event(mailboxes_issued()), an_event(service_started()))
    viewed = provisioning.NoticeViewed(receipt_number=RECEIPT, viewed_at=NOW, first_time=True)
    closing = provisioning.WindowClosing(receipt_number=RECEIPT, viewable_until=date(2018, 11, 5), ever_viewed=False)
    await desk.deliver(an_event(viewed), an_event(closing))
    await desk.receive(SECOND, mailbox_change=MailboxChange(add_smtp_pop3=1, mailboxes_before=[a_mailbox()]))
    page = (await (await desk.browser_of()).get(f"/applications/{SECOND}")).text
    for text in (
        OPENING_MAILBOX,
        NEW_MAILBOX,
        f"申込 {RECEIPT}",
        "当初から",
        "ほかの申込",
        "IDの残り",
        "E1",
        "問題なし",
    ):
        assert text in page
    first = (await (await desk.browser_of()).get(CASE)).text
    for text in (
        "申込者がID通知内容を表示しました",
        "一度も表示されていません",
        "11/6は3営業日目のため",
        "11/3（土日）",
    ):
        assert text in first
