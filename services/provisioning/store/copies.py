"""Queries on what other services own: the copy of each office's contract and of the calendar."""

from collections.abc import Sequence

from services.provisioning.domain.office import Office
from shared.contracts.review_events import SchedulePublished
from shared.kernel.business_days import BusinessCalendar
from shared.kernel.identifiers import OfficeCode
from shared.runtime.database import Connection


async def upsert_offices(db: Connection, offices: Sequence[Office]) -> frozenset[OfficeCode]:
    """Write newer contracts and return whose they are; an older version changes nothing, and no counter falls.

    Offices sorted by code, because rows are locked in that order.
    """
    rows = await db.fetch(
        """
        insert into offices as known (office_code, contract_version, company_abbreviation, system_class, customs,
                                      billing_code, smtp_pop3_from, edifact_from, closed_on, highest_serial)
        select office_code, contract_version, company_abbreviation, system_class, customs,
               billing_code, smtp_pop3_from, edifact_from, closed_on, highest_serial
        from unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::text[],
                    $6::text[], $7::date[], $8::date[], $9::date[], $10::smallint[])
            as given (office_code, contract_version, company_abbreviation, system_class, customs,
                      billing_code, smtp_pop3_from, edifact_from, closed_on, highest_serial)
        on conflict (office_code) do update
        set contract_version = excluded.contract_version,
            company_abbreviation = excluded.company_abbreviation,
            system_class = excluded.system_class,
            customs = excluded.customs,
            billing_code = excluded.billing_code,
            smtp_pop3_from = excluded.smtp_pop3_from,
            edifact_from = excluded.edifact_from,
            closed_on = excluded.closed_on,
            highest_serial = greatest(known.highest_serial, excluded.highest_serial)
        where known.contract_version < excluded.contract_version
        returning office_code
        """,
        [office.office_code for office in offices],
        [office.contract_version for office in offices],
        [office.company_abbreviation for office in offices],
        [office.system_class.value for office in offices],
        [office.customs for office in offices],
        [office.billing_code for office in offices],
        [office.smtp_pop3_from for office in offices],
        [office.edifact_from for office in offices],
        [office.closed_on for office in offices],
        [office.highest_serial for office in offices],
    )
    return frozenset(OfficeCode(row["office_code"]) for row in rows)


async def upsert_calendar(db: Connection, schedule: SchedulePublished) -> None:
    """Write a newer schedule's calendar; an older schedule version changes nothing."""
    await db.execute(
        """
        insert into calendar as known (singleton, schedule_version, calendar_version, covers_until, closures, openings)
        values (true, $1, $2, $3, $4, $5)
        on conflict (singleton) do update
        set schedule_version = excluded.schedule_version,
            calendar_version = excluded.calendar_version,
            covers_until = excluded.covers_until,
            closures = excluded.closures,
            openings = excluded.openings
        where known.schedule_version < excluded.schedule_version
        """,
        schedule.schedule_version,
        schedule.calendar_version,
        schedule.covers_until,
        [closure.date for closure in schedule.closures],
        [opening.date for opening in schedule.openings],
    )


async def find_calendar(db: Connection) -> BusinessCalendar | None:
    """The newest calendar known, or None before the first schedule has come."""
    row = await db.fetchrow("select calendar_version, covers_until, closures, openings from calendar")
    if row is None:
        return None
    return BusinessCalendar(
        version=row["calendar_version"],
        covers_until=row["covers_until"],
        closures=frozenset(row["closures"]),
        openings=frozenset(row["openings"]),
    )
