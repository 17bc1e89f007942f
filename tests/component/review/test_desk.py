"""The desk over HTTP and on the real database: queue, claims, the application's surroundings, schedule and report."""

import asyncio
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import httpx2
import pytest

from services.review import workflows
from services.review.domain.claims import LEASE
from shared.contracts import provisioning_events as provisioning
from shared.contracts.event_data import ApplicationKind
from shared.contracts.people import MailboxChange, PasswordReissue
from shared.contracts.review_events import SchedulePublished
from tests.builders import (
    NEW_MAILBOX,
    NOW,
    OFFICE,
    OPENING_MAILBOX,
    RECEIPT,
    a_contract,
    a_mailbox,
    an_application_received,
    an_event,
    mail_failed,
    mailboxes_issued,
    service_started,
)
from tests.component.review.desk import HELP_DESK, LEAD, OPERATOR, REVIEWER, Desk

CASE = f"/applications/{RECEIPT}"
SECOND = "180013A"


def receipts_in(page: httpx2.Response) -> list[str]:
    """The receipt numbers of a queue page, in order."""
    return re.findall(r'<th scope="row"><a class="code" href="/applications/(\w+)"', page.text)


async def receive_for(desk: Desk, office: str, number: str, **fields: Any) -> None:
    """An application of any office, its contract known."""
    fields = {"company_name": f"{office}物流㈱", **fields}
    await desk.deliver(an_event(a_contract(office_code=office), key=office))
    received = an_application_received(office_code=office, receipt_number=number, **fields)
    await desk.deliver(an_event(received, key=office))


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


async def test_notes_and_telephone_contacts_stay_inside(desk: Desk) -> None:
    await desk.set_schedule()
    await desk.receive()
    browser = await desk.browser_of()
    secret = "先方は合併を予定"
    await browser.post(f"{CASE}/notes", data={"kind": "note", "text": secret})
    called = {"kind": "telephone", "text": "折返し待ち", "spoke_with": "通関 花子", "called_at": "2018-10-24T09:30"}
    assert (await browser.post(f"{CASE}/notes", data=called)).status_code == 303
    page = (await browser.get(CASE)).text
    for text in (secret, "折返し待ち", "相手：通関 花子", "2018/10/24 09:30"):
        assert text in page
    refused = await browser.post(f"{CASE}/notes", data={"kind": "telephone", "text": "下書き"})
    assert (refused.status_code, "話した相手を入力してください。" in refused.text, "下書き" in refused.text) == (
        422,
        True,
        True,
    )
    await desk.approve()
    program = await desk.program_of(REVIEWER)
    told = await desk.pool.fetch("select payload from event_outbox")
    elsewhere = [bytes(row["payload"]).decode() for row in told]
    elsewhere.append((await program.get(f"/api/v1/reviews/{RECEIPT}")).text)
    elsewhere.append((await (await desk.browser_of(HELP_DESK)).get(CASE)).text)
    elsewhere += [str(dict(row)) for row in await desk.pool.fetch("select * from timeline_entries")]
    elsewhere += [str(dict(row)) for row in await desk.pool.fetch("select * from staff_audit")]
    assert not any(secret in text or "折返し待ち" in text for text in elsewhere)


async def audited(desk: Desk, login: str) -> list[str]:
    rows = await desk.pool.fetch(
        "select action from staff_audit where login = $1 order by occurred_at, audit_id", login
    )
    return [row["action"] for row in rows]


async def test_every_look_at_personal_data_and_every_decision_is_audited(desk: Desk) -> None:
    await desk.set_schedule()
    await desk.receive()
    browser, helper = await desk.browser_of(), await desk.browser_of(HELP_DESK)
    await browser.get(CASE)
    await browser.get(CASE)
    await helper.get(CASE)
    await browser.post(f"{CASE}/claim")
    await desk.approve()
    assert await audited(desk, REVIEWER) == [
        "logged_in", "contact_viewed", "contact_viewed", "claimed", "logged_in", "decided",
    ]  # fmt: skip
    assert await audited(desk, HELP_DESK) == ["logged_in"]
    lead = await desk.browser_of(LEAD)
    assert "閲覧と操作の記録" in (await lead.get(CASE)).text
    assert "閲覧と操作の記録" not in (await browser.get(CASE)).text


