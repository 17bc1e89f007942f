"""Posts on their way to the receivers of hooks: queued, claimed, marked, and what was tried."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.notifier.domain.hooks import Answer, HookEvent, NextStep
from services.notifier.store.seals import Seals
from shared.runtime.database import Connection


@dataclass(frozen=True, slots=True)
class NewPost:
    """One event for one receiver."""

    hook_id: UUID
    event: HookEvent
    body: bytes


@dataclass(frozen=True, slots=True)
class ClaimedPost:
    """One that is being sent; `attempts` counts this one, too."""

    delivery_id: int
    event_id: UUID
    body: bytes
    attempts: int
    give_up_at: datetime


async def insert_posts(
    db: Connection, posts: Sequence[NewPost], seals: Seals, now: datetime, give_up_after: timedelta, *, again: bool
) -> int:
    """Queue posts; how many. An event that is there already stays as it is, or with `again` is queued anew if ended."""
    rows = await db.fetch(
        """
        insert into hook_deliveries
            (hook_id, source, event_id, event_type, subject, body, queued_at, due_at, give_up_at)
        select hook_id, source, event_id, event_type, subject, body, $7, $7, $7::timestamptz + $8::interval
        from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::bytea[]) with ordinality
            as planned (hook_id, source, event_id, event_type, subject, body, place)
        order by place
        on conflict (hook_id, source, event_id) do update set state = 'queued', turn = excluded.turn,
            body = excluded.body, attempts = 0, queued_at = excluded.queued_at, due_at = excluded.due_at,
            give_up_at = excluded.give_up_at, ended_at = null, outcome = null, status_code = null
        where $9::boolean and hook_deliveries.state in ('delivered', 'failed')
        returning 1
        """,
        [post.hook_id for post in posts],
        [post.event.source for post in posts],
        [post.event.id for post in posts],
        [post.event.type for post in posts],
        [post.event.subject for post in posts],
        [seals.seal(post.body, _about(post.hook_id, post.event.id)) for post in posts],
        now,
        give_up_after,
        again,
    )
    return len(rows)


async def find_due_hooks(db: Connection, now: datetime) -> list[UUID]:
    """Receivers that are called now: active, not resting, and something is due."""
    rows = await db.fetch(
        """
        select hook_id from hooks
        where state = 'active' and (rests_until is null or rests_until <= $1) and exists (
            select from hook_deliveries
            where hook_deliveries.hook_id = hooks.hook_id and hook_deliveries.state in ('queued', 'sending')
                and due_at <= $1
        )
        """,
        now,
    )
    return [row["hook_id"] for row in rows]


async def claim_posts(
    db: Connection, hook_id: UUID, limit: int, seals: Seals, now: datetime, claimed_until: datetime
) -> list[ClaimedPost]:
    """Take what is due for one receiver, of each subject the first that waits: a later event never overtakes it.

    One found in `sending` belongs to a process that died; it may have arrived, and its id says so to the receiver.
    """
    rows = await db.fetch(
        """
        with due as (
            select delivery_id from hook_deliveries as post
            where hook_id = $1 and state in ('queued', 'sending') and due_at <= $2 and not exists (
                select from hook_deliveries as before
                where before.hook_id = post.hook_id and before.subject = post.subject
                    and before.state in ('queued', 'sending') and before.turn < post.turn
            ) and exists (
                select from hooks
                where hooks.hook_id = $1 and hooks.state = 'active' and (rests_until is null or rests_until <= $2)
            )
            order by turn limit $3
            for update skip locked
        )
        update hook_deliveries set state = 'sending', attempts = attempts + 1, due_at = $4
        from due where hook_deliveries.delivery_id = due.delivery_id
        returning hook_deliveries.delivery_id, event_id, body, attempts, give_up_at, turn
        """,
        hook_id,
        now,
        limit,
        claimed_until,
    )
    return [
        ClaimedPost(row["delivery_id"], row["event_id"], seals.open(row["body"], _about(hook_id, row["event_id"])),
                    row["attempts"], row["give_up_at"])
        for row in sorted(rows, key=lambda row: row["turn"])
    ]  # fmt: skip


async def mark_posts(db: Connection, results: Sequence[tuple[ClaimedPost, Answer, NextStep]], now: datetime) -> None:
    """What became of claimed posts, each if it is still ours; the body of one that has ended is forgotten."""
    rows = await db.fetch(
        """
        update hook_deliveries set state = result.state, due_at = result.due_at, outcome = result.outcome,
            status_code = result.status_code,
            ended_at = case when result.state <> 'queued' then $7::timestamptz end,
            body = case when result.state = 'queued' then body end
        from unnest($1::bigint[], $2::int[], $3::text[], $4::timestamptz[], $5::text[], $6::int[])
            as result (delivery_id, attempts, state, due_at, outcome, status_code)
        where hook_deliveries.delivery_id = result.delivery_id and hook_deliveries.attempts = result.attempts
            and hook_deliveries.state = 'sending'
        returning hook_deliveries.delivery_id
        """,
        [post.delivery_id for post, _, _ in results],
        [post.attempts for post, _, _ in results],
        [step.state for _, _, step in results],
        [step.due_at for _, _, step in results],
        [answer.outcome for _, answer, _ in results],
        [answer.status_code for _, answer, _ in results],
        now,
    )
    ours = {row["delivery_id"] for row in rows}
    await insert_post_attempts(db, [(post, answer) for post, answer, _ in results if post.delivery_id in ours], now)


async def insert_post_attempts(db: Connection, tried: Sequence[tuple[ClaimedPost, Answer]], now: datetime) -> None:
    """One line per attempt."""
    await db.execute(
        """
        insert into hook_attempts (delivery_id, ended_at, outcome, status_code, milliseconds)
        select delivery_id, $5, outcome, status_code, milliseconds
        from unnest($1::bigint[], $2::text[], $3::int[], $4::int[])
            as tried (delivery_id, outcome, status_code, milliseconds)
        """,
        [post.delivery_id for post, _ in tried],
        [answer.outcome for _, answer in tried],
        [answer.status_code for _, answer in tried],
        [answer.milliseconds for _, answer in tried],
        now,
    )


async def add_failure(db: Connection, hook_id: UUID) -> int:
    """Count one more time in a row that the receiver did not answer; how many there are now."""
    count: int = await db.fetchval(
        "update hooks set failures = failures + 1 where hook_id = $1 returning failures", hook_id
    )
    return count


async def update_rest(db: Connection, hook_id: UUID, rests_until: datetime | None) -> None:
    """Leave the receiver in peace until then."""
    await db.execute("update hooks set rests_until = $2 where hook_id = $1", hook_id, rests_until)


async def end_failures(db: Connection, hook_id: UUID) -> None:
    """The receiver has answered: the row of failures is over."""
    await db.execute("update hooks set failures = 0, rests_until = null where hook_id = $1 and failures > 0", hook_id)


async def expire_posts(db: Connection, now: datetime, queued_before: datetime, limit: int) -> Sequence[str]:
    """Give up what its time has run out for, and for paused receivers what was queued before then; what each met last.

    That is the outcome of its last attempt, or `too-late` where none was made.
    """
    rows = await db.fetch(
        """
        update hook_deliveries set state = 'failed', ended_at = $1, body = null, outcome = coalesce(outcome, 'too-late')
        where delivery_id in (
            select delivery_id from hook_deliveries join hooks using (hook_id)
            where hook_deliveries.state = 'queued' and give_up_at < $1 and due_at < $1
                and (hooks.state = 'active' or queued_at < $2)
            order by delivery_id limit $3 for update of hook_deliveries skip locked
        )
        returning outcome
        """,
        now,
        queued_before,
        limit,
    )
    return [row["outcome"] for row in rows]


async def renew_waiting(db: Connection, hook_id: UUID, now: datetime, give_up_at: datetime) -> int:
    """Begin anew with everything that waits: its receiver was paused and is called again; how many."""
    status = await db.execute(
        """
        update hook_deliveries set due_at = $2, give_up_at = greatest(give_up_at, $3)
        where hook_id = $1 and state = 'queued'
        """,
        hook_id,
        now,
        give_up_at,
    )
    return _count(status)


async def delete_old_posts(db: Connection, ended_before: datetime, limit: int) -> int:
    """Forget posts that ended before then, with their attempts; how many."""
    status = await db.execute(
        """
        delete from hook_deliveries where delivery_id in (
            select delivery_id from hook_deliveries where ended_at < $1 order by ended_at limit $2
        )
        """,
        ended_before,
        limit,
    )
    return _count(status)


async def drop_waiting(db: Connection, hook_id: UUID, now: datetime) -> int:
    """Give up everything that waits for a receiver that is removed; how many."""
    status = await db.execute(
        """
        update hook_deliveries set state = 'failed', ended_at = $2, body = null, outcome = 'removed'
        where hook_id = $1 and state in ('queued', 'sending')
        """,
        hook_id,
        now,
    )
    return _count(status)


async def find_posts(
    db: Connection, hook_id: UUID, state: str | None, before: int | None, limit: int
) -> list[Mapping[str, Any]]:
    """The receiver's posts, the newest first, below an id; no body."""
    rows = await db.fetch(
        """
        select delivery_id, event_id, event_type, subject, state, attempts, queued_at,
            case when state in ('queued', 'sending') then due_at end as due_at, ended_at, outcome, status_code
        from hook_deliveries
        where hook_id = $1 and ($2::text is null or state = $2) and ($3::bigint is null or delivery_id < $3)
        order by delivery_id desc limit $4
        """,
        hook_id,
        state,
        before,
        limit,
    )
    return [dict(row) for row in rows]


async def find_post_attempts(db: Connection, delivery_ids: Sequence[int]) -> list[Mapping[str, Any]]:
    """Every attempt of these posts, in order."""
    rows = await db.fetch(
        """
        select delivery_id, ended_at, outcome, status_code, milliseconds from hook_attempts
        where delivery_id = any($1::bigint[]) order by ended_at
        """,
        delivery_ids,
    )
    return [dict(row) for row in rows]


def _count(status: str) -> int:
    return int(status.rpartition(" ")[2])


def _about(hook_id: UUID, event_id: UUID) -> str:
    return f"post {hook_id} {event_id}"
