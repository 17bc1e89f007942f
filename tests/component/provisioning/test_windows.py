"""Windows on a real database: announced, closed with their keys, moved to another day, never shorter."""

from dataclasses import replace
from datetime import date

import pytest

from services.provisioning import workflows
from services.provisioning.domain.passwords import SealedPassword
from services.provisioning.vault import KeyDestroyed, KeyStoreUnavailable, open_passwords
from shared.contracts.provisioning_events import WindowClosed, WindowClosing
from shared.contracts.review_events import SchedulePublished
from shared.kernel.identifiers import ReceiptNumber, receipt_number
from tests.builders import OPENING_MAILBOX, RECEIPT, a_schedule, an_approval, an_event
from tests.component.provisioning.conftest import VISITOR, Provisioning, japan

LATER = ReceiptNumber("180013A")


async def issued(provisioning: Provisioning) -> None:
    """NAC00102 from 1 November 2018; readable until 5 November."""
    await provisioning.approve(an_event(an_approval(abolish=[OPENING_MAILBOX])))


async def sealed(provisioning: Provisioning) -> list[SealedPassword]:
    rows = await provisioning.pool.fetch(
        "select mailbox_id, closing_day, wrapped_key, ciphertext from sealed_passwords"
    )
    return [SealedPassword(**row) for row in rows]


@pytest.mark.parametrize(("viewed", "expected"), [(False, False), (True, True)])
async def test_one_business_day_before_the_end_it_is_announced_with_whether_anybody_looked(
    provisioning: Provisioning, viewed: bool, expected: bool
) -> None:
    await issued(provisioning)
    if viewed:
        await workflows.view_id_notice(provisioning.desk, RECEIPT, VISITOR)
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
    assert await workflows.view_id_notice(provisioning.desk, RECEIPT, VISITOR) is None


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
    assert len(await provisioning.read_passwords(later)) == 1


def closed_on(*days: str, version: int = 2) -> SchedulePublished:
    """A schedule whose calendar has these days closed."""
    closures = [{"date": day, "reason": "臨時休業"} for day in days]
    return a_schedule(schedule_version=version, calendar_version=version, closures=closures)


async def ends(provisioning: Provisioning) -> list[tuple[object, ...]]:
    return await provisioning.rows("select viewable_until, closing_notice_on from issues order by receipt_number")


async def test_a_new_closure_moves_an_open_window_and_the_password_outlives_the_old_days_key(
    provisioning: Provisioning,
) -> None:
    await issued(provisioning)
    password = await provisioning.read_passwords()
    old_dump = await sealed(provisioning)
    await provisioning.publish_schedules(closed_on("2018-11-02"))
    assert await ends(provisioning) == [(date(2018, 11, 6), date(2018, 11, 5))]
    assert await provisioning.read_passwords() == password

    provisioning.clock.set(japan("2018-11-06T00:00:00"))
    assert await workflows.close_windows(provisioning.timetable) == 0
    assert [path.name for path in provisioning.key_directory.iterdir()] == ["2018-11-06.key"]
    with pytest.raises(KeyDestroyed):
        await open_passwords(provisioning.tools.key_store, old_dump)
    assert await provisioning.read_passwords() == password

    provisioning.clock.set(japan("2018-11-07T00:00:00"))
    assert await workflows.close_windows(provisioning.timetable) == 1
    assert list(provisioning.key_directory.iterdir()) == []


async def test_a_calendar_that_would_shorten_a_window_leaves_it(provisioning: Provisioning) -> None:
    await provisioning.publish_schedules(closed_on("2018-11-02"))
    await issued(provisioning)
    before = await ends(provisioning)
    await provisioning.publish_schedules(closed_on(version=3))
    assert await ends(provisioning) == before == [(date(2018, 11, 6), date(2018, 11, 5))]


async def test_a_calendar_change_leaves_windows_that_are_over(provisioning: Provisioning) -> None:
    await issued(provisioning)
    provisioning.clock.set(japan("2018-11-06T00:00:00"))
    await provisioning.publish_schedules(closed_on("2018-11-02"))
    assert (await ends(provisioning))[0][0] == date(2018, 11, 5)
    assert await workflows.close_windows(provisioning.timetable) == 1


