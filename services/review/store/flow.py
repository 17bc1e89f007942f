"""What stands where in the flow, counted. Every statement stays small however many applications have ended."""

from collections.abc import Mapping
from datetime import datetime

from services.review.domain.flow import Count, FlowPlace, FlowStation
from shared.runtime.database import Connection

RECENT_EVENTS = 5000
PLACE_OF_STATE: Mapping[str, FlowPlace] = {
    "under_review": FlowPlace.UNDER_REVIEW,
    "clarification": FlowPlace.CLARIFICATION,
    "approved": FlowPlace.AWAITING_ISSUE,
    "review_completed": FlowPlace.AWAITING_START,
}


async def count_open_reviews(db: Connection) -> dict[FlowPlace, Count]:
    """Applications that are on their way, by where they stand."""
    rows = await db.fetch(
        "select state, count(*) as number, min(moved_at) as oldest from reviews where state = any($1) group by state",
        list(PLACE_OF_STATE),
    )
    return {PLACE_OF_STATE[row["state"]]: Count(row["number"], row["oldest"]) for row in rows}


async def count_failed_issues(db: Connection) -> Count:
    """Approvals that came back because nothing could be issued, and that nobody has decided on again."""
    row = await db.fetchrow(
        "select count(*) as number, min(moved_at) as oldest from reviews"
        " where issue_failure is not null and state = 'under_review'"
    )
    assert row is not None
    return Count(row["number"], row["oldest"])


async def count_held_events(db: Connection) -> dict[FlowPlace, Count]:
    """Events review has taken from the topics and could not handle yet; dead letters apart."""
    rows = await db.fetch(
        "select reason = 'dead' as dead, count(*) as number, min(held_at) as oldest from held_events group by 1"
    )
    places = {True: FlowPlace.DEAD_LETTERS, False: FlowPlace.HELD_EVENTS}
    return {places[row["dead"]]: Count(row["number"], row["oldest"]) for row in rows}


async def count_mail_trouble(db: Connection, since: datetime) -> dict[FlowPlace, Count]:
    """Mails that were put off or given up since then."""
    rows = await db.fetch(
        "select step, count(*) as number, min(occurred_at) as oldest from timeline_entries"
        " where step in ('mail_failed', 'mail_deferred') and occurred_at >= $1 group by step",
        since,
    )
    return {FlowPlace(row["step"]): Count(row["number"], row["oldest"]) for row in rows}


async def count_unmailed(db: Connection) -> Count:
    """Open applications of which no mail has been told yet: notifier is away, or holds their events back."""
    row = await db.fetchrow(
        """
        select count(*) as number, min(opened_at) as oldest from reviews
        where state = any($1) and not exists (
            select from timeline_entries as entry
            where entry.receipt_number = reviews.receipt_number
                and entry.step in ('mail_sent', 'mail_deferred', 'mail_failed')
        )
        """,
        list(PLACE_OF_STATE),
    )
    assert row is not None
    return Count(row["number"], row["oldest"])


async def find_last_heard(db: Connection) -> dict[FlowStation, datetime]:
    """When an event of each other service was last handled, among the most recent ones."""
    rows = await db.fetch(
        """
        select source, max(processed_at) as heard_at
        from (select source, processed_at from processed_events order by processed_at desc limit $1) as recent
        where source = any($2) group by source
        """,
        RECENT_EVENTS,
        [f"/nss/{station}" for station in FlowStation],
    )
    return {FlowStation(row["source"].removeprefix("/nss/")): row["heard_at"] for row in rows}
