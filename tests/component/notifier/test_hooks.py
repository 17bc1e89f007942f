"""Web hooks: signed as the standard says, filtered, in order, retried for a day, paused, never beyond their class."""

import asyncio
import json
import time
from datetime import timedelta

import pytest

from services.notifier import workflows
from services.notifier.domain.hooks import UnusableHook
from services.notifier.jobs import HookDispatcher
from shared.contracts.golden import golden_example
from tests.component.notifier.bench import Bench
from tests.component.notifier.hook_desk import OPENED, ORDER, RECEIVED, Hooks, hooks_at, told
from tests.component.notifier.hook_receiver import ENDLESS, HANG, a_receiver, is_genuine

COMPLETED = golden_example("nss.review.completed.v1", "start_date_moved").record


@pytest.fixture
def hooks(bench: Bench) -> Hooks:
    """At an empty database."""
    return hooks_at(bench)


async def test_a_post_is_signed_as_the_standard_says_and_anything_else_is_not_genuine(hooks: Hooks) -> None:
    now = hooks.bench.clock.now()
    async with a_receiver() as receiver:
        secret = await hooks.add(receiver.url)
        await hooks.queue(told(OPENED, 1, now))
        assert await hooks.post() == 1
        [post] = receiver.received
    assert secret.startswith("whsec_")
    assert is_genuine(post, secret, now.timestamp())
    assert not is_genuine(post, "whsec_" + "A" * 43 + "=", now.timestamp())
    assert not is_genuine(post, secret, now.timestamp() + 301)
    forged = type(post)(post.path, post.headers, post.body.replace(b"180001A", b"180002A"), post.at)
    assert not is_genuine(forged, secret, now.timestamp())
    assert (post.path, post.headers["host"]) == ("/hooks?from=nss", f"localhost:{receiver.port}")
    assert post.headers["webhook-id"] == post.data["id"] == dict(told(OPENED, 1, now).headers)["ce_id"].decode()
    assert post.data["type"] == "nss.review.opened.v1"
    assert post.data["data"] == json.loads(OPENED.value or b"")
    assert await hooks.states() == [("delivered", "delivered", 1)]


async def test_during_a_rotation_old_and_new_secret_fit_and_afterwards_the_new_one_alone(hooks: Hooks) -> None:
    now = hooks.bench.clock.now()
    async with a_receiver() as receiver:
        old = await hooks.add(receiver.url)
        answer = await workflows.rotate_hook(hooks.desk, "payroll", timedelta(hours=1), ORDER)
        new = str(answer["secret"])
        await hooks.queue(told(OPENED, 1, now))
        await hooks.post()
        later = hooks.bench.clock.advance(hours=2)
        await hooks.queue(told(OPENED, 2, later))
        await hooks.post()
        during, after = receiver.received
    assert is_genuine(during, old, now.timestamp())
    assert is_genuine(during, new, now.timestamp())
    assert is_genuine(after, new, later.timestamp())
    assert not is_genuine(after, old, later.timestamp())


async def test_secrets_and_bodies_lie_in_the_database_under_seal_and_bodies_until_they_are_posted(hooks: Hooks) -> None:
    async with a_receiver() as receiver:
        secret = await hooks.add(receiver.url, data_class="personal")
        await hooks.queue(told(RECEIVED, 1, hooks.bench.clock.now()))
        dump = str([tuple(row) for table in ("hooks", "hook_deliveries", "hook_orders")
                    for row in await hooks.bench.pool.fetch(f"select * from {table}")])  # fmt: skip  # noqa: S608
        assert secret.removeprefix("whsec_") not in dump
        assert "tsukan" not in dump
        await hooks.post()
    assert receiver.received[0].data["data"]["contact"]["email"]
    assert await hooks.bench.pool.fetchval("select count(*) from hook_deliveries where body is not null") == 0
    assert "secret" not in str(await workflows.list_hooks(hooks.desk))


async def test_a_receiver_gets_the_types_and_offices_it_asked_for_from_its_beginning_on(hooks: Hooks) -> None:
    begin = hooks.bench.clock.now()
    async with a_receiver() as all_types, a_receiver() as one_type, a_receiver() as one_office:
        await hooks.add(all_types.url, "all")
        await hooks.add(one_type.url, "type", event_types=["nss.review.opened.v1"])
        await hooks.add(one_office.url, "office", office_codes=["KOB002"])
        await hooks.queue(
            told(OPENED, 1, begin - timedelta(days=1)),
            told(RECEIVED, 2, begin), told(OPENED, 2, begin, event=2), told(OPENED, 3, begin, office="KOB002"),
        )  # fmt: skip
        await hooks.post()
        assert (len(all_types.received), len(one_type.received), len(one_office.received)) == (3, 2, 1)
        assert one_office.received[0].data["key"] == "KOB002"