async def test_a_change_of_the_calendar_is_audited_with_both_ends(provisioning: Provisioning) -> None:
    await issued(provisioning)
    await provisioning.publish_schedules(closed_on("2018-11-02"))
    ((subject, detail),) = await provisioning.rows(
        "select subject, detail from audit_entries where action = 'window.calendar_changed'"
    )
    assert subject == RECEIPT
    assert detail == {"old_until": "2018-11-05", "new_until": "2018-11-06", "calendar_version": 2}


async def test_the_same_calendar_again_changes_nothing(provisioning: Provisioning) -> None:
    await issued(provisioning)
    await provisioning.publish_schedules(closed_on("2018-11-02"))
    await provisioning.publish_schedules(closed_on("2018-11-02"), closed_on("2018-11-02"))
    assert await provisioning.rows("select count(*) from audit_entries where action like 'window.%'") == [(1,)]


async def test_an_end_that_moves_after_its_announcement_is_announced_again(provisioning: Provisioning) -> None:
    await issued(provisioning)
    provisioning.clock.set(japan("2018-11-02T09:00:00"))
    assert await workflows.announce_closing_windows(provisioning.timetable) == 1
    await provisioning.publish_schedules(closed_on("2018-11-02"))
    assert await workflows.announce_closing_windows(provisioning.timetable) == 0
    provisioning.clock.set(japan("2018-11-05T00:00:00"))
    assert await workflows.announce_closing_windows(provisioning.timetable) == 1
    announced = await provisioning.published(WindowClosing)
    assert [event.viewable_until for event in announced] == [date(2018, 11, 5), date(2018, 11, 6)]


async def test_without_the_key_store_a_calendar_waits_rather_than_losing_passwords(provisioning: Provisioning) -> None:
    await issued(provisioning)
    provisioning.key_directory.chmod(0o755)
    with pytest.raises(KeyStoreUnavailable):
        await provisioning.publish_schedules(closed_on("2018-11-02"))
    assert await provisioning.rows("select calendar_version from calendar") == [(1,)]
    provisioning.key_directory.chmod(0o700)


async def test_a_window_whose_key_is_lost_is_not_extended_and_stops_nobody(provisioning: Provisioning) -> None:
    await issued(provisioning)
    await provisioning.approve(
        an_event(an_approval(receipt_number=LATER, confirmed_start_date=date(2018, 11, 8), add_edifact=1))
    )
    (provisioning.key_directory / "2018-11-05.key").unlink()
    await provisioning.publish_schedules(closed_on("2018-11-02", "2018-11-09"))
    assert [row[0] for row in await ends(provisioning)] == [date(2018, 11, 5), date(2018, 11, 13)]
    assert len(await provisioning.read_passwords(LATER)) == 2


async def test_an_outage_of_a_week_is_caught_up_with_one_event_each_and_no_key_left(
    provisioning: Provisioning,
) -> None:
    days = [date(2018, 11, day) for day in (1, 1, 2, 5)]
    for number, day in enumerate(days):
        receipt = receipt_number(2018, 40 + number)
        await provisioning.approve(an_event(an_approval(receipt_number=receipt, confirmed_start_date=day)))
    assert len(list(provisioning.key_directory.iterdir())) == 3
    provisioning.clock.set(japan("2018-11-14T03:00:00"))
    small = replace(provisioning.timetable, batch_size=3)
    assert await workflows.announce_closing_windows(small) == 0
    assert [await workflows.close_windows(small) for _ in range(3)] == [3, 1, 0]
    assert sorted(event.receipt_number for event in await provisioning.published(WindowClosed)) == [
        receipt_number(2018, 40 + number) for number in range(len(days))
    ]
    assert list(provisioning.key_directory.iterdir()) == []
    assert await provisioning.rows("select count(*) from day_keys where destroyed_at is null") == [(0,)]
    assert await provisioning.rows("select count(*) from sealed_passwords") == [(0,)]


async def test_a_key_whose_windows_have_all_moved_away_is_destroyed_on_its_day_all_the_same(
    provisioning: Provisioning,
) -> None:
    await issued(provisioning)
    await provisioning.publish_schedules(closed_on("2018-11-02"))
    provisioning.clock.set(japan("2018-11-06T00:00:00"))
    await workflows.close_windows(provisioning.timetable)
    assert not (provisioning.key_directory / "2018-11-05.key").exists()
    assert await provisioning.rows("select closing_day from day_keys where destroyed_at is null") == [
        (date(2018, 11, 6),)
    ]