@pytest.mark.parametrize(
    "statement",
    [
        "update staff_audit set login = 'nobody'",
        "delete from staff_audit",
        "truncate staff_audit",
        "select set_config('nss.dropping_old_audit', 'no', false); delete from staff_audit",
    ],
)
async def test_the_database_refuses_to_change_the_audit(desk: Desk, statement: str) -> None:
    await desk.browser_of()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await desk.pool.execute(statement)
    assert await audited(desk, REVIEWER) == ["logged_in"]


async def test_the_service_s_own_login_cannot_empty_the_audit_even_by_pretending(desk: Desk) -> None:
    await desk.browser_of()
    async with desk.pool.acquire() as db, db.transaction():
        await db.execute("create role nss_test_audit_app")
        await db.execute("grant select, insert, update, delete on staff_audit to nss_test_audit_app")
        await db.execute("set local role nss_test_audit_app")
        await db.execute("set local nss.dropping_old_audit = 'yes'")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await db.execute("delete from staff_audit")
        raise_rollback = asyncpg.exceptions.InFailedSQLTransactionError
        with pytest.raises(raise_rollback):
            await db.execute("select 1")


async def test_the_audit_is_kept_for_seven_years_and_not_a_day_longer_than_asked(desk: Desk) -> None:
    await desk.browser_of()
    later = NOW + timedelta(days=7 * 366)
    assert await workflows.drop_old_audit(desk.pool, later, 7) == 0
    desk.clock.set(later)
    await desk.browser_of(LEAD)
    with pytest.raises(asyncpg.RaiseError):
        await workflows.drop_old_audit(desk.pool, later, 6)
    assert await workflows.drop_old_audit(desk.pool, later, 7) == 1
    assert (await audited(desk, REVIEWER), await audited(desk, LEAD)) == ([], ["logged_in"])


async def test_contacts_and_notes_are_erased_400_days_after_the_end_and_not_before(desk: Desk) -> None:
    await desk.set_schedule()
    await desk.receive()
    browser = await desk.browser_of()
    await browser.post(f"{CASE}/notes", data={"kind": "note", "text": "連絡済み"})
    await desk.approve()
    await desk.deliver(an_event(mailboxes_issued()))
    assert await workflows.erase_contacts(desk.pool, NOW + timedelta(days=4000), 400) == 0
    await desk.deliver(an_event(service_started()))
    assert await workflows.erase_contacts(desk.pool, desk.clock.now() + timedelta(days=400), 400) == 0
    assert await workflows.erase_contacts(desk.pool, desk.clock.now() + timedelta(days=401), 400) == 1
    assert (await desk.count("review_contacts"), await desk.count("case_notes")) == (0, 0)
    assert await workflows.erase_contacts(desk.pool, NOW + timedelta(days=4000), 400) == 0
    page = (await browser.get(CASE)).text
    assert "連絡先は削除されました" in page
    assert "tsukan-hanako" not in page