async def test_fields_of_a_stricter_class_than_the_receivers_are_left_out(hooks: Hooks) -> None:
    told_to = {}
    async with a_receiver() as receiver:
        for data_class in ("public", "business", "personal"):
            await hooks.add(receiver.url, data_class, data_class=data_class)
        await hooks.queue(told(RECEIVED, 1, hooks.bench.clock.now()))
        for hook_id in await workflows.find_due_hooks(hooks.desk):
            await workflows.serve_hook(hooks.desk, hook_id)
            [name] = await hooks.bench.pool.fetch("select data_class from hooks where hook_id = $1", hook_id)
            told_to[name[0]] = receiver.received.pop().data["data"].keys()
    watched = {"receipt_number", "reason", "company_name", "contact"}
    assert told_to["public"] & watched == {"receipt_number"}
    assert told_to["business"] & watched == watched - {"contact"}
    assert told_to["personal"] == json.loads(RECEIVED.value or b"").keys()


async def test_what_is_read_twice_is_posted_once_and_what_is_no_event_is_passed_over(hooks: Hooks) -> None:
    record = told(OPENED, 1, hooks.bench.clock.now())
    broken = [
        type(record)(record.topic, record.key, b"{", record.headers),
        type(record)(record.topic, record.key, None, record.headers),
        type(record)(record.topic, record.key, record.value, []),
        type(record)(record.topic, record.key, record.value, [("ce_type", b"\xff")]),
    ]
    async with a_receiver() as receiver:
        await hooks.add(receiver.url)
        await hooks.queue(record, *broken, record)
        await hooks.queue(record)
        await hooks.post()
        await hooks.queue(record)
        await hooks.post()
        assert len(receiver.received) == 1


async def test_a_later_event_never_overtakes_an_earlier_one_of_the_same_application(hooks: Hooks) -> None:
    now = hooks.bench.clock.now()
    events = [told(RECEIVED, number, now, event=event) for event in range(1, 5) for number in (1, 2)]
    async with a_receiver(refuses={"180001A": 500}) as receiver:
        await hooks.add(receiver.url)
        await hooks.queue(*events)
        await hooks.post()
        assert [post.data["subject"] for post in receiver.received].count("180001A") == 1, "its first alone is tried"
        assert [post.data["subject"] for post in receiver.received].count("180002A") == 4, "others flow on"
        receiver.refuses = {}
        await hooks.post_for(hours=0.1)
    of_first = [post.data["timestamp"] for post in receiver.received if post.data["subject"] == "180001A"]
    assert of_first == sorted(of_first)
    assert len(set(of_first)) == 4
    assert {state for state, _, _ in await hooks.states()} == {"delivered"}


async def test_a_receiver_that_is_down_is_tried_again_for_a_day_and_then_no_more(hooks: Hooks) -> None:
    async with a_receiver(status=503) as receiver:
        await hooks.add(receiver.url)
        await hooks.queue(told(OPENED, 1, hooks.bench.clock.now()))
        tried = await hooks.post_for(hours=25, step_seconds=900)
    [(state, outcome, attempts)] = await hooks.states()
    assert (state, outcome, attempts, len(receiver.received)) == ("failed", "refused", tried, tried)
    assert 40 <= tried <= 120
    page = await hooks.log()
    assert len(page["attempts"]) == tried
    assert {each["status_code"] for each in page["attempts"]} == {503}


async def test_a_receiver_that_comes_back_within_the_day_gets_everything_in_order(hooks: Hooks) -> None:
    now = hooks.bench.clock.now()
    async with a_receiver(status=500) as receiver:
        await hooks.add(receiver.url)
        await hooks.queue(*[told(OPENED, number, now, event=event) for event in (1, 2) for number in range(100)])
        await hooks.post_for(hours=1, step_seconds=600)
        assert len(receiver.received) < 100, "a receiver that is down is left in peace"
        receiver.received.clear()
        receiver.status = 200
        await hooks.post_for(hours=0.5, step_seconds=300)
    assert len(receiver.received) == 200
    assert {state for state, _, _ in await hooks.states()} == {"delivered"}


