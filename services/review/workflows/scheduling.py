"""Publishing the registration schedule and its calendar: tried first, then published, and every week again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.review import store
from services.review.domain.audit import AuditAction, AuditEntry
from services.review.domain.schedule import ProposedSchedule, Schedule, next_schedule, published
from services.review.domain.schedule_checks import ScheduleFault, check_schedule
from services.review.domain.schedule_effects import Promise, ScheduleChange, change_of
from services.review.domain.staff import StaffMember
from shared.contracts.envelope import new_event
from shared.contracts.topics import SCHEDULE
from shared.kernel.local_time import local_date
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.event_outbox import append_events
from shared.runtime.ids import NewId

REPUBLISHED_EVERY = timedelta(days=7)
VERSIONS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class ScheduleMovedOn:
    """Somebody published another version in the meantime; nothing was published."""

    current: Schedule


@dataclass(frozen=True, slots=True)
class ScheduleTrial:
    """What publishing would do: the next version, and how it differs from the one it was tried against."""

    following: Schedule
    change: ScheduleChange
    based_on: int


async def try_schedule(
    pool: Pool, proposed: ProposedSchedule, now: datetime
) -> ScheduleTrial | Sequence[ScheduleFault]:
    """What the proposal would change, or every fault; nothing is written."""
    async with pool.acquire() as db:
        current, promises = await store.find_schedule(db), await store.find_promises(db, local_date(now))
    faults = check_schedule(proposed, local_date(now), _promised_until(promises))
    if faults:
        return faults
    following = next_schedule(current, proposed)
    return ScheduleTrial(following, change_of(current, following, promises), _version(current))


async def publish_schedule(
    pool: Pool,
    proposed: ProposedSchedule,
    operator: StaffMember,
    now: datetime,
    new_id: NewId,
    based_on: int | None = None,
) -> Schedule | ScheduleMovedOn | Sequence[ScheduleFault]:
    """Make the proposal the current schedule, one version on; or every fault.

    `based_on` is the version the operator saw (0: none); another one in the meantime is not overwritten. Confirmed
    start dates and open windows stay as they are: each keeps the version it was decided under.
    """
    async with transaction(pool) as db:
        await store.lock_schedules(db)
        current = await store.find_schedule(db)
        if current is not None and based_on is not None and based_on != current.schedule_version:
            return ScheduleMovedOn(current)
        promised_until = _promised_until(await store.find_promises(db, local_date(now)))
        faults = check_schedule(proposed, local_date(now), promised_until)
        if faults:
            return faults
        schedule = next_schedule(current, proposed)
        await store.insert_schedule(db, schedule, operator.login, now)
        details = {
            "schedule_version": str(schedule.schedule_version),
            "calendar_version": str(schedule.calendar_version),
        }
        entry = AuditEntry(new_id(), now, operator.login, AuditAction.SCHEDULE_PUBLISHED, details=details)
        await store.insert_audit_entries(db, [entry])
        await _tell(db, schedule, now, new_id)
        return schedule


async def republish_schedule(pool: Pool, now: datetime, new_id: NewId) -> int:
    """Publish the current schedule again, unchanged, if it was last told a week ago; how many were: 0 or 1."""
    async with transaction(pool) as db:
        schedule = await store.lock_schedule_told_before(db, now - REPUBLISHED_EVERY)
        if schedule is None:
            return 0
        await store.mark_republished(db, schedule.schedule_version, now)
        await _tell(db, schedule, now, new_id)
        return 1


async def read_schedule(pool: Pool) -> Schedule | None:
    """The current schedule, or None before the first was published."""
    async with pool.acquire() as db:
        return await store.find_schedule(db)


async def read_schedule_versions(pool: Pool) -> Sequence[tuple[int, int, datetime, str]]:
    """The newest versions: schedule's and calendar's number, when they were published, and by whom."""
    async with pool.acquire() as db:
        return await store.find_schedule_versions(db, VERSIONS_SHOWN)


async def _tell(db: Connection, schedule: Schedule, now: datetime, new_id: NewId) -> None:
    await append_events(db, [new_event(published(schedule), event_id=new_id(), key=SCHEDULE.key, now=now)])


def _promised_until(promises: Sequence[Promise]) -> date | None:
    return max((max(each.start_date, each.viewable_until or each.start_date) for each in promises), default=None)


def _version(schedule: Schedule | None) -> int:
    return schedule.schedule_version if schedule else 0
