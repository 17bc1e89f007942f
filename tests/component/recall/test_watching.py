"""When a process works on its database, and when it waits for a comparison, a repair or its end."""

import asyncio

import pytest

from shared.runtime.clock import SystemClock
from shared.runtime.database import transaction
from shared.runtime.jobs import Job, JobRunner
from shared.runtime.kafka import KafkaUnreachable
from shared.runtime.recall import RecallWatch, watching
from shared.runtime.recall.memory import mark_behind, mark_current
from shared.runtime.recall.places import ComparisonRefused
from tests.builders import NOW
from tests.component.recall.desk import Desk, recorded

AWAY = KafkaUnreachable("no broker there")
REFUSED = ComparisonRefused("no right to read")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "ASKED_AGAIN_SECONDS", 0.05)


async def mark(desk: Desk) -> None:
    """As another process does that found more in the topics."""
    async with transaction(desk.pool) as db:
        await mark_behind(db, {}, NOW)


async def within(task: "asyncio.Task[None]", seconds: float = 0.3) -> bool:
    """Whether it ends."""
    await asyncio.wait([task], timeout=seconds)
    return task.done()


async def test_with_the_broker_away_work_goes_on_but_not_on_a_database_known_to_be_behind(desk: Desk) -> None:
    desk.topics.problem = AWAY
    watch = RecallWatch(desk.recall)
    assert not watch.is_current
    await watch.settle()
    assert (watch.is_current, watch.is_put_off) == (True, True)
    await mark(desk)
    restarted = RecallWatch(desk.recall)
    waiting = asyncio.create_task(restarted.settle())
    assert not await within(waiting)
    assert not restarted.is_current
    waiting.cancel()


async def test_a_comparison_that_the_broker_s_absence_put_off_is_made_before_any_event_flows(desk: Desk) -> None:
    desk.topics.problem = AWAY
    watch = RecallWatch(desk.recall)
    await watch.settle()
    desk.publish(recorded(1, 1))
    comparing = asyncio.create_task(watch.compare())
    assert not await within(comparing)
    desk.topics.problem = None
    assert await within(comparing, 5)
    assert not watch.is_current


@pytest.mark.parametrize("is_behind", [False, True])
async def test_what_cannot_be_undone_waits_for_the_comparison(desk: Desk, is_behind: bool) -> None:
    destroyed: list[str] = []

    async def destroy() -> int:
        destroyed.append("something")
        return 0

    desk.topics.problem = AWAY
    if is_behind:
        desk.publish(recorded(1, 1))
    watch = RecallWatch(desk.recall)
    await watch.settle()
    job = Job("destroy", destroy, 60, irreversible=True)
    jobs = JobRunner([job], pool=desk.pool, clock=SystemClock(), service="review", compared=watch.compared)
    jobs.start()
    await asyncio.sleep(0.2)
    assert destroyed == []
    desk.topics.problem = None
    await asyncio.wait_for(watch.compare(), 5)
    await asyncio.sleep(0.5)
    await jobs.stop()
    assert bool(destroyed) is not is_behind


async def test_a_broker_that_answers_and_cannot_be_asked_keeps_events_waiting_for_a_while_only(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LATE_SECONDS", 0.2)
    desk.topics.problem = AWAY
    watch = RecallWatch(desk.recall)
    await watch.settle()
    await asyncio.wait_for(watch.compare(), 5)
    assert watch.is_current


async def test_a_lacking_right_keeps_no_event_waiting(desk: Desk) -> None:
    desk.topics.problem = REFUSED
    watch = RecallWatch(desk.recall)
    await watch.settle()
    assert (watch.is_current, watch.is_put_off) == (True, False)


async def test_a_database_that_does_not_answer_is_not_taken_for_a_broker_that_is_away(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.publish(recorded(1, 1))
    watch = RecallWatch(desk.recall)

    async def no_answer(*_: object) -> None:
        raise TimeoutError

    with monkeypatch.context() as broken:
        broken.setattr("shared.runtime.recall.looking.find_last_sequences", no_answer)
        settling = asyncio.create_task(watch.settle())
        assert not await within(settling)
    assert not await within(settling, 1)
    assert not watch.is_current
    assert await desk.pool.fetchval("select is_noted from topic_memory")
    settling.cancel()


async def test_a_comparison_that_takes_too_long_is_put_off(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def stands(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("shared.runtime.recall.looking.COMPARING_SECONDS", 0.1)
    monkeypatch.setattr("shared.runtime.recall.looking.find_last_sequences", stands)
    desk.publish(recorded(1, 1))
    watch = RecallWatch(desk.recall)
    await asyncio.wait_for(watch.settle(), 5)
    assert watch.is_put_off


async def test_a_process_that_waits_goes_to_work_once_somebody_has_repaired(desk: Desk) -> None:
    await mark(desk)
    watch = RecallWatch(desk.recall)
    settling, hooks = asyncio.create_task(watch.settle()), asyncio.create_task(watch.settled())
    assert not await within(settling)
    async with transaction(desk.pool) as db:
        await mark_current(db)
    assert await within(settling, 5)
    assert await within(hooks, 5)


async def test_a_process_without_a_worker_compares_first_and_then_learns_from_the_database(desk: Desk) -> None:
    desk.topics.problem = AWAY
    watch = RecallWatch(desk.recall)
    following = asyncio.create_task(watch.follow())
    await asyncio.wait_for(watch.settled(), 5)
    await mark(desk)
    await within(following)
    assert not watch.is_current
    following.cancel()


async def test_pages_are_not_served_before_the_database_was_compared(desk: Desk) -> None:
    desk.publish(recorded(1, 1))
    watch = RecallWatch(desk.recall)
    following = asyncio.create_task(watch.follow())
    await within(following)
    assert not watch.is_current
    following.cancel()


async def test_a_database_taken_back_beneath_a_running_process_ends_its_work(desk: Desk) -> None:
    watch = RecallWatch(desk.recall)
    await watch.settle()
    desk.publish(recorded(1, 1))
    assert await watch.job().run() == 0
    await asyncio.wait_for(watch.found_behind(), 1)
    assert not watch.is_current


async def test_what_one_replica_found_ends_the_work_of_all(desk: Desk) -> None:
    watch = RecallWatch(desk.recall)
    await watch.settle()
    ending = asyncio.create_task(watch.found_behind())
    assert not await within(ending)
    await mark(desk)
    assert await within(ending, 5)


async def test_that_a_broker_which_answers_cannot_be_asked_fails_the_job(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answers(*_: object, **__: object) -> None:
        """As a broker that is there."""

    desk.topics.problem = REFUSED
    watch = RecallWatch(desk.recall)
    assert await watch.job().run() == 0, "that the broker is away is told by others"
    monkeypatch.setattr(watching, "check_broker", answers)
    with pytest.raises(KafkaUnreachable):
        await watch.job().run()
