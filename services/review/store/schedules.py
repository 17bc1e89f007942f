"""Published schedules: each version is a row that never changes."""

from datetime import date, datetime

import asyncpg
from pydantic import TypeAdapter

from services.review.domain.schedule import Schedule
from shared.contracts.people import CalendarException, RegistrationDay
from shared.runtime.database import Connection

_DAYS = TypeAdapter(list[RegistrationDay])
_EXCEPTIONS = TypeAdapter(list[CalendarException])


async def lock_schedules(db: Connection) -> None:
    """One publisher at a time until the transaction ends; readers go on."""
    await db.execute("lock table schedules in share row exclusive mode")


async def find_schedule(db: Connection) -> Schedule | None:
    """The newest schedule, or None before the first was published."""
    row = await db.fetchrow(
        """
        select schedule_version, calendar_version, registration_days::text as registration_days,
            closures::text as closures, openings::text as openings, covers_until
        from schedules order by schedule_version desc limit 1
        """
    )
    return _schedule(row) if row else None


async def insert_schedule(db: Connection, schedule: Schedule, published_by: str, now: datetime) -> None:
    """Add the next version."""
    await db.execute(
        """
        insert into schedules (
            schedule_version, calendar_version, registration_days, closures, openings, covers_until,
            published_at, published_by)
        values ($1, $2, $3::text::jsonb, $4::text::jsonb, $5::text::jsonb, $6, $7, $8)
        """,
        schedule.schedule_version,
        schedule.calendar_version,
        _DAYS.dump_json(list(schedule.registration_days)).decode(),
        _EXCEPTIONS.dump_json(list(schedule.closures)).decode(),
        _EXCEPTIONS.dump_json(list(schedule.openings)).decode(),
        schedule.covers_until,
        now,
        published_by,
    )


def _schedule(row: asyncpg.Record) -> Schedule:
    covers_until: date = row["covers_until"]
    return Schedule(
        schedule_version=row["schedule_version"],
        calendar_version=row["calendar_version"],
        registration_days=tuple(_DAYS.validate_json(row["registration_days"])),
        closures=tuple(_EXCEPTIONS.validate_json(row["closures"])),
        openings=tuple(_EXCEPTIONS.validate_json(row["openings"])),
        covers_until=covers_until,
    )
