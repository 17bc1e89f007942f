"""The queues of held events: waiters on other replicas, and events of a newer release."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from time import monotonic
from typing import Any, cast

import pytest
from aiokafka.partitioner import DefaultPartitioner

from shared.contracts import registry
from shared.contracts.envelope import Event
from shared.contracts.intake_events import ApplicationReceived
from shared.contracts.notifier_events import MailSent
from shared.runtime import held_events_drain
from shared.runtime.database import Connection
from shared.runtime.event_router import Waiting
from shared.runtime.held_events import delete_held, lock_head
from shared.runtime.ids import new_uuid7
from tests.builders import an_event, mail_sent, mailboxes_issued
from tests.component.runtime.conftest import WAIT_SECONDS, RoadWorld
from tests.component.runtime.events import applications_of, contract_of, receipt
from tests.component.runtime.road import Replica, note_effects

OFFICES = [f"NAC{number:03d}" for number in range(60)]


@pytest.fixture
def no_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is found by the sweep, so everything must be found by waking."""
    monkeypatch.setattr(held_events_drain, "SWEEP_SECONDS", 3600.0)


@pytest.mark.usefixtures("no_sweep")
async def test_a_predecessor_that_arrives_on_another_replica_wakes_its_waiter(world: RoadWorld) -> None:
    across, longest = 0, 0.0
    async with world.replica() as one, world.replica() as two:
        for number, office in enumerate(OFFICES[:10]):
            before = received(one)
            await world.send(*applications_of(office, 1))
            await world.until("select count(*) from held_events where reason = 'waiting'", 1)
            waiter_on_one = received(one) > before
            before, started = received(one), monotonic()
            await world.send(on_the_other_partition(contract_of(office)))
            await world.until_effects(2 * (number + 1))
            longest = max(longest, monotonic() - started)
            across += waiter_on_one is not (received(one) > before)
        assert across == 10, "waiter and predecessor were on the same replica"
        assert received(two) > 0
    report = await world.print_report(sent=20, across=across, longest_wait=round(longest, 3))
    assert report["held"] == 0


@pytest.mark.usefixtures("no_sweep")
async def test_no_waiter_sleeps_through_a_predecessor_that_crosses_it(world: RoadWorld) -> None:
    async with world.replica(max_records=5) as one, world.replica(max_records=5) as two:
        for office in OFFICES:
            await world.send(*applications_of(office, 2), contract_of(office), *issues_of(office, 2))
        await world.until_effects(5 * len(OFFICES))
        held = one.consumer.counts.held + two.consumer.counts.held
        drained = one.consumer.counts.drained + two.consumer.counts.drained
    report = await world.print_report(sent=5 * len(OFFICES), waited=held, drained=drained)
    assert held > 0, "nothing crossed"
    assert report["held"] == 0
    assert report["repeated effects"] == 0
    assert await world.value("select count(*) from processed_events where status <> 'done'") == 0


@pytest.mark.usefixtures("no_sweep")
async def test_a_waiter_whose_fact_came_before_its_own_commit_is_still_woken(world: RoadWorld) -> None:
    one, two = slow_to_commit(world.replica()), slow_to_commit(world.replica())
    async with one, two:
        await world.send(*applications_of("NAC001", 1))
        async with asyncio.timeout(WAIT_SECONDS):
            await asyncio.wait(
                [asyncio.create_task(replica.decided.wait()) for replica in (one, two)],
                return_when=asyncio.FIRST_COMPLETED,
            )
        await world.send(on_the_other_partition(contract_of("NAC001")))
        await world.until_effects(1)
        await asyncio.sleep(0.3)
        for replica in (one, two):
            replica.may_commit.set()
        await world.until_effects(2)
    report = await world.print_report(sent=2)
    assert report["held"] == 0


class SlowReplica(Replica):
    """Its transaction about an application stays open, after the workflow has decided, until it may commit."""

    decided: asyncio.Event
    may_commit: asyncio.Event


