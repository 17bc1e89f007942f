"""A database that is older than its topics: found by what it told and by what it handled, and brought up to them."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.contracts.envelope import Event
from shared.contracts.intake_events import ApplicationCorrected, ApplicationReceived
from shared.contracts.review_events import ReviewOpened
from shared.contracts.topics import APPLICATION, CONTRACT, REVIEW
from shared.runtime.database import Connection
from shared.runtime.event_router import EventRouter
from shared.runtime.kafka import KafkaUnreachable
from shared.runtime.processed_events import Status
from shared.runtime.processed_purge import KEPT_BEYOND_RETENTION
from shared.runtime.recall import look, plan_repair, repair
from shared.runtime.recall.looking import CLOCKS_APART, MOST_RECORDS, ROLL_OUT, TAIL_RECORDS
from tests.builders import NOW, RECEIPT, FixedClock, an_application_received, an_event, numbered_id, review_opened
from tests.component.recall.desk import READ_AT_ONCE, Desk, a_correction, recorded

RECEIVED = an_event(an_application_received())
OVERTAKEN = TAIL_RECORDS * 10


async def test_a_database_that_knows_what_its_topics_know_is_current(desk: Desk) -> None:
    assert await look(desk.recall)
    await desk.tell(an_event(review_opened()))
    desk.publish(RECEIVED, an_event(review_opened(), sequence=1))
    await desk.consume(RECEIVED)
    desk.commit(1)
    assert await look(desk.recall)
    positions = await desk.pool.fetchval("select positions from topic_memory")
    assert (positions[f"{REVIEW.name}/0"], positions[f"{APPLICATION.name}/0"]) == (1, 1)


async def test_what_it_told_and_does_not_know_is_read_back_and_no_number_is_given_twice(desk: Desk) -> None:
    await desk.tell(recorded(1, 1))
    desk.publish(recorded(1, 1))
    assert await look(desk.recall)
    desk.publish(recorded(2, 2), recorded(3, 3), recorded(3, 3))
    assert not await look(desk.recall)
    assert (await desk.last_number(), desk.lifted) == (3, [RECEIPT])
    assert not await look(desk.recall)
    assert (await plan_repair(desk.recall)).restored == 2
    assert desk.recorded == []
    assert (await repair(desk.recall, "sato")).restored == 2
    assert desk.recorded == ["2018-10-02", "2018-10-03"]
    assert await look(desk.recall)


async def test_what_it_handled_and_forgot_is_handled_again_and_not_told_again(desk: Desk) -> None:
    assert await look(desk.recall)
    desk.publish(RECEIVED, replace(an_event(review_opened()), causation_id=RECEIVED.id))
    desk.commit(1)
    assert not await look(desk.recall)
    report = await repair(desk.recall, "sato")
    assert (report.handled_again, report.restored, report.left) == (1, 0, ())
    assert desk.opened == [RECEIPT]
    assert (await desk.waiting(), await desk.last_number()) == (0, 1)
    assert await look(desk.recall)


async def test_numbers_go_on_behind_what_a_repeated_event_tells_for_the_first_time(desk: Desk) -> None:
    async def open_and_record(db: Connection, events: Sequence[Event[ApplicationReceived]]) -> None:
        await desk.open(db, events)
        await desk.tell_within(db, replace(recorded(4, 0), causation_id=events[0].id))

    router = EventRouter("review")
    router.on(ApplicationReceived, open_and_record)
    assert await look(desk.recall)
    desk.publish(RECEIVED, replace(an_event(review_opened(), sequence=1), causation_id=RECEIVED.id))
    desk.commit(1)
    assert not await look(desk.recall)
    assert (await repair(replace(desk.recall, router=router), "sato")).left == ()
    told = await desk.pool.fetch("select type, sequence::bigint as number from event_outbox")
    assert [(row["type"], row["number"]) for row in told] == [(recorded(4, 0).type, await desk.last_number())]
    desk.publish(replace(recorded(4, told[0]["number"]), causation_id=RECEIVED.id))
    assert await look(desk.recall)


async def test_what_the_release_before_passed_by_is_not_missed_by_one_that_acts_on_it(desk: Desk) -> None:
    async def correct(_db: Connection, _events: Sequence[Event[ApplicationCorrected]]) -> None:
        raise NotImplementedError

    earlier, router = desk.recall, EventRouter("review")
    router.on(ApplicationReceived, desk.open)
    router.on(ApplicationCorrected, correct)
    assert await look(earlier)
    later = replace(earlier, router=router)
    desk.publish(an_event(a_correction(), time=NOW))
    desk.commit(1)
    assert await look(later)
    assert await look(later)
    desk.publish(an_event(a_correction(), time=NOW + ROLL_OUT - timedelta(seconds=1)))
    desk.commit(2)
    assert await look(later), "workers of the release before may still have been at work"
    desk.publish(an_event(a_correction(), time=NOW + ROLL_OUT))
    desk.commit(3)
    assert not await look(later)


async def test_rolled_back_and_out_again_the_hour_begins_anew(desk: Desk) -> None:
    async def correct(_db: Connection, _events: Sequence[Event[ApplicationCorrected]]) -> None:
        raise NotImplementedError

    earlier, router = desk.recall, EventRouter("review")
    router.on(ApplicationReceived, desk.open)
    router.on(ApplicationCorrected, correct)
    for release in (earlier, replace(earlier, router=router), earlier):
        assert await look(release)
    desk.publish(an_event(a_correction(), time=NOW + 2 * ROLL_OUT))
    desk.commit(1)
    assert await look(earlier)
    assert await look(replace(earlier, router=router, clock=FixedClock(NOW + 3 * ROLL_OUT)))


async def test_what_it_was_free_to_forget_is_not_missed_though_a_broker_still_has_it(desk: Desk) -> None:
    assert await look(desk.recall)
    desk.publish(an_event(an_application_received(), time=NOW))
    desk.commit(1)
    kept = timedelta(days=APPLICATION.retention_days or 0) + KEPT_BEYOND_RETENTION - CLOCKS_APART
    assert await look(replace(desk.recall, clock=FixedClock(NOW + kept + timedelta(seconds=1))))
    assert not await look(replace(desk.recall, clock=FixedClock(NOW + kept)))


@pytest.mark.parametrize("status", ["done", "held", "dead"])
async def test_what_waits_or_is_dead_is_remembered_as_well(desk: Desk, status: Status) -> None:
    desk.publish(RECEIVED)
    await desk.consume(RECEIVED, status=status)
    desk.commit(1)
    assert await look(desk.recall)


async def test_what_cannot_be_read_or_is_not_acted_on_is_nothing_to_miss(desk: Desk) -> None:
    assert await look(desk.recall)
    desk.topics.put(APPLICATION, b"{", [])
    desk.topics.put(APPLICATION, b"{}", [("ce_type", RECEIVED.type.encode()), ("ce_id", b"?")])
    desk.topics.put(APPLICATION, b"{}", [("ce_type", b"nss.application.praised.v1"), ("ce_sequence", b"9")])
    desk.topics.put(APPLICATION, b"{}", [("ce_type", b"nss.application.received.v9")])
    desk.publish(an_event(a_correction()))
    desk.commit(5)
    desk.topics.put(CONTRACT, None, [])
    desk.topics.offsets[CONTRACT.name, 0] = 1
    desk.topics.put(REVIEW, b"{", [("ce_type", b"nss.review.praised.v1"), ("ce_sequence", b"9")])
    assert await look(desk.recall)


async def test_what_it_handled_is_missed_even_where_it_had_told_nothing_yet(desk: Desk) -> None:
    assert await look(desk.recall)
    desk.publish(RECEIVED)
    desk.commit(1)
    assert not await look(desk.recall)
    assert (await repair(desk.recall, "sato")).handled_again == 1
    assert (desk.opened, await desk.waiting()) == ([RECEIPT], 1)


async def test_what_has_no_way_back_is_named_and_the_rest_goes_on(desk: Desk) -> None:
    assert await look(desk.recall)
    desk.publish(an_event(review_opened(), sequence=1), recorded(2, 2))
    assert not await look(desk.recall)
    report = await repair(desk.recall, "sato")
    assert report.left == (f"{ReviewOpened.ce_type} {RECEIPT}",)
    assert desk.recorded == ["2018-10-02"]
    assert await look(desk.recall)


@pytest.mark.parametrize("lost", ["told", "handled"])
async def test_what_a_failed_server_lost_is_missed_though_work_went_on_long_since(desk: Desk, lost: str) -> None:
    assert await look(desk.recall)
    later = [replace(RECEIVED, id=numbered_id(1000 + number)) for number in range(1, OVERTAKEN)]
    await desk.consume(*later)
    await desk.tell(*(an_event(review_opened(), subject=f"{number}") for number in range(1, OVERTAKEN)))
    if lost == "told":
        desk.publish(an_event(review_opened(), subject="0", sequence=1))
    else:
        desk.publish(RECEIVED)
    desk.publish(*(an_event(review_opened(), subject=f"{number}", sequence=1) for number in range(1, OVERTAKEN)))
    desk.publish(*later)
    desk.commit(OVERTAKEN if lost == "handled" else OVERTAKEN - 1)
    assert not await look(desk.recall)


async def test_of_a_long_topic_no_more_is_read_than_its_newest_records(desk: Desk) -> None:
    await desk.tell(recorded(1, 1))
    desk.publish(recorded(2, 2), *([recorded(1, 1)] * MOST_RECORDS))
    assert await look(desk.recall)


async def test_a_partition_that_was_added_is_compared_from_its_first_record(desk: Desk) -> None:
    await desk.tell(recorded(1, 1))
    desk.publish(recorded(1, 1))
    assert await look(desk.recall)
    desk.topics.standing[REVIEW.name, 1] = []
    assert await look(desk.recall)
    desk.publish(recorded(2, 2), partition=1)
    assert not await look(desk.recall)
    assert (await repair(desk.recall, "sato")).restored == 1
    assert await look(desk.recall)


async def test_an_empty_database_on_old_topics_is_filled_and_watched_from_then_on(desk: Desk) -> None:
    desk.publish(RECEIVED, recorded(1, 1))
    desk.commit(1)
    assert not await look(desk.recall)
    report = await repair(desk.recall, "sato")
    assert (report.handled_again, report.restored) == (1, 1)
    assert await look(desk.recall)
    desk.publish(replace(RECEIVED, id=numbered_id(2)))
    desk.commit(2)
    assert not await look(desk.recall), "lost again within the hour"


async def test_marked_before_it_is_noted_how_far_it_is_behind_and_noted_in_a_second_attempt(desk: Desk) -> None:
    assert await look(desk.recall)
    subjects = [f"{number}" for number in range(120)]
    desk.publish(*(an_event(review_opened(), subject=subject, sequence=2) for subject in subjects))

    async def lift_and_lose_the_broker(db: Connection, behind: Collection[str]) -> None:
        await desk.lift(db, behind)
        if behind and len(desk.lifted) == READ_AT_ONCE:
            desk.topics.problem = KafkaUnreachable("in the middle")

    desk.recall = replace(desk.recall, book=replace(desk.recall.book, lift_numbers=lift_and_lose_the_broker))
    with pytest.raises(KafkaUnreachable):
        await look(desk.recall)
    assert await desk.pool.fetchval("select not is_current and not is_noted from topic_memory")
    desk.topics.problem = None
    assert not await look(desk.recall)
    assert await desk.pool.fetchval("select not is_current and is_noted from topic_memory")
    assert sorted(desk.lifted) == sorted(subjects)
    behind = await desk.pool.fetch("select remembered, told from subjects_behind")
    assert [tuple(row) for row in behind] == [(0, 2)] * len(subjects)


async def test_two_replicas_that_look_at_once_find_the_same(desk: Desk) -> None:
    await desk.tell(recorded(1, 1))
    assert await look(desk.recall)
    desk.publish(recorded(2, 2), recorded(3, 3))
    assert {*await asyncio.gather(look(desk.recall), look(desk.recall))} == {False}
    rows = await desk.pool.fetch("select remembered, told from subjects_behind")
    assert [tuple(row) for row in rows] == [(1, 3)]
    assert (await repair(desk.recall, "sato")).restored == 2
    assert {*await asyncio.gather(look(desk.recall), look(desk.recall))} == {True}
