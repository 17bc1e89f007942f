"""What happens by the clock: service starts, the end of a window is announced, and then nothing opens any more."""

import asyncio
from datetime import date, datetime

import pytest

from services.provisioning import workflows
from services.provisioning.domain.passwords import SealedPassword
from services.provisioning.vault import KeyDestroyed, KeyStoreUnavailable, open_passwords
from services.provisioning.workflows import Timetable
from shared.contracts.event_data import MailboxKind, MailboxRef
from shared.contracts.provisioning_events import ServiceStarted, WindowClosed, WindowClosing
from shared.kernel.identifiers import OfficeCode, ReceiptNumber, receipt_number
from shared.kernel.local_time import TOKYO
from tests.builders import NEW_MAILBOX, OFFICE, OPENING_MAILBOX, RECEIPT, START_DATE, an_approval, an_event
from tests.component.provisioning.conftest import Provisioning


def japan(text: str) -> datetime:
    """An instant given in Japan's time."""
    return datetime.fromisoformat(text).replace(tzinfo=TOKYO)


async def issued(provisioning: Provisioning) -> None:
    """NAC00102 is added and NAC00101 given up, from 1 November 2018; readable until 5 November."""
    await provisioning.approve(an_event(an_approval(abolish=[OPENING_MAILBOX])))


async def statuses(provisioning: Provisioning) -> dict[str, str]:
    rows = await provisioning.rows("select mailbox_id, status from mailboxes")
    return {str(mailbox): str(status) for mailbox, status in rows}


async def sealed(provisioning: Provisioning) -> list[SealedPassword]:
    rows = await provisioning.pool.fetch(
        "select mailbox_id, closing_day, wrapped_key, ciphertext from sealed_passwords"
    )
    return [SealedPassword(**row) for row in rows]


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


@pytest.mark.parametrize(("viewed", "expected"), [(False, False), (True, True)])
async def test_one_business_day_before_the_end_it_is_announced_with_whether_anybody_looked(
    provisioning: Provisioning, viewed: bool, expected: bool
) -> None:
    await issued(provisioning)
    if viewed:
        await workflows.view_id_notice(provisioning.desk, RECEIPT, OFFICE)
    provisioning.clock.set(japan("2018-11-01T23:59:59"))
    assert await workflows.announce_closing_windows(provisioning.timetable) == 0
    provisioning.clock.set(japan("2018-11-02T00:00:00"))
    assert await workflows.announce_closing_windows(provisioning.timetable) == 1
    assert await workflows.announce_closing_windows(provisioning.timetable) == 0
    assert await provisioning.published(WindowClosing) == [
        WindowClosing(receipt_number=RECEIPT, viewable_until=date(2018, 11, 5), ever_viewed=expected)
    ]


async def test_a_window_that_is_over_is_not_announced_any_more(provisioning: Provisioning) -> None:
    await issued(provisioning)
    provisioning.clock.set(japan("2018-11-06T00:00:00"))
    assert await workflows.announce_closing_windows(provisioning.timetable) == 0


async def test_abolition_alone_has_no_window_to_announce_or_close(provisioning: Provisioning) -> None:
    await provisioning.approve(an_event(an_approval(add_smtp_pop3=0, abolish=[OPENING_MAILBOX])))
    provisioning.clock.set(japan("2018-11-30T00:00:00"))
    assert await workflows.announce_closing_windows(provisioning.timetable) == 0
    assert await workflows.close_windows(provisioning.timetable) == 0
    assert await workflows.view_id_notice(provisioning.desk, RECEIPT, OFFICE) is None


async def test_the_window_closes_at_midnight_and_then_nothing_opens(provisioning: Provisioning) -> None:
    await issued(provisioning)
    backup = await sealed(provisioning)
    provisioning.clock.set(japan("2018-11-05T23:59:59"))
    assert await workflows.close_windows(provisioning.timetable) == 0
    assert len(await open_passwords(provisioning.tools.key_store, backup)) == 1

    provisioning.clock.set(japan("2018-11-06T00:00:00"))
    assert await workflows.close_windows(provisioning.timetable) == 1
    assert await sealed(provisioning) == []
    assert list(provisioning.key_directory.iterdir()) == []
    with pytest.raises(KeyDestroyed):
        await open_passwords(provisioning.tools.key_store, backup)
    assert await workflows.close_windows(provisioning.timetable) == 0
    (closed,) = await provisioning.published(WindowClosed)
    assert (closed.receipt_number, closed.closed_at, closed.ever_viewed) == (RECEIPT, provisioning.clock.now(), False)


async def test_a_key_store_that_is_away_leaves_the_window_to_be_closed_later(provisioning: Provisioning) -> None:
    await issued(provisioning)
    provisioning.clock.set(japan("2018-11-06T00:00:00"))
    provisioning.key_directory.chmod(0o755)
    with pytest.raises(KeyStoreUnavailable):
        await workflows.close_windows(provisioning.timetable)
    assert len(await sealed(provisioning)) == 1
    assert await provisioning.published(WindowClosed) == []
    provisioning.key_directory.chmod(0o700)
    assert await workflows.close_windows(provisioning.timetable) == 1


async def test_an_application_that_is_not_due_keeps_its_day_key(provisioning: Provisioning) -> None:
    await issued(provisioning)
    later = ReceiptNumber("180013A")
    await provisioning.approve(an_event(an_approval(receipt_number=later, confirmed_start_date=date(2018, 11, 8))))
    provisioning.clock.set(japan("2018-11-06T00:00:00"))
    assert await workflows.close_windows(provisioning.timetable) == 1
    shown = await workflows.reveal_id_notice(provisioning.desk, later, OfficeCode("NAC001"))
    assert shown is not None
    assert len(shown.passwords) == 1
