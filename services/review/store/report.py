"""Counts of the monthly report."""

from services.review.domain.report import CompletedReviews, Month, OfficeActivity
from shared.runtime.database import Connection


async def find_office_activities(db: Connection, month: Month) -> list[OfficeActivity]:
    """What happened in the month at every office where anything did."""
    rows = await db.fetch(
        """
        with happened as (
            select office_code, 1 as received, 0 as completed, 0 as withdrawn, 0 as voided,
                0 as added_smtp_pop3, 0 as added_edifact, 0 as abolished
            from reviews where received_on between $1 and $2
            union all
            select office_code, 0, 1, 0, 0, 0, 0, 0 from reviews where completed_on between $1 and $2
            union all
            select office_code, 0, 0, (state = 'withdrawn')::int, (state = 'voided')::int, 0, 0, 0
            from reviews
            where state in ('withdrawn', 'voided') and (moved_at at time zone 'Asia/Tokyo')::date between $1 and $2
            union all
            select office_code, 0, 0, 0, 0, (kind = 'smtp_pop3')::int, (kind = 'edifact')::int, 0
            from office_mailboxes
            where receipt_number is not null and not is_voided and kind is not null and active_from between $1 and $2
            union all
            select office_code, 0, 0, 0, 0, 0, 0, 1
            from office_mailboxes where not is_voided and abolished_on between $1 and $2
        )
        select happened.office_code, coalesce(contracts.company_name, '') as company_name,
            coalesce(contracts.office_name, '') as office_name,
            sum(received)::int as received, sum(completed)::int as completed, sum(withdrawn)::int as withdrawn,
            sum(voided)::int as voided, sum(added_smtp_pop3)::int as added_smtp_pop3,
            sum(added_edifact)::int as added_edifact, sum(abolished)::int as abolished
        from happened left join contracts using (office_code)
        group by happened.office_code, contracts.company_name, contracts.office_name
        """,
        month.first,
        month.last,
    )
    return [OfficeActivity(**dict(row)) for row in rows]


async def find_completed_reviews(db: Connection, month: Month) -> list[CompletedReviews]:
    """Reviews that ended in the month, grouped by office, first day counted and day of the end."""
    rows = await db.fetch(
        """
        select office_code, counts_from, completed_on, count(*)::int as reviews from reviews
        where completed_on between $1 and $2 group by office_code, counts_from, completed_on
        """,
        month.first,
        month.last,
    )
    return [CompletedReviews(**dict(row)) for row in rows]