def hidden(page: httpx2.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found
    return found[1]


TABLE = "登録日,20181101,20181025,,\r\n登録日,20181115,20181108,,\r\n休業日,20181102,,,創立記念日\r\n"


async def test_a_schedule_is_pasted_checked_and_published_and_promises_stay(desk: Desk) -> None:
    await desk.set_schedule()
    await desk.receive()
    await desk.approve()
    await desk.deliver(an_event(mailboxes_issued()))
    before = await desk.pool.fetchrow("select confirmed_start_date, viewable_until, schedule_version from reviews")
    operator = await desk.browser_of(OPERATOR)
    based_on = hidden(await operator.get("/schedule/edit"), "based_on")
    form = {
        "table": TABLE.replace("登録日,20181101,20181025,,\r\n", ""),
        "covers_until": "20191231",
        "based_on": based_on,
    }
    check = await operator.post("/schedule/check", data=form)
    assert check.status_code == 200
    for text in ("なくなる登録日", "2018/11/01 1件", "変わる営業日を含む参照期間：1件", "創立記念日"):
        assert text in check.text
    assert sum(isinstance(event, SchedulePublished) for event in await desk.told()) == 1
    assert (await operator.post("/schedule/publication", data=form)).status_code == 303
    published = (await desk.told())[-1]
    assert isinstance(published, SchedulePublished)
    assert (published.schedule_version, published.calendar_version) == (2, 2)
    after = await desk.pool.fetchrow("select confirmed_start_date, viewable_until, schedule_version from reviews")
    assert after == before


async def test_two_operators_do_not_overwrite_one_another(desk: Desk) -> None:
    await desk.set_schedule()
    operator = await desk.browser_of(OPERATOR)
    form = {"table": TABLE, "covers_until": "20191231", "based_on": "1"}
    await desk.set_schedule()
    late = await operator.post("/schedule/publication", data=form)
    assert (late.status_code, "第2版を公開しました" in late.text, hidden(late, "based_on")) == (409, True, "2")
    assert "創立記念日" in late.text


async def test_every_fault_of_a_pasted_schedule_is_shown_at_once_and_the_text_is_kept(desk: Desk) -> None:
    operator = await desk.browser_of(OPERATOR)
    form = {"table": "登録日,20181131,x,,\r\n祝日,1,,,\r\n", "covers_until": "20991399", "based_on": "0"}
    answer = await operator.post("/schedule/check", data=form)
    assert answer.status_code == 422
    for text in (
        "1行目：日付は",
        "1行目：申込締切日は",
        "2行目：種別は",
        "カレンダーの最終日は",
        "20181131",
    ):
        assert text in answer.text
    uncovered = await operator.post("/schedule/check", data={**form, "table": TABLE, "covers_until": "20350101"})
    assert "2030/12/31：この日より後の祝日は確かめられていない" in uncovered.text


async def test_a_line_is_added_in_its_place(desk: Desk) -> None:
    operator = await desk.browser_of(OPERATOR)
    form = {"table": TABLE, "covers_until": "20191231", "based_on": "0", "kind": "registration", "day": "2018/11/8"}
    page = await operator.post("/schedule/day", data={**form, "application_deadline": "2018/11/1"})
    days = re.findall(r"登録日,(\S{10}),", page.text)
    assert days == ["2018-11-01", "2018-11-08", "2018-11-15"]
    assert (await operator.post("/schedule/day", data={**form, "day": "x"})).status_code == 422


async def test_the_exported_table_reads_back_as_the_same_schedule(desk: Desk) -> None:
    await desk.set_schedule(closures=[{"date": "20181109", "reason": "=1+1"}])
    operator = await desk.browser_of(OPERATOR)
    table = (await operator.get("/schedule.csv")).content.decode("utf-8-sig")
    form = {"table": table, "covers_until": "20191231", "based_on": "1"}
    assert "変更はありません" in (await operator.post("/schedule/check", data=form)).text


async def test_the_schedule_is_told_again_after_a_week_and_by_one_only(desk: Desk) -> None:
    await desk.set_schedule()
    new_id = desk.deps.new_id
    assert await workflows.republish_schedule(desk.pool, NOW + timedelta(days=6), new_id) == 0
    week = NOW + timedelta(days=7, seconds=1)
    told = await asyncio.gather(*(workflows.republish_schedule(desk.pool, week, new_id) for _ in range(4)))
    assert sum(told) == 1
    events = [event for event in await desk.told() if isinstance(event, SchedulePublished)]
    assert len(events) == 2
    assert events[0] == events[1]


async def test_the_report_counts_what_charges_rest_on(desk: Desk) -> None:
    await desk.set_schedule()
    await receive_for(desk, OFFICE, RECEIPT, company_name="=商事", review_starts_on=date(2018, 10, 17))
    await desk.deliver(an_event(a_contract(contract_version=2, company_name="=商事")))
    await desk.approve()
    await desk.deliver(an_event(mailboxes_issued()), an_event(service_started()))
    program = await desk.program_of(OPERATOR)
    october = (await program.get("/api/v1/report?month=2018-10")).json()
    assert [(row["office_code"], row["received"], row["completed"]) for row in october["offices"]] == [(OFFICE, 1, 1)]
    assert (october["days"]["average"], october["days"]["within_target"]) == (5.0, 1)
    november = (await program.get("/api/v1/report?month=2018-11")).json()["offices"]
    assert [(row["added_smtp_pop3"], row["added_edifact"], row["abolished"]) for row in november] == [(1, 0, 0)]
    browser = await desk.browser_of(LEAD)
    page = (await browser.get("/report?month=2018-10")).text
    assert "平均5.0営業日" in page
    table = (await browser.get("/report.csv?month=2018-10")).content.decode("utf-8-sig").splitlines()
    assert table[1].split(",")[:6] == ["2018-10", OFFICE, "'=商事", "第一営業所", "1", "1"]
    assert "report_exported" in await audited(desk, LEAD)
    for month in ("2018-13", "x"):
        assert (await browser.get(f"/report?month={month}")).status_code == 404


async def test_a_moved_start_and_a_void_change_the_books_and_redeliveries_do_not(desk: Desk) -> None:
    await desk.set_schedule()
    change = MailboxChange(add_smtp_pop3=1, abolish=[OPENING_MAILBOX], mailboxes_before=[a_mailbox()])
    await desk.receive(mailbox_change=change)
    await desk.approve()
    abolition = provisioning.Abolition(mailbox_id=OPENING_MAILBOX, abolished_on=date(2018, 11, 1))
    issued = an_event(mailboxes_issued(abolitions=[abolition]))
    await desk.deliver(issued)
    await desk.deliver(issued)
    assert await books(desk) == {NEW_MAILBOX: "not_started", OPENING_MAILBOX: "abolition_decided"}
    desk.clock.set(datetime(2018, 11, 1, 3, tzinfo=UTC))
    assert await books(desk) == {NEW_MAILBOX: "active", OPENING_MAILBOX: "abolished"}
    moved = provisioning.MailboxesRescheduled(
        receipt_number=RECEIPT, old_start_date=date(2018, 11, 1), new_start_date=date(2018, 11, 8)
    )
    await record(desk, moved)
    assert await books(desk) == {NEW_MAILBOX: "not_started", OPENING_MAILBOX: "abolition_decided"}
    voided = provisioning.MailboxesVoided(receipt_number=RECEIPT, mailbox_ids=[NEW_MAILBOX], was_active=False)
    await record(desk, voided)
    assert await books(desk) == {NEW_MAILBOX: "voided", OPENING_MAILBOX: "active"}


async def record(desk: Desk, told: provisioning.MailboxesRescheduled | provisioning.MailboxesVoided) -> None:
    async with desk.pool.acquire() as db:
        if isinstance(told, provisioning.MailboxesVoided):
            await workflows.record_voided_mailboxes(db, [an_event(told)])
        else:
            await workflows.record_moved_starts(db, [an_event(told)])


async def books(desk: Desk) -> dict[str, str]:
    program = await desk.program_of(REVIEWER)
    mailboxes = (await program.get(f"/api/v1/reviews/{RECEIPT}")).json()["office_mailboxes"]
    return {mailbox["mailbox_id"]: mailbox["condition"] for mailbox in mailboxes}
