"""How much waits for each receiver of hooks, and since when."""

from dataclasses import dataclass
from datetime import datetime

from services.notifier.store.measures import MOST_COUNTED
from shared.runtime.database import Connection


@dataclass(frozen=True, slots=True)
class HookBacklog:
    """One receiver. `waiting` is counted up to 100,000; `next_due` is None while nothing may be posted to it now."""

    name: str
    state: str
    waiting: int
    oldest_waiting: datetime | None
    next_due: datetime | None


async def find_hook_backlogs(db: Connection, now: datetime) -> list[HookBacklog]:
    """Every receiver that is not removed. The next post is the one that `claim_posts` would take first."""
    rows = await db.fetch(
        """
        select name, state, counted.waiting, oldest.queued_at as oldest_waiting, next.due_at as next_due
        from hooks
        cross join lateral (
            select count(*) as waiting from (
                select from hook_deliveries as post
                where post.hook_id = hooks.hook_id and post.state in ('queued', 'sending') limit $2
            ) as counted_rows
        ) as counted
        left join lateral (
            select queued_at from hook_deliveries as post
            where post.hook_id = hooks.hook_id and post.state in ('queued', 'sending')
            order by turn limit 1
        ) as oldest on true
        left join lateral (
            select due_at from hook_deliveries as post
            where hooks.state = 'active' and (hooks.rests_until is null or hooks.rests_until <= $1)
                and post.hook_id = hooks.hook_id and post.state in ('queued', 'sending') and due_at <= $1
                and not exists (
                    select from hook_deliveries as before
                    where before.hook_id = post.hook_id and before.subject = post.subject
                        and before.state in ('queued', 'sending') and before.turn < post.turn
                )
            order by turn limit 1
        ) as next on true
        where hooks.state <> 'removed' order by name
        """,
        now,
        MOST_COUNTED,
    )
    return [HookBacklog(**row) for row in rows]
