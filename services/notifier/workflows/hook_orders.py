"""What operators do with hooks: add, pause, resume, rotate, replay, test, remove, and read the log."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from services.notifier import store
from services.notifier.domain.hook_signatures import SECRET_BYTES, secret_text, signed_headers
from services.notifier.domain.hooks import TEST_TYPE, Hook, HookEvent, UnusableHook, check_types, check_url
from services.notifier.store.hooks import HookOrder
from services.notifier.workflows.hooking import HookDesk
from services.notifier.workflows.operating import Instruction
from shared.contracts.envelope import source_of
from shared.contracts.event_data import format_instant
from shared.runtime.database import Connection, transaction

MOST_HOOKS = 200
MOST_ROWS = 200
BY_HAND = "by an operator"


class NoSuchHook(LookupError):
    """No receiver has that name."""


@dataclass(frozen=True, slots=True)
class NewHook:
    """What an operator asks for."""

    name: str
    url: str
    event_types: Sequence[str]
    office_codes: Sequence[str]
    data_class: str


async def list_hooks(desk: HookDesk) -> Mapping[str, Any]:
    """Every receiver with its state and what waits for it; no secret."""
    async with transaction(desk.pool) as db:
        return {"hooks": await store.find_hook_states(db, desk.clock.now())}


async def add_hook(desk: HookDesk, asked: NewHook, order: Instruction) -> Mapping[str, Any]:
    """A new receiver of events from now on; the answer alone shows its secret. Raises UnusableHook."""
    now = desk.clock.now()
    hook = Hook(
        hook_id=desk.new_id(),
        name=asked.name,
        url=check_url(asked.url, http_allowed=desk.http_allowed),
        event_types=check_types(asked.event_types),
        office_codes=tuple(sorted(set(asked.office_codes))),
        data_class=asked.data_class,
        created_at=now,
    )
    secret = desk.new_secret(SECRET_BYTES)
    async with transaction(desk.pool) as db:
        if len(await store.find_hooks(db)) >= MOST_HOOKS:
            raise UnusableHook("name", "too_many_hooks")
        if await store.lock_hook(db, hook.name):
            raise UnusableHook("name", "taken")
        if order.dry_run:
            return {"name": hook.name, "added": False}
        try:
            await store.insert_hook(db, hook, secret, desk.seals)
        except asyncpg.UniqueViolationError:
            raise UnusableHook("name", "taken") from None
        details = {"url": hook.url, "event_types": list(hook.event_types), "data_class": hook.data_class}
        await _keep(db, desk, hook.hook_id, "add", order, details)
    return {"name": hook.name, "added": True, "secret": secret_text(secret)}


async def pause_hook(desk: HookDesk, name: str, order: Instruction) -> Mapping[str, Any]:
    """Call the receiver no more for now; events are queued on. Raises NoSuchHook."""

    async def pause(db: Connection, hook: Hook) -> Mapping[str, Any]:
        await store.update_hook_state(db, hook.hook_id, "paused", BY_HAND)
        return {"state": "paused"}

    return await _change(desk, name, "pause", order, pause)


async def resume_hook(desk: HookDesk, name: str, order: Instruction) -> Mapping[str, Any]:
    """Call the receiver again, at once and with a full time for everything that waits. Raises NoSuchHook."""
    now = desk.clock.now()

    async def resume(db: Connection, hook: Hook) -> Mapping[str, Any]:
        await store.update_hook_state(db, hook.hook_id, "active", None)
        waiting = await store.renew_waiting(db, hook.hook_id, now, now + desk.policy.give_up_after)
        return {"state": "active", "waiting": waiting}

    return await _change(desk, name, "resume", order, resume)


async def remove_hook(desk: HookDesk, name: str, order: Instruction) -> Mapping[str, Any]:
    """Drop the receiver, its secrets and what waits for it; its log stays as long as logs do. Raises NoSuchHook."""

    async def remove(db: Connection, hook: Hook) -> Mapping[str, Any]:
        await store.update_hook_state(db, hook.hook_id, "removed", BY_HAND)
        await store.erase_secrets(db, hook.hook_id)
        return {"state": "removed", "dropped": await store.drop_waiting(db, hook.hook_id, desk.clock.now())}

    return await _change(desk, name, "remove", order, remove)


async def rotate_hook(desk: HookDesk, name: str, overlap: timedelta, order: Instruction) -> Mapping[str, Any]:
    """A new secret, shown once; the old one signs beside it for the overlap. Raises NoSuchHook."""
    secret, until = desk.new_secret(SECRET_BYTES), desk.clock.now() + overlap

    async def rotate(db: Connection, hook: Hook) -> Mapping[str, Any]:
        await store.rotate_secret(db, hook.hook_id, secret, desk.seals, until)
        return {"former_until": until}

    answer = await _change(desk, name, "rotate", order, rotate)
    return answer if order.dry_run else {**answer, "secret": secret_text(secret)}


async def ask_for_replay(desk: HookDesk, name: str, since: datetime, order: Instruction) -> Mapping[str, Any]:
    """Send everything from that arrival on once more, with the ids it had. Raises NoSuchHook."""

    async def ask(db: Connection, hook: Hook) -> Mapping[str, Any]:
        await store.insert_replay(db, desk.new_id(), hook.hook_id, since, desk.clock.now())
        return {"since": since.isoformat()}

    return await _change(desk, name, "replay", order, ask)


async def try_hook(desk: HookDesk, name: str, order: Instruction) -> Mapping[str, Any]:
    """Post an event that never was, at once; what the receiver answered. Raises NoSuchHook."""
    now, event_id = desk.clock.now(), desk.new_id()
    async with transaction(desk.pool) as db:
        hook = await _locked(db, name)
        secrets = await store.find_secrets(db, hook.hook_id, desk.seals, now)
        if order.dry_run:
            return {"name": name, "outcome": "not sent"}
        await _keep(db, desk, hook.hook_id, "test", order, {"event_id": str(event_id)})
    event = HookEvent(source_of("notifier"), event_id, TEST_TYPE, format_instant(now), name, name, None, {})
    body = hook.body_for(event) or b""
    answer = await desk.posting.post(hook.url, signed_headers(str(event_id), body, secrets, now), body)
    return {"name": name, "outcome": answer.outcome, "status_code": answer.status_code,
            "milliseconds": answer.milliseconds}  # fmt: skip


async def read_log(desk: HookDesk, name: str, state: str | None, before: int | None) -> Mapping[str, Any]:
    """A page of the receiver's posts with their attempts, the newest first; `next` is the `before` of the next page."""
    async with transaction(desk.pool) as db:
        hook = await _locked(db, name)
        posts = await store.find_posts(db, hook.hook_id, state, before, MOST_ROWS + 1)
        page = posts[:MOST_ROWS]
        attempts = await store.find_post_attempts(db, [post["delivery_id"] for post in page])
    more = page[-1]["delivery_id"] if len(posts) > MOST_ROWS else None
    return {"posts": page, "attempts": attempts, "next": more}


async def _change(
    desk: HookDesk, name: str, action: str, order: Instruction,
    act: Callable[[Connection, Hook], Awaitable[Mapping[str, Any]]],
) -> Mapping[str, Any]:  # fmt: skip
    async with transaction(desk.pool) as db:
        hook = await _locked(db, name)
        if order.dry_run:
            return {"name": name, "done": False}
        told = await act(db, hook)
        await _keep(db, desk, hook.hook_id, action, order, {key: str(value) for key, value in told.items()})
    return {"name": name, "done": True, **told}


async def _locked(db: Connection, name: str) -> Hook:
    hook = await store.lock_hook(db, name)
    if hook is None:
        raise NoSuchHook(name)
    return hook


async def _keep(
    db: Connection, desk: HookDesk, hook_id: UUID, action: str, order: Instruction, details: Mapping[str, Any]
) -> None:
    now = desk.clock.now()
    await store.insert_hook_order(
        db, HookOrder(desk.new_id(), hook_id, now, order.operator, action, order.reason, details)
    )
