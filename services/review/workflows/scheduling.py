"""Publishing the registration schedule and its calendar."""

from collections.abc import Sequence
from datetime import datetime

from services.review import store
from services.review.domain.schedule import (
    ProposedSchedule,
    Schedule,
    ScheduleProblem,
    check_schedule,
    next_schedule,
    published,
)
from services.review.domain.staff import StaffMember
from shared.contracts.envelope import new_event
from shared.contracts.topics import SCHEDULE
from shared.kernel.local_time import local_date
from shared.runtime.database import Pool, transaction
from shared.runtime.event_outbox import append_events
from shared.runtime.ids import NewId


async def publish_schedule(
    pool: Pool, proposed: ProposedSchedule, operator: StaffMember, now: datetime, new_id: NewId
) -> Schedule | Sequence[ScheduleProblem]:
    """Make the proposal the current schedule, one version on; or every reason why not."""
    problems = check_schedule(proposed, local_date(now))
    if problems:
        return problems
    async with transaction(pool) as db:
        await store.lock_schedules(db)
        schedule = next_schedule(await store.find_schedule(db), proposed)
        await store.insert_schedule(db, schedule, operator.login, now)
        await append_events(db, [new_event(published(schedule), event_id=new_id(), key=SCHEDULE.key, now=now)])
        return schedule


async def read_schedule(pool: Pool) -> Schedule | None:
    """The current schedule, or None before the first was published."""
    async with pool.acquire() as db:
        return await store.find_schedule(db)
