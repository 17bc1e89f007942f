"""What becomes of issued mailboxes: voided, moved, abolished, ended with their office; late words are obeyed, too."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from services.provisioning import workflows
from services.provisioning.domain.life import UnknownIssue
from shared.contracts.event_data import MailboxKind, MailboxRef
from shared.contracts.provisioning_events import (
    MailboxesRescheduled,
    MailboxesVoided,
    OfficeClosed,
    ServiceStarted,
    WindowClosed,
)
from shared.kernel.identifiers import receipt_number
from shared.kernel.local_time import TOKYO
from tests.builders import (
    NEW_MAILBOX,
    OFFICE,
    OPENING_MAILBOX,
    RECEIPT,
    START_DATE,
    a_contract,
    a_schedule,
    an_approval,
    an_event,
)
from tests.component.provisioning.conftest import VISITOR, Provisioning, japan

LATER = date(2018, 11, 15)
WINDOW_UNTIL_LATER = date(2018, 11, 19)
WINDOW_UNTIL = date(2018, 11, 5)


async def issued(provisioning: Provisioning) -> None:
    """NAC00102 is added and NAC00101 given up, from 1 November 2018; readable until 5 November."""
    await provisioning.approve(an_event(an_approval(abolish=[OPENING_MAILBOX])))


async def started(provisioning: Provisioning) -> None:
    await issued(provisioning)
    provisioning.clock.set(japan("2018-11-01T00:00:00"))
    assert await workflows.start_services(provisioning.timetable) == 1


async def rows_of(provisioning: Provisioning) -> dict[str, tuple[Any, ...]]:
    rows = await provisioning.rows(
        "select mailbox_id, status, end_cause, content_erasable_from, change from mailboxes order by 1"
    )
    return {row[0]: row[1:] for row in rows}


async def logins(provisioning: Provisioning) -> list[str]:
    return [row[0] for row in await provisioning.rows("select mailbox_id from mail_server_logins order by 1")]


async def secrets_left(provisioning: Provisioning, mailbox: str) -> int:
    ((sealed,),) = await provisioning.rows("select count(*) from sealed_passwords where mailbox_id = $1", mailbox)
    ((hashes,),) = await provisioning.rows("select count(*) from mailbox_credentials where mailbox_id = $1", mailbox)
    ((shown,),) = await provisioning.rows(
        "select count(password_hash) from mail_server_accounts where mailbox_id = $1", mailbox
    )
    return int(sealed) + int(hashes) + int(shown)


async def test_a_void_before_the_start_retires_the_ids_unused_and_erases_their_secrets(
    provisioning: Provisioning,
) -> None:
    await issued(provisioning)
    await provisioning.void(RECEIPT)
    assert await rows_of(provisioning) == {
        OPENING_MAILBOX: ("active", None, None, "abolition_cancelled"),
        NEW_MAILBOX: ("void", "voided_before_start", None, "voided"),
    }
    assert await secrets_left(provisioning, NEW_MAILBOX) == 0
    assert await provisioning.published(MailboxesVoided) == [
        MailboxesVoided(receipt_number=RECEIPT, mailbox_ids=[NEW_MAILBOX], was_active=False)
    ]
    assert len(await provisioning.published(WindowClosed)) == 1
    provisioning.clock.set(japan("2018-11-01T00:00:00"))
    assert await workflows.start_services(provisioning.timetable) == 0


async def test_a_voided_serial_is_spent_and_the_next_application_takes_the_one_after(
    provisioning: Provisioning,
) -> None:
    await issued(provisioning)
    await provisioning.void(RECEIPT)
    await provisioning.approve(an_event(an_approval(receipt_number="180013A", abolish=[OPENING_MAILBOX])))
    assert list(await rows_of(provisioning)) == ["NAC00101", "NAC00102", "NAC00103"]
    assert (await rows_of(provisioning))[OPENING_MAILBOX][3] == "abolition_planned"


async def test_a_void_that_comes_late_deactivates_and_says_so_but_brings_no_abolished_box_back(
    provisioning: Provisioning,
) -> None:
    await started(provisioning)
    assert await logins(provisioning) == [NEW_MAILBOX]
    await provisioning.void(RECEIPT)
    assert await rows_of(provisioning) == {
        OPENING_MAILBOX: ("abolished", "abolition", START_DATE + timedelta(days=30), "abolished"),
        NEW_MAILBOX: ("void", "voided_after_start", START_DATE + timedelta(days=30), "voided"),
    }
    assert await logins(provisioning) == []
    assert await secrets_left(provisioning, NEW_MAILBOX) == 0
    assert await provisioning.published(MailboxesVoided) == [
        MailboxesVoided(receipt_number=RECEIPT, mailbox_ids=[NEW_MAILBOX], was_active=True)
    ]


async def test_a_void_twice_or_of_what_was_never_issued_changes_and_publishes_nothing(
    provisioning: Provisioning,
) -> None:
    await issued(provisioning)
    await provisioning.void(RECEIPT, "180099A")
    before = await rows_of(provisioning)
    await provisioning.void(RECEIPT)
    assert await rows_of(provisioning) == before
    assert len(await provisioning.published(MailboxesVoided)) == 1


async def test_the_notice_of_a_voided_application_shows_no_password(provisioning: Provisioning) -> None:
    await issued(provisioning)
    await provisioning.void(RECEIPT)
    shown = await workflows.view_id_notice(provisioning.desk, RECEIPT, VISITOR)
    assert shown is None or not shown.is_open


async def test_a_moved_start_date_moves_mailboxes_abolitions_and_the_window(provisioning: Provisioning) -> None:
    await issued(provisioning)
    assert await provisioning.move(RECEIPT, LATER) == []
    assert await provisioning.published(MailboxesRescheduled) == [
        MailboxesRescheduled(
            receipt_number=RECEIPT,
            old_start_date=START_DATE,
            new_start_date=LATER,
            viewable_until=WINDOW_UNTIL_LATER,
            system_setting_deadline=date(2018, 11, 9),
        )
    ]
    provisioning.clock.set(japan("2018-11-14T23:59:59"))
    assert await workflows.start_services(provisioning.timetable) == 0
    assert len(await provisioning.read_passwords()) == 1
    provisioning.clock.set(japan("2018-11-15T00:00:00"))
    assert await workflows.start_services(provisioning.timetable) == 1
    (event,) = await provisioning.published(ServiceStarted)
    assert (event.started_on, event.abolished) == (LATER, [OPENING_MAILBOX])


async def test_a_start_date_that_moves_forward_never_shortens_the_window(provisioning: Provisioning) -> None:
    await issued(provisioning)
    await provisioning.move(RECEIPT, LATER)
    await provisioning.move(RECEIPT, START_DATE)
    first, second = await provisioning.published(MailboxesRescheduled)
    assert first.viewable_until == second.viewable_until == WINDOW_UNTIL_LATER
    assert second.old_start_date == LATER


async def test_a_move_that_comes_after_the_start_deactivates_until_the_new_day(provisioning: Provisioning) -> None:
    await started(provisioning)
    await provisioning.move(RECEIPT, LATER)
    assert await logins(provisioning) == []
    assert (await rows_of(provisioning))[NEW_MAILBOX] == ("issued", None, None, "rescheduled")
    assert (await rows_of(provisioning))[OPENING_MAILBOX][0] == "abolished"
    provisioning.clock.set(japan("2018-11-15T00:00:00"))
    assert await workflows.start_services(provisioning.timetable) == 1
    assert await logins(provisioning) == [NEW_MAILBOX]
    first, second = await provisioning.published(ServiceStarted)
    assert (first.started_on, second.started_on) == (START_DATE, LATER)
    assert second.activated == [MailboxRef(mailbox_id=NEW_MAILBOX, kind=MailboxKind.SMTP_POP3)]
    assert second.abolished == []


async def test_abolitions_alone_are_moved_without_a_window(provisioning: Provisioning) -> None:
    await provisioning.approve(an_event(an_approval(add_smtp_pop3=0, abolish=[OPENING_MAILBOX])))
    await provisioning.move(RECEIPT, LATER)
    (event,) = await provisioning.published(MailboxesRescheduled)
    assert event.viewable_until is None
    assert await provisioning.rows("select abolished_on from mailboxes") == [(LATER,)]


async def test_a_move_beyond_the_calendar_waits_for_one_that_reaches_so_far(
    empty_provisioning: Provisioning,
) -> None:
    await empty_provisioning.publish_contracts(a_contract())
    await empty_provisioning.publish_schedules(a_schedule(covers_until=date(2018, 11, 10)))
    await issued(empty_provisioning)
    (waiting,) = await empty_provisioning.move(RECEIPT, LATER)
    assert waiting.awaited_subject == "schedule"
    assert await empty_provisioning.published(MailboxesRescheduled) == []
    await empty_provisioning.publish_schedules(a_schedule(schedule_version=2, calendar_version=2))
    assert await empty_provisioning.move(RECEIPT, LATER) == []


async def test_a_move_of_what_was_never_issued_is_an_error_with_a_code_of_its_own(provisioning: Provisioning) -> None:
    with pytest.raises(UnknownIssue):
        await provisioning.move("180099A", LATER)


async def test_a_move_after_a_void_has_no_effect(provisioning: Provisioning) -> None:
    await issued(provisioning)
    await provisioning.void(RECEIPT)
    assert await provisioning.move(RECEIPT, LATER) == []
    assert await provisioning.published(MailboxesRescheduled) == []


async def test_an_office_that_closes_keeps_nothing_from_its_closing_day_on(provisioning: Provisioning) -> None:
    await issued(provisioning)
    closing = date(2018, 10, 30)
    await provisioning.publish_contracts(a_contract(contract_version=2, closed_on=closing))
    provisioning.clock.set(japan("2018-10-29T23:59:59"))
    assert await workflows.close_offices(provisioning.timetable) == 0
    provisioning.clock.set(japan("2018-10-30T00:00:00"))
    assert await workflows.close_offices(provisioning.timetable) == 1
    assert await workflows.close_offices(provisioning.timetable) == 0
    assert await rows_of(provisioning) == {
        OPENING_MAILBOX: ("abolished", "office_closure", closing + timedelta(days=30), "office_closed"),
        NEW_MAILBOX: ("void", "office_closure", None, "office_closed"),
    }
    assert await secrets_left(provisioning, NEW_MAILBOX) == 0
    assert await provisioning.published(OfficeClosed) == [
        OfficeClosed(office_code=OFFICE, closed_on=closing, abolished=[OPENING_MAILBOX, NEW_MAILBOX])
    ]
    provisioning.clock.set(japan("2018-11-02T00:00:00"))
    assert await workflows.start_services(provisioning.timetable) == 0


async def test_a_void_after_the_office_has_closed_is_still_answered(provisioning: Provisioning) -> None:
    await issued(provisioning)
    await provisioning.publish_contracts(a_contract(contract_version=2, closed_on=date(2018, 10, 30)))
    provisioning.clock.set(japan("2018-10-30T00:00:00"))
    await workflows.close_offices(provisioning.timetable)
    await provisioning.void(RECEIPT)
    assert [event.receipt_number for event in await provisioning.published(MailboxesVoided)] == [RECEIPT]


async def test_an_office_that_is_reopened_and_closes_again_is_closed_again(provisioning: Provisioning) -> None:
    for version, closing in ((2, date(2018, 10, 30)), (3, None), (4, date(2018, 11, 20))):
        await provisioning.publish_contracts(a_contract(contract_version=version, closed_on=closing))
        if closing:
            provisioning.clock.set(datetime.combine(closing, datetime.min.time(), TOKYO))
            assert await workflows.close_offices(provisioning.timetable) == 1
    assert [event.closed_on for event in await provisioning.published(OfficeClosed)] == [
        date(2018, 10, 30),
        date(2018, 11, 20),
    ]


async def test_a_day_without_the_service_is_caught_up_with_one_event_each(provisioning: Provisioning) -> None:
    numbers = [receipt_number(2018, 100 + number) for number in range(5)]
    await provisioning.approve(*(an_event(an_approval(receipt_number=number)) for number in numbers))
    await provisioning.publish_contracts(
        a_contract(office_code="ABC001"), a_contract(office_code="ABC001", contract_version=2, closed_on=START_DATE)
    )
    provisioning.clock.set(japan("2018-11-02T00:00:00"))
    for _ in range(3):
        await workflows.start_services(provisioning.timetable)
        await workflows.close_offices(provisioning.timetable)
    assert sorted(event.receipt_number for event in await provisioning.published(ServiceStarted)) == numbers
    assert {event.started_on for event in await provisioning.published(ServiceStarted)} == {START_DATE}
    assert len(await provisioning.published(OfficeClosed)) == 1


async def test_content_may_be_erased_only_after_the_configured_grace(provisioning: Provisioning) -> None:
    await started(provisioning)
    assert await provisioning.rows("select mailbox_id, content_erasable_from from mail_server_erasable") == [
        (OPENING_MAILBOX, START_DATE + timedelta(days=30))
    ]
