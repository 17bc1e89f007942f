"""The automatic policy: off by default, set-based, leaving to people what needs people."""

from datetime import date

from services.review import workflows
from services.review.jobs import build_jobs
from shared.contracts.people import MailboxChange
from shared.contracts.review_events import ApplicationApproved, DecidedBy
from shared.runtime.database import transaction
from tests.builders import OPENING_MAILBOX, RECEIPT, a_mailbox
from tests.component.review.desk import Desk


async def approve_oldest(desk: Desk, limit: int = 100) -> int:
    async with transaction(desk.pool) as db:
        return await workflows.approve_oldest(db, limit, desk.clock.now(), desk.deps.new_id)


def approvals(events: list[object]) -> list[ApplicationApproved]:
    return [event for event in events if isinstance(event, ApplicationApproved)]


async def test_the_policy_is_off_by_default(desk: Desk) -> None:
    assert "approve_oldest" not in {job.name for job in build_jobs(desk.deps, automatic_approval=False)}
    assert "approve_oldest" in {job.name for job in build_jobs(desk.deps, automatic_approval=True)}


async def test_the_oldest_are_approved_first_and_each_once(desk: Desk) -> None:
    await desk.set_schedule()
    numbers = [f"18{serial:04d}A" for serial in range(1, 21)]
    await desk.receive(*reversed(numbers))
    assert await approve_oldest(desk, 12) == 12
    assert await approve_oldest(desk, 12) == 8
    assert await approve_oldest(desk, 12) == 0
    told = approvals(list(await desk.told()))
    assert [event.receipt_number for event in told] == numbers
    assert {event.decided_by for event in told} == {DecidedBy.POLICY}


async def test_what_needs_a_person_is_left_until_the_schedule_changes(desk: Desk) -> None:
    await desk.set_schedule()
    change = MailboxChange(abolish=[OPENING_MAILBOX], mailboxes_before=[a_mailbox()])
    await desk.receive(mailbox_change=change)
    await desk.receive("180099A", requested_start_date=date(2018, 11, 22))
    assert (await approve_oldest(desk), await approve_oldest(desk)) == (2, 0)
    later = {"registration_date": "20181122", "application_deadline": "20181115"}
    await desk.set_schedule(registration_days=[later])
    assert await approve_oldest(desk) == 2
    assert [event.receipt_number for event in approvals(list(await desk.told()))] == ["180099A"]
    assert await desk.state_of(RECEIPT) == "under_review"


async def test_nothing_happens_without_a_schedule(desk: Desk) -> None:
    await desk.receive()
    assert await approve_oldest(desk) == 0
    assert await desk.state_of() == "under_review"
