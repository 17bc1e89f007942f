"""Many clean applications at once, and two people where two have to agree."""

import asyncio
import re
from dataclasses import replace
from uuid import UUID

import asyncpg
import pytest

from services.review import workflows
from services.review.domain.bulk_approval import BulkOrder
from services.review.domain.review import NO_SECOND_APPROVER, SecondApproverRule
from services.review.domain.staff import StaffMember, StaffRole
from services.review.jobs import build_jobs
from services.review.web import build_pages
from services.review.workflows import BulkRequest
from shared.contracts.people import MailboxChange
from shared.contracts.review_events import ApplicationApproved
from shared.kernel.identifiers import ReceiptNumber
from shared.runtime.web.pages import PageSettings
from tests.builders import NOW, RECEIPT, START_DATE, a_mailbox, an_event, an_issue_failure
from tests.component.review.desk import BASE_URL, LEAD, PORTAL_URL, REVIEWER, Desk
from tests.component.review.offices import receive_each_from_its_office

NUMBERS = [ReceiptNumber(f"18{serial:04d}A") for serial in range(1, 9)]
JIRO = StaffMember("jiro", "審査 次郎", frozenset({StaffRole.REVIEWER}))
BULK = UUID(int=7)


async def approvals(desk: Desk) -> list[str]:
    return [event.receipt_number for event in await desk.told() if isinstance(event, ApplicationApproved)]


async def order(desk: Desk) -> None:
    orders = [BulkOrder(number, 1, START_DATE) for number in NUMBERS]
    await workflows.order_bulk_approval(desk.pool, BulkRequest(BULK, JIRO, orders), NOW)


async def decide_next(desk: Desk) -> bool:
    return await workflows.decide_next_bulk_item(desk.pool, BULK, NO_SECOND_APPROVER, NOW, desk.deps.new_id)


async def test_ticked_rows_are_approved_as_shown_and_each_has_a_result(desk: Desk) -> None:
    await desk.set_schedule()
    await receive_each_from_its_office(desk, NUMBERS)
    await receive_each_from_its_office(
        desk,
        ["180099A"],
        mailbox_change=MailboxChange(abolish=["NB0099" + "01"], mailboxes_before=[a_mailbox("NB009901")]),
    )
    browser = await desk.browser_of(REVIEWER)
    page = await browser.get("/bulk-approval")
    orders = re.findall(r'name="order" value="([^"]+)"', page.text)
    [bulk_id] = re.findall(r'name="bulk_id" value="([^"]+)"', page.text)
    assert (len(orders), "個別に審査" in page.text) == (8, True)
    await desk.approve(NUMBERS[0])
    form = {"bulk_id": bulk_id, "order": orders}
    answer = await browser.post("/bulk-approval", data=form)
    again = await browser.post("/bulk-approval", data=form)
    assert answer.headers["location"] == again.headers["location"] == f"/bulk-approvals/{bulk_id}"
    result = (await browser.get(answer.headers["location"])).text
    assert "8件のうち7件を承認しました" in result
    assert "他の担当者または処理が先に更新しました（審査 次郎）" in result
    assert sorted(await approvals(desk)) == NUMBERS


async def test_a_crash_in_the_middle_leaves_nothing_undecided_and_nothing_decided_twice(desk: Desk) -> None:
    await desk.set_schedule()
    await receive_each_from_its_office(desk, NUMBERS)
    await order(desk)
    for _ in range(3):
        assert await decide_next(desk)
    # Here the process dies; others begin anew, all at once.
    await order(desk)
    [job] = [job for job in build_jobs(desk.deps, automatic_approval=False) if job.name == "finish_bulk_approvals"]
    assert await job.run() == 1, "the clock goes on with it where nobody asks again"
    assert await asyncio.gather(*(decide_next(desk) for _ in range(4))) == [True] * 4
    assert not await decide_next(desk)
    assert sorted(await approvals(desk)) == NUMBERS
    items = await workflows.read_bulk_approval(desk.pool, BULK)
    assert [(item.order.receipt_number, item.outcome) for item in items] == [(number, "approved") for number in NUMBERS]


async def test_what_is_no_longer_clean_is_left_to_a_look_of_its_own(desk: Desk) -> None:
    await desk.set_schedule()
    await receive_each_from_its_office(desk, NUMBERS[:1])
    await desk.approve(NUMBERS[0])
    failed = an_issue_failure(receipt_number=NUMBERS[0])
    await desk.deliver(an_event(failed))
    await order(desk)
    assert await decide_next(desk)
    items = await workflows.read_bulk_approval(desk.pool, BULK)
    assert (items[0].outcome, items[0].problems) == ("refused", ("not_clean",))
    assert await desk.state_of(NUMBERS[0]) == "under_review"


@pytest.fixture
def strict(desk: Desk) -> Desk:
    """The same desk where every addition needs two people."""
    deps = replace(desk.deps, second_approver=SecondApproverRule(above_mailboxes=0))
    app = build_pages(deps, PageSettings("review", BASE_URL), target_business_days=6, portal_url=PORTAL_URL)
    return replace(desk, deps=deps, app=app)


async def test_two_people_agree_before_anything_is_issued(strict: Desk) -> None:
    await strict.set_schedule()
    await strict.receive()
    await strict.approve()
    assert (await strict.state_of(), await approvals(strict)) == ("under_review", [])
    page = (await (await strict.browser_of(LEAD)).get(f"/applications/{RECEIPT}")).text
    assert "もう一人の承認を待っています" in page
    assert "この内容で承認する" in page
    program = await strict.program_of(LEAD)
    answer = await program.post(f"/api/v1/reviews/{RECEIPT}/second-approval", json={"revision": 1})
    assert (answer.status_code, await approvals(strict)) == (200, [RECEIPT])
    row = await strict.pool.fetchrow("select proposed_by_login, approved_by_login from reviews")
    assert row is not None
    assert tuple(row) == ("jiro", "saburo")
    with pytest.raises(asyncpg.CheckViolationError, match="reviews_two_approvers"):
        await strict.pool.execute("update reviews set approved_by_login = proposed_by_login")


async def test_the_same_person_is_refused_and_may_send_the_proposal_back(strict: Desk) -> None:
    await strict.set_schedule()
    await strict.receive()
    program = await strict.program_of(LEAD)
    at = f"/api/v1/reviews/{RECEIPT}"
    body = {"revision": 1, "confirmed_start_date": "20181101"}
    assert (await program.post(f"{at}/approval", json=body)).json()["proposal"]["proposed_by"] == "主任 三郎"
    refused = await program.post(f"{at}/second-approval", json={"revision": 1})
    assert (refused.status_code, refused.json()["code"]) == (409, "same_person")
    declined = await program.post(f"{at}/second-approval/refusal", json={"revision": 1, "note": "個数を確認します"})
    assert (declined.status_code, declined.json()["proposal"]) == (200, None)
