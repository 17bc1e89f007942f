"""The automatic policy: off by default, set-based, leaving to people what needs people."""

from datetime import date

import asyncpg
import pytest

from services.review import workflows
from services.review.domain.checks import CheckId
from services.review.domain.review import POLICY_VERSION
from services.review.jobs import build_jobs
from shared.contracts.people import MailboxChange
from shared.contracts.review_events import ApplicationApproved, DecidedBy
from shared.runtime.database import transaction
from tests.builders import OPENING_MAILBOX, RECEIPT, a_mailbox, an_event, an_issue_failure
from tests.component.review.desk import Desk
from tests.component.review.offices import receive_each_from_its_office


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
    await receive_each_from_its_office(desk, list(reversed(numbers)))
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
    await receive_each_from_its_office(desk, ["180099A"], requested_start_date=date(2018, 11, 22))
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


async def test_the_record_of_a_policy_decision_names_versions_and_every_check(desk: Desk) -> None:
    await desk.set_schedule()
    await desk.receive()
    assert await approve_oldest(desk) == 1
    record = await desk.pool.fetchrow("select * from approval_records")
    assert record is not None
    assert (record["decided_by"], record["approved_by_login"]) == ("policy", None)
    assert (record["policy_version"], record["schedule_version"], record["calendar_version"]) == (POLICY_VERSION, 1, 1)
    assert {row["check"] for row in record["checks"]} == {check.value for check in CheckId}
    assert {row["outcome"] for row in record["checks"]} == {"ok"}


async def test_what_came_back_from_the_issue_is_not_approved_again_by_itself(desk: Desk) -> None:
    await desk.set_schedule()
    await desk.receive()
    await approve_oldest(desk)
    await desk.deliver(an_event(an_issue_failure()))
    assert (await approve_oldest(desk), await approve_oldest(desk)) == (1, 0)
    assert await desk.state_of() == "under_review"


@pytest.mark.parametrize("statement", ["update approval_records set checks = '[]'", "delete from approval_records"])
async def test_a_record_of_an_approval_never_changes(desk: Desk, statement: str) -> None:
    await desk.set_schedule()
    await desk.receive()
    await approve_oldest(desk)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await desk.pool.execute(statement)
