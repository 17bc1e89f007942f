"""Hooks: their settings, their secrets under seal, and what operators did to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.notifier.domain.hooks import Hook
from services.notifier.store.seals import Seals
from shared.runtime.database import Connection


@dataclass(frozen=True, slots=True)
class HookReplay:
    """Events from `since` on are to be sent to the hook once more."""

    replay_id: UUID
    hook: Hook
    since: datetime


@dataclass(frozen=True, slots=True)
class HookOrder:
    """What an operator did to a hook, and why."""

    order_id: UUID
    hook_id: UUID
    done_at: datetime
    operator: str
    action: str
    reason: str
    details: Mapping[str, Any]


async def insert_hook(db: Connection, hook: Hook, secret: bytes, seals: Seals) -> None:
    """A new receiver. Raises UniqueViolationError where another one has its name."""
    await db.execute(
        """
        insert into hooks (hook_id, name, url, event_types, office_codes, data_class, secret, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        hook.hook_id,
        hook.name,
        hook.url,
        hook.event_types,
        hook.office_codes,
        hook.data_class,
        seals.seal(secret, _about(hook.hook_id)),
        hook.created_at,
    )


async def find_hooks(db: Connection) -> list[Hook]:
    """Every receiver that is not removed; events are queued for paused ones, too."""
    rows = await db.fetch(
        """
        select hook_id, name, url, event_types, office_codes, data_class, created_at from hooks
        where state <> 'removed' order by name
        """
    )
    return [_hook(row) for row in rows]


async def find_hook(db: Connection, hook_id: UUID) -> Hook | None:
    """The receiver, unless it is removed."""
    row = await db.fetchrow(
        """
        select hook_id, name, url, event_types, office_codes, data_class, created_at from hooks
        where state <> 'removed' and hook_id = $1
        """,
        hook_id,
    )
    return _hook(row) if row else None


async def lock_hook(db: Connection, name: str) -> Hook | None:
    """The receiver of that name, locked; None if there is none."""
    row = await db.fetchrow(
        """
        select hook_id, name, url, event_types, office_codes, data_class, created_at from hooks
        where state <> 'removed' and name = $1 for update
        """,
        name,
    )
    return _hook(row) if row else None


async def find_hook_states(db: Connection, now: datetime) -> list[Mapping[str, Any]]:
    """Receivers as operators see them: settings, state, and how much waits since when."""
    rows = await db.fetch(
        """
        select name, url, event_types, office_codes, data_class, state, paused_because, failures,
            case when rests_until > $1 then rests_until end as rests_until, created_at,
            former_secret_until > $1 as is_rotating, waiting.count as waiting, waiting.oldest as oldest_waiting,
            ended.delivered as delivered, ended.failed as failed
        from hooks
        cross join lateral (
            select count(*), min(queued_at) as oldest from hook_deliveries
            where hook_deliveries.hook_id = hooks.hook_id and hook_deliveries.state in ('queued', 'sending')
        ) as waiting
        cross join lateral (
            select count(*) filter (where hook_deliveries.state = 'delivered') as delivered,
                count(*) filter (where hook_deliveries.state = 'failed') as failed
            from hook_deliveries where hook_deliveries.hook_id = hooks.hook_id
        ) as ended
        where state <> 'removed' order by name
        """,
        now,
    )
    return [dict(row) for row in rows]


async def update_hook_state(db: Connection, hook_id: UUID, state: str, because: str | None) -> None:
    """Active, paused (and why) or removed; a receiver that is active again is called at once."""
    await db.execute(
        "update hooks set state = $2, paused_because = $3, failures = 0, rests_until = null where hook_id = $1",
        hook_id,
        state,
        because,
    )


async def rotate_secret(db: Connection, hook_id: UUID, secret: bytes, seals: Seals, former_until: datetime) -> None:
    """A new secret; the one before it signs beside it until then."""
    await db.execute(
        "update hooks set former_secret = secret, former_secret_until = $3, secret = $2 where hook_id = $1",
        hook_id,
        seals.seal(secret, _about(hook_id)),
        former_until,
    )


async def erase_secrets(db: Connection, hook_id: UUID) -> None:
    """Forget what signs: the receiver is removed."""
    await db.execute("update hooks set secret = null, former_secret = null where hook_id = $1", hook_id)


async def find_secrets(db: Connection, hook_id: UUID, seals: Seals, now: datetime) -> Sequence[bytes]:
    """The secrets in force, the newest first; none if the receiver is removed. Raises UnreadableSeal."""
    row = await db.fetchrow(
        """
        select secret, case when former_secret_until > $2 then former_secret end as former
        from hooks where hook_id = $1
        """,
        hook_id,
        now,
    )
    sealed = [row["secret"], row["former"]] if row else []
    return [seals.open(each, _about(hook_id)) for each in sealed if each is not None]


async def insert_hook_order(db: Connection, order: HookOrder) -> None:
    """Keep who did what, and why."""
    await db.execute(
        """
        insert into hook_orders (order_id, hook_id, done_at, operator, action, reason, details)
        values ($1, $2, $3, $4, $5, $6, $7)
        """,
        order.order_id,
        order.hook_id,
        order.done_at,
        order.operator,
        order.action,
        order.reason,
        order.details,
    )


async def insert_replay(db: Connection, replay_id: UUID, hook_id: UUID, since: datetime, now: datetime) -> None:
    """Ask for a replay; whoever reads for hooks takes it up."""
    await db.execute(
        "insert into hook_replays (replay_id, hook_id, since, asked_at) values ($1, $2, $3, $4)",
        replay_id,
        hook_id,
        since,
        now,
    )


async def claim_replay(db: Connection, now: datetime, claimed_until: datetime) -> HookReplay | None:
    """The oldest replay that nobody is at; None if there is none."""
    row = await db.fetchrow(
        """
        with chosen as (
            select replay_id from hook_replays
            where done_at is null and (claimed_until is null or claimed_until < $1)
            order by asked_at limit 1 for update skip locked
        )
        update hook_replays set claimed_until = $2 from chosen, hooks
        where hook_replays.replay_id = chosen.replay_id and hooks.hook_id = hook_replays.hook_id
        returning hook_replays.replay_id, since, hooks.hook_id, name, url, event_types, office_codes, data_class,
            created_at
        """,
        now,
        claimed_until,
    )
    return HookReplay(row["replay_id"], _hook(row), row["since"]) if row else None


async def mark_replay_done(db: Connection, replay_id: UUID, queued: int, now: datetime) -> None:
    """The replay's events are queued."""
    await db.execute("update hook_replays set done_at = $3, queued = $2 where replay_id = $1", replay_id, queued, now)


def _hook(row: Any) -> Hook:
    return Hook(
        hook_id=row["hook_id"],
        name=row["name"],
        url=row["url"],
        event_types=tuple(row["event_types"]),
        office_codes=tuple(row["office_codes"]),
        data_class=row["data_class"],
        created_at=row["created_at"],
    )


def _about(hook_id: UUID) -> str:
    return f"hook {hook_id}"
