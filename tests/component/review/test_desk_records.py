"""Notes that stay inside, the audit that cannot be changed, and what is forgotten in time."""

from datetime import timedelta

import asyncpg
import pytest

from services.review import workflows
from tests.builders import (
    NOW,
    RECEIPT,
    an_event,
    mailboxes_issued,
    service_started,
)
from tests.component.review.desk import HELP_DESK, LEAD, REVIEWER, Desk
from tests.component.review.desk_steps import audited

CASE = f"/applications/{RECEIPT}"


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
