"""What becomes of an offset commit that the broker did not take."""

from typing import Any

from aiokafka.errors import KafkaTimeoutError

from tests.builders import a_contract, an_event
from tests.component.runtime.conftest import RoadWorld
from tests.topic_reader import committed_lag
from tests.town import until

REFUSALS = 2


async def test_an_offset_that_was_not_taken_is_committed_later_without_any_new_record(world: RoadWorld) -> None:
    async with world.replica() as replica:
        consumer = replica.consumer._subscriber.consumer
        commit, refused = consumer.commit, 0

        async def refuse_at_first(offsets: Any) -> None:
            nonlocal refused
            if refused < REFUSALS:
                refused += 1
                raise KafkaTimeoutError
            await commit(offsets)

        consumer.commit = refuse_at_first
        await world.send(an_event(a_contract()))
        await world.until_effects(1)

        async def look() -> bool | None:
            return await committed_lag(world.bootstrap, "review", world.prefix) == 0 or None

        await until(look, "the offset to be committed", seconds=30)
        assert replica.consumer.counts.commit_failures == REFUSALS
