"""Offset commits that the broker does not take, and a client that does not get over its broker's trouble."""

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError

from shared.runtime import consumer
from tests.builders import a_contract, an_event
from tests.component.runtime.conftest import RoadWorld
from tests.component.runtime.road import Replica
from tests.topic_reader import committed_lag
from tests.town import until

REFUSALS = 2
COORDINATOR_LOAD_IN_PROGRESS = 14


@pytest.fixture
def soon_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trouble of seconds is enough."""
    monkeypatch.setattr(consumer, "REPLACE_AFTER_SECONDS", 2.0)
    monkeypatch.setattr(consumer, "UNREADY_AFTER_SECONDS", 0.5)


async def until_all_is_committed(world: RoadWorld) -> None:
    """Wait until the group has no record before it."""

    async def look() -> bool | None:
        return await committed_lag(world.bootstrap, "review", world.prefix) == 0 or None

    await until(look, "the offsets to be committed", seconds=60)


async def until_unready(replica: Replica) -> None:
    """Wait until the consumer itself says that its broker refuses it."""

    async def look() -> bool | None:
        return "refused" in (replica.consumer.unready_reason or "") or None

    await until(look, "the consumer to say that it is refused", seconds=60)


async def until_ready(replica: Replica) -> None:
    """Wait until the consumer itself has heard what its broker knows already."""

    async def look() -> bool | None:
        return replica.consumer.ready or None

    await until(look, "the consumer to be ready")


async def test_an_offset_that_was_not_taken_is_committed_later_without_any_new_record(world: RoadWorld) -> None:
    async with world.replica() as replica:
        client = replica.consumer._member._subscriber.consumer
        commit, refused = client.commit, 0

        async def refuse_at_first(offsets: Any) -> None:
            nonlocal refused
            if refused < REFUSALS:
                refused += 1
                raise KafkaTimeoutError
            await commit(offsets)

        client.commit = refuse_at_first
        await world.send(an_event(a_contract()))
        await world.until_effects(1)
        await until_all_is_committed(world)
        assert replica.consumer.counts.commit_failures == REFUSALS
        assert replica.consumer.counts.members_replaced == 0


@pytest.mark.usefixtures("soon_replaced")
async def test_a_heartbeat_answered_by_a_loading_coordinator_does_not_stop_the_consumer(world: RoadWorld) -> None:
    async with world.replica() as replica:
        coordinator = replica.consumer._member._subscriber.consumer._coordinator
        send = coordinator._send_req

        async def loading(request: Any) -> Any:
            if type(request).__name__.startswith("Heartbeat"):
                return SimpleNamespace(error_code=COORDINATOR_LOAD_IN_PROGRESS)
            return await send(request)

        coordinator._send_req = loading
        await until_unready(replica)
        await world.send(an_event(a_contract()))
        await world.until_effects(1)
        await until_all_is_committed(world)
        await until_ready(replica)
        assert replica.consumer.counts.members_replaced == 1


@pytest.mark.usefixtures("soon_replaced")
async def test_a_client_that_never_commits_again_is_replaced_and_no_effect_is_repeated(world: RoadWorld) -> None:
    async with world.replica() as replica:

        async def fail(_offsets: Any) -> None:
            raise RuntimeError

        replica.consumer._member._subscriber.consumer.commit = fail
        await world.send(an_event(a_contract()))
        await until_unready(replica)
        await until_all_is_committed(world)
        await until_ready(replica)
        assert (replica.consumer.counts.members_replaced, replica.consumer.counts.duplicates) == (1, 1)
    report = await world.print_report(sent=1)
    assert (report["effects"], report["repeated effects"]) == (1, 0)
