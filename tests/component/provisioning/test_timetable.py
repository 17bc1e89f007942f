"""What happens by the clock: services start, once each, however late."""

import asyncio

from services.provisioning import workflows
from services.provisioning.workflows import Timetable
from shared.contracts.event_data import MailboxKind, MailboxRef
from shared.contracts.provisioning_events import ServiceStarted
from shared.kernel.identifiers import receipt_number
from tests.builders import NEW_MAILBOX, OFFICE, OPENING_MAILBOX, RECEIPT, START_DATE, an_approval, an_event
from tests.component.provisioning.conftest import Provisioning, japan


async def issued(provisioning: Provisioning) -> None:
    """NAC00102 is added and NAC00101 given up, from 1 November 2018; readable until 5 November."""
    await provisioning.approve(an_event(an_approval(abolish=[OPENING_MAILBOX])))


async def statuses(provisioning: Provisioning) -> dict[str, str]:
    rows = await provisioning.rows("select mailbox_id, status from mailboxes")
    return {str(mailbox): str(status) for mailbox, status in rows}


async def test_nothing_starts_a_second_before_midnight_of_the_start_date(provisioning: Provisioning) -> None:
    await issued(provisioning)
    provisioning.clock.set(japan("2018-10-31T23:59:59"))
    assert await workflows.start_services(provisioning.timetable) == 0
    assert await statuses(provisioning) == {OPENING_MAILBOX: "active", NEW_MAILBOX: "issued"}
    assert await provisioning.rows("select 1 from mail_server_accounts") == []


async def test_at_midnight_additions_are_active_and_abolitions_closed(provisioning: Provisioning) -> None:
    await issued(provisioning)
    provisioning.clock.set(japan("2018-11-01T00:00:00"))
    assert await workflows.start_services(provisioning.timetable) == 1
    assert await statuses(provisioning) == {OPENING_MAILBOX: "abolished", NEW_MAILBOX: "active"}
    assert await provisioning.published(ServiceStarted) == [
        ServiceStarted(
            receipt_number=RECEIPT,
            office_code=OFFICE,
            started_on=START_DATE,
            activated=[MailboxRef(mailbox_id=NEW_MAILBOX, kind=MailboxKind.SMTP_POP3)],
            abolished=[OPENING_MAILBOX],
        )
    ]


async def test_the_mail_server_sees_hashes_of_active_boxes_and_refuses_abolished_ones(
    provisioning: Provisioning,
) -> None:
    await issued(provisioning)
    provisioning.clock.set(japan("2018-11-01T00:00:00"))
    await workflows.start_services(provisioning.timetable)
    accounts = await provisioning.rows("select * from mail_server_accounts order by mailbox_id")
    ((_, expected),) = await provisioning.rows("select * from mailbox_credentials")
    assert accounts == [(OPENING_MAILBOX, None, False), (NEW_MAILBOX, expected, True)]
    assert str(expected).startswith("{ARGON2ID}$argon2id$")


async def test_a_second_run_and_a_late_run_change_nothing_but_the_instant(provisioning: Provisioning) -> None:
    await issued(provisioning)
    provisioning.clock.set(japan("2018-11-03T09:00:00"))
    assert await workflows.start_services(provisioning.timetable) == 1
    assert await workflows.start_services(provisioning.timetable) == 0
    (started,) = await provisioning.published(ServiceStarted)
    assert started.started_on == START_DATE


async def test_four_workers_start_each_of_thirty_services_once(provisioning: Provisioning) -> None:
    numbers = [receipt_number(2018, 100 + number) for number in range(30)]
    await provisioning.approve(*(an_event(an_approval(receipt_number=number)) for number in numbers))
    provisioning.clock.set(japan("2018-11-01T00:00:00"))
    small = Timetable(
        provisioning.pool, provisioning.clock, provisioning.tools.new_id, provisioning.tools.key_store, batch_size=4
    )

    async def work() -> int:
        done = 0
        while handled := await workflows.start_services(small):
            done += handled
        return done

    assert sum(await asyncio.gather(*(work() for _ in range(4)))) == 30
    assert sorted(event.receipt_number for event in await provisioning.published(ServiceStarted)) == numbers
