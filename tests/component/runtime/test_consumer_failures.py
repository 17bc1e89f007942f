"""Failures: the infrastructure's are retried and leave no dead letter; a topic that mostly fails is braked."""

import asyncio
from collections.abc import Sequence

import asyncpg
import pytest

from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.runtime import brake, consumer_failures, consumer_redo
from shared.runtime.consumer import STOP_SECONDS
from shared.runtime.ids import new_uuid7
from tests.builders import an_event, mail_sent
from tests.component.runtime.conftest import RoadWorld
from tests.component.runtime.events import applications_of, contract_of, receipt
from tests.component.runtime.outbox_parts import until
from tests.component.runtime.road import KEY_ORDER_VIOLATIONS, Replica

TERMINATE = """
select count(pg_terminate_backend(pid)) from pg_stat_activity
where application_name = 'road' and datname = current_database()
"""
AT_WORK = """
select count(*) > 0 from pg_stat_activity
where application_name = 'road' and datname = current_database() and wait_event_type = 'Lock'
"""


async def test_lost_connections_are_retried_without_a_dead_letter(world: RoadWorld) -> None:
    async with world.replica(max_records=25) as replica:
        # An application that overtakes its contract is held, and then passed by others of its office.
        await world.send(contract_of("NAC001"))
        await world.until_effects(1)
        await lose_connections_at_work(world, applications_of("NAC001", 100))
        for start in range(101, 601, 100):
            await world.send(*applications_of("NAC001", 100, first=start))
            await world.db.fetchval(TERMINATE)
            await asyncio.sleep(0.1)
        await world.until_effects(601)
        retries = replica.consumer._retry.retries
        assert retries > 0, "no connection was lost at work"
    report = await world.print_report(
        sent=601, retries=retries, key_order_violations=await world.value(KEY_ORDER_VIOLATIONS)
    )
    assert (report["repeated effects"], report["dead"], report["key_order_violations"]) == (0, 0, 0)


async def lose_connections_at_work(world: RoadWorld, events: Sequence[Event[EventData]]) -> None:
    """The first loss meets a transaction under way for certain; the moments of the others are left to chance."""
    connection = await asyncpg.connect(world.database)
    async with connection.transaction():
        await connection.execute("lock table road_effects")
        await world.send(*events)
        await world.until(AT_WORK, True)
        await world.db.fetchval(TERMINATE)
    await connection.close()


async def test_a_lock_is_waited_for_and_the_preparation_is_not_repeated(
    world: RoadWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_failures, "UNREADY_AFTER_SECONDS", 0.5)
    mails = [an_event(mail_sent(receipt_number=receipt("NAC001", n)), event_id=new_uuid7()) for n in range(1, 21)]
    async with world.replica() as replica:
        await locked_for_a_while(world, replica, mails)
        await world.until_effects(20)
        assert replica.consumer.ready
        assert replica.road.prepared_calls == 20
        assert replica.consumer._retry.retries > 0
    report = await world.print_report(sent=20)
    assert report["dead"] == 0


async def locked_for_a_while(world: RoadWorld, replica: Replica, mails: Sequence[Event[EventData]]) -> None:
    connection = await asyncpg.connect(world.database)
    async with connection.transaction():
        await connection.execute("lock table road_effects")
        await world.send(*mails)
        await until(lambda: not replica.consumer.ready)
        assert "database" in str(replica.consumer.unready_reason)
    await connection.close()


async def test_stopping_during_an_outage_takes_no_time_and_loses_nothing(world: RoadWorld) -> None:
    connection = await asyncpg.connect(world.database)
    async with world.replica() as replica:
        await connection.execute("begin; lock table road_effects")
        await world.send(contract_of("NAC001"))
        await until(lambda: replica.consumer._retry.retries > 0)
        async with asyncio.timeout(STOP_SECONDS):
            await replica.consumer.stop()
    await connection.close()
    async with world.replica():
        await world.until_effects(1)


async def test_a_topic_that_mostly_fails_is_braked_and_the_others_flow(
    world: RoadWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brake, "FIRST_PAUSE_SECONDS", 3600.0)
    monkeypatch.setattr(consumer_redo, "TRY_AGAIN_SECONDS", (0.0, 0.0))
    mails = [
        an_event(mail_sent(receipt_number=receipt("NAC001", n)), event_id=new_uuid7(), sequence=n) for n in range(1, 61)
    ]
    await world.db.executemany("insert into road_poison values ($1)", [(mail.id,) for mail in mails])
    async with world.replica(max_records=10) as replica:
        await world.send(*mails)
        await world.until("select count(*) from held_events where reason = 'dead'", brake.WINDOW)
        await until(lambda: not replica.consumer.ready)
        assert replica.consumer.unready_reason == "braked, because most records fail: nss.mail.v1"
        await world.send(contract_of("NAC001"))
        await world.until_effects(1)
        await world.cure()
        replica.consumer._brake._topics["nss.mail.v1"].paused_until = 0.0  # the pause is over
        await world.until_effects(1 + len(mails) - brake.WINDOW)
        assert replica.consumer.ready
    report = await world.print_report(sent=61, brakes=replica.consumer.counts.brakes)
    assert report["dead"] == brake.WINDOW
    assert report["repeated effects"] == 0
