"""The story of a hook's posts: queued as events come, claimed, posted while no transaction is open, and marked."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from services.notifier import store
from services.notifier.domain.hook_signatures import signed_headers
from services.notifier.domain.hooks import Answer, Hook, HookEvent, HookPolicy, next_step, read_event, rest_of
from services.notifier.mailer import Posting
from services.notifier.store.hook_deliveries import ClaimedPost, NewPost
from services.notifier.workflows.measuring import count_attempt, count_lost_post
from shared.runtime.clock import Clock
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.event_batch import PolledRecord
from shared.runtime.ids import NewId
from shared.runtime.logs import get_log

AT_ONCE = 8
"""Posts to one receiver at the same time, each about another subject."""
CLAIM_FOR = timedelta(minutes=2)
REPLAY_CLAIM = timedelta(minutes=30)
BATCH = 500
GONE = "the receiver answered 410 Gone"

RecordsSince = Callable[[datetime], AbstractAsyncContextManager[AsyncIterator[Sequence[PolledRecord]]]]

log = get_log()


@dataclass(frozen=True, slots=True)
class HookDesk:
    """What hooks need. `kept` is how long ended posts stay in the log."""

    pool: Pool
    clock: Clock
    new_id: NewId
    seals: store.Seals
    posting: Posting
    jitter: Callable[[], float]
    new_secret: Callable[[int], bytes]
    policy: HookPolicy = field(default_factory=HookPolicy)
    kept: timedelta = timedelta(days=30)
    http_allowed: bool = False


async def queue_posts(desk: HookDesk, records: Sequence[PolledRecord]) -> None:
    """Queue what the receivers want of newly read records; what is queued already stays as it is."""
    events = [event for record in records if (event := read_event(record.headers, record.key, record.value))]
    if not events:
        return
    async with transaction(desk.pool) as db:
        hooks = await store.find_hooks(db)
        posts = [post for hook in hooks for post in _posts(hook, _of_its_time(hook, events))]
        if posts:
            await _insert(db, desk, posts, again=False)


async def replay_posts(desk: HookDesk, records_since: RecordsSince) -> int:
    """Queue everything of one replay that was asked for; how many replays there were (0 or 1)."""
    now = desk.clock.now()
    async with transaction(desk.pool) as db:
        replay = await store.claim_replay(db, now, now + REPLAY_CLAIM)
    if replay is None:
        return 0
    queued = 0
    async with records_since(replay.since) as batches:
        async for records in batches:
            events = [event for record in records if (event := read_event(record.headers, record.key, record.value))]
            async with transaction(desk.pool) as db:
                queued += await _insert(db, desk, _posts(replay.hook, events), again=True)
    async with transaction(desk.pool) as db:
        await store.mark_replay_done(db, replay.replay_id, queued, desk.clock.now())
    return 1


async def find_due_hooks(desk: HookDesk) -> Sequence[UUID]:
    """The receivers that something is due for."""
    async with transaction(desk.pool) as db:
        return await store.find_due_hooks(db, desk.clock.now())


async def serve_hook(desk: HookDesk, hook_id: UUID) -> int:
    """Post one batch of what is due for one receiver; how many. No transaction is open while HTTP talks."""
    now = desk.clock.now()
    async with transaction(desk.pool) as db:
        hook = await store.find_hook(db, hook_id)
        posts = await store.claim_posts(db, hook_id, AT_ONCE, desk.seals, now, now + CLAIM_FOR) if hook else []
        secrets = await store.find_secrets(db, hook_id, desk.seals, now)
    if hook is None or not posts:
        return 0
    answers = await asyncio.gather(*[_post(desk, hook, post, secrets) for post in posts])
    await _mark(desk, hook, posts, answers)
    return len(posts)


async def expire_posts(desk: HookDesk) -> int:
    """Give up one batch of posts whose time is over; how many."""
    now = desk.clock.now()
    async with transaction(desk.pool) as db:
        outcomes = await store.expire_posts(db, now, now - desk.kept, BATCH)
    for outcome in outcomes:
        count_lost_post(outcome)
    return len(outcomes)


async def forget_posts(desk: HookDesk) -> int:
    """Forget one batch of posts that ended longer ago than the log is kept; how many."""
    async with transaction(desk.pool) as db:
        return await store.delete_old_posts(db, desk.clock.now() - desk.kept, BATCH)


def _of_its_time(hook: Hook, events: Sequence[HookEvent]) -> list[HookEvent]:
    """What was decided before the receiver was added is sent by a replay alone, however often it is read."""
    return [event for event in events if datetime.fromisoformat(event.time) >= hook.created_at]


def _posts(hook: Hook, events: Sequence[HookEvent]) -> list[NewPost]:
    return [
        NewPost(hook.hook_id, event, body)
        for event in events
        if hook.wants(event) and (body := hook.body_for(event)) is not None
    ]


async def _insert(db: Connection, desk: HookDesk, posts: Sequence[NewPost], *, again: bool) -> int:
    # An event may stand twice in one poll, which one statement cannot insert and then update.
    once = {(post.hook_id, post.event.source, post.event.id): post for post in reversed(posts)}
    return await store.insert_posts(
        db, list(reversed(once.values())), desk.seals, desk.clock.now(), desk.policy.give_up_after, again=again
    )


async def _post(desk: HookDesk, hook: Hook, post: ClaimedPost, secrets: Sequence[bytes]) -> Answer:
    headers = signed_headers(str(post.event_id), post.body, secrets, desk.clock.now())
    return await desk.posting.post(hook.url, headers, post.body)


async def _mark(desk: HookDesk, hook: Hook, posts: Sequence[ClaimedPost], answers: Sequence[Answer]) -> None:
    now, policy = desk.clock.now(), desk.policy
    results = [
        (post, answer, next_step(answer, post.attempts, post.give_up_at, policy, now, desk.jitter()))
        for post, answer in zip(posts, answers, strict=True)
    ]
    async with transaction(desk.pool) as db:
        await store.mark_posts(db, results, now)
        if any(answer.outcome == "gone" for answer in answers):
            await store.update_hook_state(db, hook.hook_id, "paused", GONE)
            log.warning("hook paused: its receiver is gone", hook=hook.name)
        elif all(answer.is_receivers_trouble for answer in answers):
            failures = await store.add_failure(db, hook.hook_id)
            await store.update_rest(db, hook.hook_id, rest_of(failures, policy, now))
        else:
            await store.end_failures(db, hook.hook_id)
    for _, answer, step in results:
        count_attempt(answer, step)
