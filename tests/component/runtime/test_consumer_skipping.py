"""Events of types that a service does not act on pass it by: read, counted, and without a trace in its database."""

from tests.builders import a_contract, an_application_received, an_event, service_started
from tests.component.runtime.conftest import RoadWorld
from tests.component.runtime.outbox_parts import until

PASSED_BY = 30


async def test_what_nobody_acts_on_leaves_no_row_and_holds_nothing_up(world: RoadWorld) -> None:
    async with world.replica(max_records=10) as replica:
        await world.send(an_event(a_contract()))
        await world.until_effects(1)
        await world.send(*[an_event(service_started()) for _ in range(PASSED_BY)], an_event(an_application_received()))
        await world.until_effects(2)
        counts = replica.consumer.counts
        await until(lambda: counts.skipped >= PASSED_BY)
        assert (counts.skipped, counts.duplicates, counts.held) == (PASSED_BY, 0, 0)
        assert await world.value("select count(*) from processed_events") == 2
