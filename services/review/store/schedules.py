"""Published schedules: each version is a row that never changes."""

from datetime import date, datetime

import asyncpg
from pydantic import TypeAdapter

from services.review.domain.schedule import Schedule
from services.review.domain.schedule_effects import Promise
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


async def find_schedule_versions(db: Connection, limit: int) -> list[tuple[int, int, datetime, str]]:
    """The newest versions: schedule's and calendar's number, when they were published, and by whom."""
    rows = await db.fetch(
        "select schedule_version, calendar_version, published_at, published_by from schedules"
        " order by schedule_version desc limit $1",
        limit,
    )
    return [tuple(row) for row in rows]


async def lock_schedule_told_before(db: Connection, before: datetime) -> Schedule | None:
    """The newest schedule, locked, if it was last published before an instant and nobody else holds it."""
    row = await db.fetchrow(
        """
        select schedule_version, calendar_version, registration_days::text as registration_days,
            closures::text as closures, openings::text as openings, covers_until
        from schedules
        where schedule_version = (select max(schedule_version) from schedules)
            and coalesce(republished_at, published_at) < $1
        for update skip locked
        """,
        before,
    )
    return _schedule(row) if row else None


async def mark_republished(db: Connection, schedule_version: int, now: datetime) -> None:
    """Remember that the version has been published again."""
    await db.execute("update schedules set republished_at = $2 where schedule_version = $1", schedule_version, now)


async def find_promises(db: Connection, today: date) -> list[Promise]:
    """Confirmed start dates from today on, and windows still open, each with its number of applications."""
    rows = await db.fetch(
        """
        select confirmed_start_date, viewable_until, count(*) as applications from reviews
        where state in ('approved', 'review_completed', 'in_service')
            and confirmed_start_date is not null
            and greatest(confirmed_start_date, viewable_until) >= $1
        group by confirmed_start_date, viewable_until order by confirmed_start_date, viewable_until
        """,
        today,
    )
    return [Promise(row["confirmed_start_date"], row["viewable_until"], row["applications"]) for row in rows]


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
