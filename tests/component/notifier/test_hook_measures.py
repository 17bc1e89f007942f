"""What operators see of the receivers of hooks at /metrics: who waits since when, what was tried, what was given up."""

from collections.abc import Mapping

import pytest

from services.notifier import workflows
from services.notifier.workflows import HookDesk
from shared.runtime import metrics
from tests.component.notifier.bench import Bench
from tests.component.notifier.hook_desk import OPENED, ORDER, Hooks, hooks_at, told
from tests.component.notifier.hook_receiver import a_receiver

SERVICE = 'service="notifier"'


@pytest.fixture
def hooks(bench: Bench) -> Hooks:
    """At an empty database."""
    return hooks_at(bench)


async def shown(desk: HookDesk) -> Mapping[str, float]:
    """Every sample about hooks, by name and labels without the service's."""
    await workflows.measure_hooks(desk.pool, desk.clock)
    samples = metrics.samples_of(metrics.render_metrics("notifier", "all")[0].decode())
    return {
        " ".join([name.removeprefix("nss_"), *(value for label, value in labels.items() if label != "service")]): value
        for name, labels, value in samples
        if name.startswith("nss_hook")
    }


async def test_a_receiver_that_is_away_shows_what_waits_and_since_when(hooks: Hooks) -> None:
    clock = hooks.bench.clock
    assert (await shown(hooks.desk))["hooks active"] == 0
    async with a_receiver(status=500) as receiver:
        await hooks.add(receiver.url)
        await hooks.queue(told(OPENED, 1, clock.now()))
        clock.advance(seconds=10)
        await hooks.queue(told(OPENED, 2, clock.now()))
        clock.advance(seconds=20)
        before = await shown(hooks.desk)
        assert (before["hooks active"], before["hook_posts_waiting payroll"]) == (1, 2)
        assert before["hook_oldest_waiting_seconds payroll active"] == before["hook_oldest_due_seconds"] == 30
        await hooks.post()
        clock.advance(seconds=3)
        after = await shown(hooks.desk)
        assert after["hook_attempts_total refused"] == before.get("hook_attempts_total refused", 0) + 2
        assert after["hook_oldest_waiting_seconds payroll active"] == 33
        assert after["hook_oldest_due_seconds"] == 0, "its next attempt is not due yet"


async def test_what_waits_behind_an_earlier_event_of_its_subject_is_not_due(hooks: Hooks) -> None:
    clock = hooks.bench.clock
    async with a_receiver(status=400) as receiver:
        await hooks.add(receiver.url)
        await hooks.queue(told(OPENED, 1, clock.now()), told(OPENED, 1, clock.now(), event=2))
        await hooks.post()
        clock.advance(seconds=3)
        assert (await shown(hooks.desk))["hook_oldest_due_seconds"] == 0


async def test_what_is_due_shows_although_an_earlier_event_of_another_subject_is_not(hooks: Hooks) -> None:
    clock = hooks.bench.clock
    async with a_receiver(status=500) as receiver:
        await hooks.add(receiver.url)
        await hooks.queue(told(OPENED, 1, clock.now()))
        await hooks.post()
        await hooks.queue(told(OPENED, 2, clock.now()))
        clock.advance(seconds=3)
        assert (await shown(hooks.desk))["hook_oldest_due_seconds"] == 3


async def test_a_receiver_that_is_left_in_peace_for_a_while_has_nothing_due(hooks: Hooks) -> None:
    clock = hooks.bench.clock
    async with a_receiver(status=500) as receiver:
        await hooks.add(receiver.url)
        await hooks.queue(told(OPENED, 1, clock.now()))
        while await hooks.bench.pool.fetchval("select rests_until is null from hooks"):
            clock.advance(minutes=1)
            await hooks.post()
        await hooks.queue(told(OPENED, 2, clock.now()))
        clock.advance(seconds=0.5)
        resting = await shown(hooks.desk)
    assert (resting["hook_posts_waiting payroll"], resting["hook_oldest_due_seconds"]) == (2, 0)


async def test_what_a_receiver_has_taken_waits_no_more(hooks: Hooks) -> None:
    clock = hooks.bench.clock
    async with a_receiver() as receiver:
        await hooks.add(receiver.url)
        await hooks.queue(told(OPENED, 1, clock.now()))
        await hooks.post()
        clock.advance(seconds=3)
        taken = await shown(hooks.desk)
    assert (taken["hook_posts_waiting payroll"], taken["hook_oldest_waiting_seconds payroll active"]) == (0, 0)


async def test_a_paused_receiver_waits_under_that_word_and_a_removed_one_leaves_nothing(hooks: Hooks) -> None:
    clock = hooks.bench.clock
    await hooks.add("http://localhost:1/")
    await workflows.pause_hook(hooks.desk, "payroll", ORDER)
    await hooks.queue(told(OPENED, 1, clock.now()))
    clock.advance(hours=25)
    paused = await shown(hooks.desk)
    assert (paused["hooks paused"], paused["hook_oldest_waiting_seconds payroll paused"]) == (1, 25 * 3600)
    assert paused["hook_oldest_due_seconds"] == 0
    assert "hook_oldest_waiting_seconds payroll active" not in paused
    await workflows.remove_hook(hooks.desk, "payroll", ORDER)
    gone = await shown(hooks.desk)
    assert gone["hooks paused"] == 0
    assert not [name for name in gone if "payroll" in name]


async def test_posts_that_are_given_up_are_counted_by_what_they_met_last(hooks: Hooks) -> None:
    clock = hooks.bench.clock
    before = await shown(hooks.desk)
    async with a_receiver(status=403) as receiver:
        await hooks.add(receiver.url)
        await hooks.queue(told(OPENED, 1, clock.now()))
        await hooks.post_for(hours=25, step_seconds=1800)
    await hooks.queue(told(OPENED, 2, clock.now()))
    clock.advance(hours=25)
    await workflows.expire_posts(hooks.desk)
    after = await shown(hooks.desk)
    lost = {
        name.rpartition(" ")[2]: after[name] - before.get(name, 0) for name in after if "posts_failed" in name
    }  # fmt: skip
    assert {name: count for name, count in lost.items() if count} == {"refused": 1, "too-late": 1}
