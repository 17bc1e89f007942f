"""The schedule that is checked before it is published, the report, and the books of the offices."""

import asyncio
import re
from datetime import UTC, date, datetime, timedelta

import httpx2

from services.review import workflows
from shared.contracts import provisioning_events as provisioning
from shared.contracts.people import MailboxChange
from shared.contracts.review_events import SchedulePublished
from tests.builders import (
    NEW_MAILBOX,
    NOW,
    OFFICE,
    OPENING_MAILBOX,
    RECEIPT,
    a_contract,
    a_mailbox,
    an_event,
    mailboxes_issued,
    service_started,
)
from tests.component.review.desk import LEAD, OPERATOR, REVIEWER, Desk
from tests.component.review.desk_steps import audited, receive_for


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
