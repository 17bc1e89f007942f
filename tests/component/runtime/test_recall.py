"""A database that is older than its topics: found by what it told and by what it handled, and brought up to them."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from shared.contracts.envelope import Event, to_record
from shared.contracts.event_data import EventData
from shared.contracts.intake_events import ApplicationCorrected, ApplicationReceived
from shared.contracts.review_events import ReviewOpened, SystemSettingRecorded
from shared.contracts.topics import APPLICATION, REVIEW, consumer_group
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.event_outbox import append_events
from shared.runtime.event_router import EventRouter
from shared.runtime.processed_events import claim_events
from shared.runtime.processed_purge import KEPT_BEYOND_RETENTION
from shared.runtime.recall import OwnBook, Recall, RecallWatch, look, plan_repair, repair
from shared.runtime.recall.looking import ROLL_OUT
from shared.runtime.recall.memory import mark_behind
from shared.runtime.recall.watching import ASKED_AGAIN_SECONDS
from tests.builders import NOW, RECEIPT, FixedClock, an_application_received, an_event, new_ids, review_opened
from tests.component.runtime.outbox_parts import settings_for
from tests.conftest import PreparedTopics


class Desk:
    """Review in small: it opens what is received, and a person records a setting."""

    def __init__(self, topics: PreparedTopics, url: str, pool: Pool, producer: AIOKafkaProducer) -> None:
        self.topics, self.pool, self.producer = topics, pool, producer
        self.opened: list[str] = []
        self.recorded: list[str] = []
        self.new_id = new_ids()
        router = EventRouter("review")
        router.on(ApplicationReceived, self.open)
        book = OwnBook({SystemSettingRecorded.ce_type: self.restore})
        settings = settings_for(url, topics.bootstrap, topics.prefix)
        self.recall = Recall("review", settings, pool, FixedClock(), router, book)

    async def open(self, db: Connection, events: Sequence[Event[ApplicationReceived]]) -> None:
        """As the handler does, with an event that tells of it."""
        self.opened += [event.subject for event in events]
        told = [replace(an_event(review_opened()), causation_id=event.id, sequence=None) for event in events]
        await append_events(db, [replace(event, id=self.new_id()) for event in told])

    async def restore(self, _db: Connection, event: Event[Any]) -> None:
        """As a book does."""
        self.recorded.append(str(event.data.completed_on))

    async def publish(self, *events: Event[EventData]) -> None:
        """On partition 0 of their topics."""
        for event in events:
            record = to_record(event, self.topics.prefix)
            await self.producer.send_and_wait(
                record.topic, record.value, key=record.key, headers=list(record.headers), partition=0
            )

    async def commit(self, offset: int) -> None:
        """What review's group has handled of the applications."""
        group = consumer_group("review", self.topics.prefix)
        async with AIOKafkaConsumer(
            bootstrap_servers=self.topics.bootstrap, group_id=group, enable_auto_commit=False
        ) as consumer:
            place = TopicPartition(self.topics.name(APPLICATION), 0)
            consumer.assign([place])
            await consumer.commit({place: offset})

    async def tell(self, *events: Event[EventData]) -> None:
        """Give them numbers here, as whoever tells does."""
        async with transaction(self.pool) as db:
            await append_events(db, [replace(event, id=self.new_id()) for event in events])
            await db.execute("delete from event_outbox")

    async def last_number(self) -> int:
        number: int = await self.pool.fetchval("select last_sequence from event_sequences where subject = $1", RECEIPT)
        return number


def a_correction() -> ApplicationCorrected:
    again = {"revision": 2, "corrected_at": NOW, "answers_clarification_id": UUID(int=7)}
    return ApplicationCorrected.model_validate({**an_application_received().model_dump(), **again})


def recorded(day: int, sequence: int) -> Event[EventData]:
    data = SystemSettingRecorded(receipt_number=RECEIPT, completed_on=date(2018, 10, day))
    return an_event(data, sequence=sequence, time=NOW)


@pytest.fixture
def desk(topics: PreparedTopics, url: str, pool: Pool, producer: AIOKafkaProducer) -> Desk:
    return Desk(topics, url, pool, producer)


async def test_a_database_that_knows_what_its_topics_know_is_current(desk: Desk) -> None:
    assert await look(desk.recall)
    received = an_event(an_application_received())
    await desk.tell(an_event(review_opened()))
    await desk.publish(received, an_event(review_opened(), sequence=1))
    async with transaction(desk.pool) as db:
        await claim_events(db, [(received.source, received.id)], [APPLICATION.name], NOW)
    await desk.commit(1)
    assert await look(desk.recall)
    positions = await desk.pool.fetchval("select positions from topic_memory")
    assert (positions[f"{REVIEW.name}/0"], positions[f"{APPLICATION.name}/0"]) == (1, 1)