async def test_one_that_is_gone_is_paused_and_one_that_asks_for_time_gets_it(hooks: Hooks) -> None:
    now = hooks.bench.clock.now()
    async with a_receiver(status=410) as gone, a_receiver(answers=[429], more="retry-after: 600\r\n") as busy:
        await hooks.add(gone.url, "gone")
        await hooks.add(busy.url, "busy")
        await hooks.queue(told(OPENED, 1, now))
        await hooks.post_for(hours=0.16)
        assert (len(gone.received), len(busy.received)) == (1, 1)
        await hooks.post_for(hours=0.1)
        assert (len(gone.received), len(busy.received)) == (1, 2)
    states = {hook["name"]: (hook["state"], hook["paused_because"])
              for hook in (await workflows.list_hooks(hooks.desk))["hooks"]}  # fmt: skip
    assert states == {"gone": ("paused", "the receiver answered 410 Gone"), "busy": ("active", None)}


async def test_a_redirect_is_not_followed_and_an_endless_answer_not_read(hooks: Hooks) -> None:
    now = hooks.bench.clock.now()
    async with a_receiver() as other, a_receiver(status=302) as leads_away, a_receiver(status=ENDLESS) as talks:
        leads_away.more = f"location: {other.url}\r\n"
        await hooks.add(leads_away.url, "away")
        await hooks.add(talks.url, "talks")
        await hooks.queue(told(OPENED, 1, now))
        began = time.monotonic()
        await hooks.post()
        assert time.monotonic() - began < 15, "the answer was read"
        assert other.received == []
    assert sorted(await hooks.states()) == [("delivered", "delivered", 1), ("queued", "refused", 1)]


async def test_a_receiver_that_hangs_delays_nobody_else(bench: Bench) -> None:
    hooks, now = hooks_at(bench, timeout_seconds=120.0), bench.clock.now()
    async with a_receiver(status=HANG) as hangs, a_receiver() as quick:
        await hooks.add(hangs.url, "hangs")
        await hooks.add(quick.url, "quick")
        await hooks.queue(*[told(OPENED, number, now) for number in range(1, 101)])
        dispatching = asyncio.create_task(HookDispatcher(hooks.desk).run())
        began = time.monotonic()
        await quick.comes(100)
        assert time.monotonic() - began < 60, "the quick one had to wait"
        await hangs.comes(1)
        assert 0 < len(hangs.received) <= 8, "only so many posts to one receiver at the same time"
        dispatching.cancel()
        await asyncio.gather(dispatching, return_exceptions=True)


async def test_a_post_whose_process_died_is_posted_again_with_the_same_id(hooks: Hooks) -> None:
    async with a_receiver(status=HANG) as receiver:
        await hooks.add(receiver.url)
        await hooks.queue(told(OPENED, 1, hooks.bench.clock.now()))
        dying = asyncio.create_task(hooks.post())
        await receiver.comes(1)
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)
        receiver.status = 200
        assert await hooks.post() == 0, "the claim is still running"
        hooks.bench.clock.advance(minutes=3)
        await hooks.post()
        first, second = receiver.ids
    assert first == second
    assert await hooks.states() == [("delivered", "delivered", 2)]


async def test_a_paused_receiver_gets_nothing_and_everything_when_it_is_resumed(hooks: Hooks) -> None:
    async with a_receiver() as receiver:
        await hooks.add(receiver.url)
        await workflows.pause_hook(hooks.desk, "payroll", ORDER)
        await hooks.queue(told(OPENED, 1, hooks.bench.clock.now()))
        await hooks.post_for(hours=48, step_seconds=7200)
        assert receiver.received == []
        answer = await workflows.resume_hook(hooks.desk, "payroll", ORDER)
        assert (answer["state"], answer["waiting"]) == ("active", 1)
        await hooks.post()
        assert len(receiver.received) == 1


async def test_a_removed_receiver_is_forgotten_with_its_secret_and_its_name_is_free_again(hooks: Hooks) -> None:
    async with a_receiver() as receiver:
        await hooks.add(receiver.url)
        await hooks.queue(told(OPENED, 1, hooks.bench.clock.now()))
        assert (await workflows.remove_hook(hooks.desk, "payroll", ORDER))["dropped"] == 1
        assert await hooks.post() == 0
        assert await hooks.bench.pool.fetchval("select count(secret) + count(former_secret) from hooks") == 0
        await hooks.add(receiver.url)
        with pytest.raises(UnusableHook, match="taken"):
            await hooks.add(receiver.url)


async def test_the_log_is_forgotten_when_its_time_is_over(hooks: Hooks) -> None:
    async with a_receiver() as receiver:
        await hooks.add(receiver.url)
        await hooks.queue(told(OPENED, 1, hooks.bench.clock.now()))
        await hooks.post()
    assert await workflows.forget_posts(hooks.desk) == 0
    hooks.bench.clock.advance(days=31)
    assert await workflows.forget_posts(hooks.desk) == 1
    assert await hooks.bench.pool.fetchval("select count(*) from hook_attempts") == 0