def slow_to_commit(replica: Replica) -> SlowReplica:
    """The replica, slowed down."""
    slow = cast("SlowReplica", replica)
    slow.decided, slow.may_commit = asyncio.Event(), asyncio.Event()
    decide = replica.road.open_applications

    async def decide_and_wait(db: Connection, events: Sequence[Event[ApplicationReceived]]) -> list[Waiting]:
        waiting = await decide(db, events)
        slow.decided.set()
        await slow.may_commit.wait()
        return waiting

    replica.road.open_applications = decide_and_wait  # type: ignore[method-assign]
    return slow


@pytest.mark.usefixtures("no_sweep")
async def test_an_event_that_meets_a_queue_being_drained_waits_for_its_end_and_is_handled(world: RoadWorld) -> None:
    number = receipt("NAC001", 1)
    broken, later = (an_event(mail_sent(receipt_number=number), event_id=new_uuid7(), sequence=n) for n in (1, 2))
    await world.poison(broken.id)
    async with world.replica():
        await world.send(broken)
        await world.until("select count(*) from held_events where reason = 'dead'", 1)
        async with world.db.acquire() as drainer, drainer.transaction():
            head = await lock_head(drainer, (number, "nss.mail.v1"))
            assert head is not None
            await world.send(later)
            await asyncio.sleep(0.5)
            assert await world.value("select count(*) from processed_events") == 1, "it did not wait for the lock"
            await delete_held(drainer, head.position)
        await world.until_effects(1)
        assert await world.value("select count(*) from held_events") == 0
    await world.print_report(sent=2)


async def test_the_sweep_finds_a_waiter_that_nobody_woke(world: RoadWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_events_drain, "SWEEP_SECONDS", 0.3)
    async with world.replica():
        await world.send(*applications_of("NAC001", 3))
        await world.until("select count(*) from held_events", 3)
        await world.db.execute("insert into road_contracts values ('NAC001', 1)")
        await world.until_effects(3)
        await world.until("select count(*) from held_events", 0)
    await world.print_report(sent=3)


class MailSentAgain(MailSent):
    """The next major of a mail, as a newer release knows it."""

    ce_type = "nss.mail.sent.v2"


async def test_a_future_major_waits_for_the_release_that_knows_it(
    world: RoadWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = receipt("NAC001", 1)
    first = an_event(mail_sent(receipt_number=number), event_id=new_uuid7(), sequence=1)
    future = replace(first, data=MailSentAgain.model_validate(first.data.model_dump()))
    present = an_event(mail_sent(receipt_number=number), event_id=new_uuid7(), sequence=2)
    async with world.replica() as old:
        await world.send(future, present)
        await world.until("select string_agg(reason, ',' order by position) from held_events", "future,behind")
        assert old.consumer.ready
    monkeypatch.setitem(registry.EVENT_MODELS, MailSentAgain.ce_type, MailSentAgain)
    async with upgraded(world.replica()):
        await world.until_effects(2)
    report = await world.print_report(sent=2)
    assert report["held"] == 0
    assert report["order violations"] == 0


def upgraded(replica: Replica) -> Replica:
    """A replica whose router knows the next major too."""
    router = replica.road.router

    def knowing_more() -> Any:
        known = router()
        known.on(MailSentAgain, note_again)
        return known

    replica.road.router = knowing_more  # type: ignore[method-assign]
    return replica


async def note_again(db: Connection, events: Any) -> None:
    await note_effects(db, events)


def issues_of(office: str, count: int) -> list[Event[Any]]:
    """The issues of an office's first applications, on another topic than these."""
    return [
        an_event(
            mailboxes_issued(receipt_number=receipt(office, number), office_code=office),
            key=office,
            event_id=new_uuid7(),
            sequence=number,
        )
        for number in range(1, count + 1)
    ]


def on_the_other_partition(event: Event[Any]) -> Event[Any]:
    """The event with a key that lies on the other of two partitions than its own, and so with the other replica."""
    partition = DefaultPartitioner()
    own = partition(event.key.encode(), [0, 1], [0, 1])
    keys = (f"{event.key}-{number}" for number in count())
    return replace(event, key=next(key for key in keys if partition(key.encode(), [0, 1], [0, 1]) != own))


def received(replica: Replica) -> int:
    return replica.consumer.counts.received
