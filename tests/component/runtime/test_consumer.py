"""The consumer on a real broker and a real database: every event once, in order, in one transaction per poll."""

from tests.builders import a_contract, an_application_received, an_event, mailboxes_issued
from tests.component.runtime.conftest import RoadWorld
from tests.component.runtime.events import applications_of

CHECKED_WITHIN_SECONDS = 10.0


async def test_each_event_takes_effect_once_and_in_order(world: RoadWorld) -> None:
    await world.send(an_event(a_contract()))
    async with world.replica() as replica:
        await world.until_effects(1)
        sent = applications_of("NAC001", 200)
        await world.send(*sent)
        await world.until_effects(201)
        assert replica.consumer.ready, replica.consumer.unready_reason
        assert replica.consumer.progress_age_seconds() < CHECKED_WITHIN_SECONDS
    report = await world.print_report(sent=201, duplicates=replica.consumer.counts.duplicates)
    assert report["repeated effects"] == 0
    assert report["order violations"] == 0


async def test_an_event_waits_for_a_fact_of_another_topic(world: RoadWorld) -> None:
    async with world.replica():
        await world.send(an_event(an_application_received()), an_event(mailboxes_issued()))
        await world.until("select count(*) from held_events where reason = 'waiting'", 2)
        await world.send(an_event(a_contract()))
        await world.until_effects(3)
        await world.until("select count(*) from held_events", 0)
        assert await world.value("select count(*) from processed_events where status <> 'done'") == 0
    await world.print_report(sent=3)
