"""What review makes of the events of others: on a real database, through the consumer's own poll handler."""

from datetime import date

import pytest

from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.contracts.notifier_events import Mail, MailDeferred, RecipientRole
from shared.contracts.review_events import (
    ApplicationApproved,
    IssueFailedNoted,
    ReviewCompleted,
    ReviewOpened,
    SchedulePublished,
)
from tests.builders import (
    NEW_MAILBOX,
    NOW,
    RECEIPT,
    a_contract,
    an_application_received,
    an_event,
    an_issue_failure,
    mail_failed,
    mail_sent,
    mailboxes_issued,
    service_started,
)
from tests.component.review.desk import Desk


async def test_an_application_is_put_under_review(desk: Desk) -> None:
    await desk.receive()
    assert await desk.state_of() == "under_review"
    assert await desk.told() == [ReviewOpened(receipt_number=RECEIPT, revision=1, opened_at=NOW)]
    row = await desk.pool.fetchrow("select subject, aggregateid, correlationid, causationid from event_outbox")
    assert row is not None
    assert (row["subject"], row["aggregateid"], row["correlationid"]) == (RECEIPT, "NAC001", RECEIPT)
    assert row["causationid"] is not None


async def test_many_applications_are_opened_in_one_poll(desk: Desk) -> None:
    numbers = [f"18{serial:04d}A" for serial in range(1, 201)]
    await desk.receive(*numbers)
    assert await desk.count("reviews") == 200
    assert await desk.count("review_contacts") == 200
    assert [event.receipt_number for event in await desk.told() if isinstance(event, ReviewOpened)] == numbers


async def test_an_application_before_its_contract_waits_for_it(desk: Desk) -> None:
    await desk.deliver(an_event(an_application_received()))
    assert (await desk.state_of(), await desk.held()) == (None, [("waiting", "NAC001")])
    await desk.deliver(an_event(a_contract()))
    await desk.until_nothing_is_held()
    assert await desk.state_of() == "under_review"


async def test_an_application_on_a_newer_contract_than_the_known_one_waits_for_that_version(desk: Desk) -> None:
    await desk.deliver(an_event(a_contract(contract_version=1)))
    await desk.deliver(an_event(an_application_received(contract_version=2)))
    assert (await desk.state_of(), await desk.held()) == (None, [("waiting", "NAC001")])
    await desk.deliver(an_event(a_contract(contract_version=2)))
    await desk.until_nothing_is_held()
    assert await desk.state_of() == "under_review"


async def test_one_waiting_application_does_not_hold_up_another_office(desk: Desk) -> None:
    await desk.deliver(an_event(a_contract(office_code="NAC002"), key="NAC002"))
    await desk.deliver(
        an_event(an_application_received()),
        an_event(an_application_received(receipt_number="180013A", office_code="NAC002"), key="NAC002"),
    )
    assert (await desk.state_of("180013A"), await desk.held()) == ("under_review", [("waiting", "NAC001")])


async def test_an_older_contract_is_ignored(desk: Desk) -> None:
    await desk.deliver(an_event(a_contract(contract_version=2, office_name="第二営業所")))
    await desk.deliver(an_event(a_contract(contract_version=1, office_name="第一営業所")))
    row = await desk.pool.fetchrow("select contract_version, office_name from contracts")
    assert row is not None
    assert tuple(row) == (2, "第二営業所")


async def test_two_versions_of_a_contract_in_one_poll_leave_the_newer(desk: Desk) -> None:
    await desk.deliver(an_event(a_contract(contract_version=2)), an_event(a_contract(contract_version=1)))
    assert await desk.pool.fetchval("select contract_version from contracts") == 2


async def test_issued_mailboxes_end_the_review(desk: Desk) -> None:
    await desk.set_schedule()
    await desk.receive()
    await desk.approve(start=date(2018, 11, 8))
    await desk.deliver(an_event(mailboxes_issued(issued_at=NOW)))
    completed = (await desk.told())[-1]
    assert isinstance(completed, ReviewCompleted)
    assert (completed.confirmed_start_date, completed.start_date_changed) == (date(2018, 11, 8), True)
    assert (completed.completed_on, completed.mailbox_ids_issued) == (date(2018, 10, 24), [NEW_MAILBOX])
    assert completed.mailboxes_after.model_dump() == {"smtp_pop3": 2, "edifact": 0}
    assert await desk.state_of() == "review_completed"