async def test_what_it_told_and_does_not_know_is_read_back_and_no_number_is_given_twice(desk: Desk) -> None:
    await desk.tell(recorded(1, 1))
    await desk.publish(recorded(1, 1))
    assert await look(desk.recall)
    await desk.publish(recorded(2, 2), recorded(3, 3), recorded(3, 3))
    assert not await look(desk.recall)
    assert await desk.last_number() == 3
    assert not await look(desk.recall)
    assert (await plan_repair(desk.recall)).restored == 2
    assert desk.recorded == []
    assert (await repair(desk.recall, "sato")).restored == 2
    assert desk.recorded == ["2018-10-02", "2018-10-03"]
    assert await look(desk.recall)


async def test_what_it_handled_and_forgot_is_handled_again_and_not_told_again(desk: Desk) -> None:
    assert await look(desk.recall)
    received = an_event(an_application_received())
    opened = replace(an_event(review_opened()), causation_id=received.id)
    await desk.publish(received, opened)
    await desk.commit(1)
    assert not await look(desk.recall)
    report = await repair(desk.recall, "sato")
    assert (report.handled_again, report.restored, report.left) == (1, 0, ())
    assert desk.opened == [RECEIPT]
    assert await desk.pool.fetchval("select count(*) from event_outbox") == 0
    assert await desk.last_number() == 1
    assert await look(desk.recall)


async def test_what_the_release_before_passed_by_is_not_missed_by_one_that_acts_on_it(desk: Desk) -> None:
    async def correct(_db: Connection, _events: Sequence[Event[ApplicationCorrected]]) -> None:
        raise NotImplementedError

    earlier, router = desk.recall, EventRouter("review")
    router.on(ApplicationReceived, desk.open)
    router.on(ApplicationCorrected, correct)
    assert await look(earlier)
    later = replace(earlier, router=router)
    await desk.publish(an_event(a_correction(), time=NOW))
    await desk.commit(1)
    assert await look(later)
    assert await look(later)
    await desk.publish(an_event(a_correction(), time=NOW + ROLL_OUT - timedelta(seconds=1)))
    await desk.commit(2)
    assert await look(later), "workers of the release before may still have been at work"
    await desk.publish(an_event(a_correction(), time=NOW + ROLL_OUT))
    await desk.commit(3)
    assert not await look(later)


async def test_what_it_was_free_to_forget_is_not_missed_though_a_broker_still_has_it(desk: Desk) -> None:
    assert await look(desk.recall)
    received = an_event(an_application_received(), time=NOW)
    await desk.publish(received)
    await desk.commit(1)
    kept = timedelta(days=APPLICATION.retention_days or 0) + KEPT_BEYOND_RETENTION
    assert await look(replace(desk.recall, clock=FixedClock(NOW + kept + timedelta(seconds=1))))
    assert not await look(replace(desk.recall, clock=FixedClock(NOW + kept)))


async def test_what_it_handled_is_missed_even_where_it_had_told_nothing_yet(desk: Desk) -> None:
    assert await look(desk.recall)
    await desk.publish(an_event(an_application_received()))
    await desk.commit(1)
    assert not await look(desk.recall)
    assert (await repair(desk.recall, "sato")).handled_again == 1
    assert (desk.opened, await desk.pool.fetchval("select count(*) from event_outbox")) == ([RECEIPT], 1)


async def test_what_has_no_way_back_is_named_and_the_rest_goes_on(desk: Desk) -> None:
    assert await look(desk.recall)
    await desk.publish(an_event(review_opened(), sequence=1), recorded(2, 2))
    assert not await look(desk.recall)
    report = await repair(desk.recall, "sato")
    assert report.left == (f"{ReviewOpened.ce_type} {RECEIPT}",)
    assert desk.recorded == ["2018-10-02"]
    assert await look(desk.recall)


async def test_with_the_broker_away_work_goes_on_but_not_on_a_database_known_to_be_behind(desk: Desk) -> None:
    nowhere = desk.recall.settings.model_copy(update={"kafka_bootstrap": "127.0.0.1:1"})
    watch = RecallWatch(replace(desk.recall, settings=nowhere))
    assert not watch.is_current
    await watch.settle()
    assert watch.is_current
    async with transaction(desk.pool) as db:
        await mark_behind(db, NOW)
    waiting = asyncio.create_task(watch.settle())
    await asyncio.wait([waiting], timeout=1)
    assert (waiting.done(), watch.is_current) == (False, False)
    waiting.cancel()


async def test_a_process_without_a_worker_learns_from_the_database_that_it_may_not_work(desk: Desk) -> None:
    watch = RecallWatch(desk.recall)
    following = asyncio.create_task(watch.follow())
    await asyncio.wait([following], timeout=0.5)
    assert watch.is_current
    async with transaction(desk.pool) as db:
        await mark_behind(db, NOW)
    await asyncio.wait([following], timeout=ASKED_AGAIN_SECONDS + 1)
    assert not watch.is_current
    following.cancel()


async def test_a_database_taken_back_beneath_a_running_process_ends_its_work(desk: Desk) -> None:
    watch = RecallWatch(desk.recall)
    await watch.settle()
    await desk.publish(recorded(1, 1))
    assert await watch.job().run() == 0
    await asyncio.wait_for(watch.found_behind(), 1)
    assert not watch.is_current
