"""The registration schedule on its own page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.intake import store
from services.intake.domain.schedule_table import ScheduleRow, schedule_rows
from shared.kernel.local_time import local_date
from shared.runtime.database import Pool


@dataclass(frozen=True, slots=True)
class ScheduleView:
    """The days to come; `version` is that of the schedule, None before the first."""

    version: int | None
    rows: Sequence[ScheduleRow]


async def view_schedule(pool: Pool, now: datetime) -> ScheduleView:
    """What applicants may wish for, and until when (S14)."""
    async with pool.acquire() as db:
        schedule = await store.find_schedule(db)
    return ScheduleView(schedule.schedule_version if schedule else None, schedule_rows(schedule, local_date(now)))