async def test_a_failed_issue_comes_back_and_can_be_approved_again(desk: Desk) -> None:
    await desk.set_schedule()
    await desk.receive()
    await desk.approve()
    await desk.deliver(an_event(an_issue_failure()))
    assert await desk.state_of() == "under_review"
    assert (await desk.told())[-1] == IssueFailedNoted(receipt_number=RECEIPT, reason_code="ids_exhausted")
    await desk.approve()
    assert isinstance((await desk.told())[-1], ApplicationApproved)


async def test_the_start_date_puts_the_application_in_service(desk: Desk) -> None:
    await desk.set_schedule()
    await desk.receive()
    await desk.approve()
    before = await desk.count("event_outbox")
    await desk.deliver(an_event(mailboxes_issued()), an_event(service_started()))
    assert await desk.state_of() == "in_service"
    assert await desk.count("event_outbox") == before + 1


async def test_mails_stand_on_the_timeline_even_before_the_application_is_known(desk: Desk) -> None:
    deferred = MailDeferred(
        receipt_number=RECEIPT, mail=Mail.M1, role=RecipientRole.ADMINISTRATOR, reply_code=451, next_attempt_at=NOW
    )
    await desk.deliver(an_event(mail_sent()), an_event(deferred), an_event(mail_failed(mail=Mail.M2)))
    await desk.receive()
    steps = [row["step"] for row in await desk.pool.fetch("select step from timeline_entries order by event_id")]
    assert sorted(steps) == ["mail_deferred", "mail_failed", "mail_sent", "opened"]


async def _snapshot(desk: Desk) -> list[list[tuple[object, ...]]]:
    tables = ("contracts", "reviews", "review_contacts", "timeline_entries", "event_outbox", "processed_events")
    return [
        sorted(tuple(map(str, row)) for row in await desk.pool.fetch(f"select * from {table}"))  # noqa: S608
        for table in tables
    ]


@pytest.mark.parametrize("together", [False, True])
async def test_every_event_consumed_twice_changes_nothing(desk: Desk, together: bool) -> None:
    await desk.set_schedule()
    await desk.receive()
    await desk.approve()
    failed: list[Event[EventData]] = [an_event(an_issue_failure())]
    await desk.deliver(*failed)
    await desk.approve()
    later: list[Event[EventData]] = [
        an_event(a_contract(contract_version=2)),
        an_event(mail_sent()),
        an_event(mail_failed()),
        an_event(mailboxes_issued()),
        an_event(service_started()),
    ]
    await desk.deliver(*later)
    once = await _snapshot(desk)
    repeated = [*failed, *later]
    for events in [repeated] if together else [[event] for event in repeated]:
        await desk.deliver(*events)
    assert await _snapshot(desk) == once
    assert desk.context.counts.duplicates == len(repeated)
    assert desk.context.counts.dead == 0


async def test_an_issue_that_nobody_approved_is_a_dead_letter_and_changes_nothing(desk: Desk) -> None:
    await desk.receive()
    await desk.deliver(an_event(mailboxes_issued()))
    assert await desk.state_of() == "under_review"
    assert [reason for reason, _ in await desk.held()] == ["dead"]


async def test_an_answer_about_an_unknown_application_waits_for_it(desk: Desk) -> None:
    await desk.deliver(an_event(mailboxes_issued()))
    assert await desk.held() == [("waiting", RECEIPT)]


async def test_the_schedule_is_published_under_its_key(desk: Desk) -> None:
    await desk.set_schedule()
    row = await desk.pool.fetchrow("select aggregateid, subject, topic from event_outbox")
    assert row is not None
    assert tuple(row) == ("schedule", "schedule", "nss.schedule.v1")
    assert isinstance((await desk.told())[0], SchedulePublished)
