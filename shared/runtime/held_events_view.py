"""The held events of a service as its operators see them: what, why, since when; never the payload."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.runtime.database import Connection

MOST_ROWS = 500


@dataclass(frozen=True, slots=True)
class HeldSelection:
    """Which rows; None lets everything pass. `after` is the position a page begins behind."""

    reason: str | None = None
    subject: str | None = None
    event_type: str | None = None
    error_code: str | None = None
    held_since: datetime | None = None
    held_before: datetime | None = None
    after: int = 0
    limit: int = 100


@dataclass(frozen=True, slots=True)
class HeldSummary:
    """One held event, without its bytes."""

    position: int
    event_id: UUID
    source: str
    event_type: str | None
    topic: str
    subject: str
    reason: str
    awaited_subject: str | None
    error_class: str | None
    error_code: str | None
    attempts: int
    held_at: datetime


async def list_held(db: Connection, selection: HeldSelection) -> Sequence[HeldSummary]:
    """A page of the selected rows, in order of position."""
    rows = await db.fetch(
        """
        select position, event_id, source, event_type, topic, subject, reason, awaited_subject, error_class, error_code,
            attempts, held_at
        from held_events
        where position > $1
            and ($2::text is null or reason = $2)
            and ($3::text is null or subject = $3)
            and ($4::text is null or strpos(event_type, $4) > 0)
            and ($5::text is null or error_code = $5)
            and ($6::timestamptz is null or held_at >= $6)
            and ($7::timestamptz is null or held_at < $7)
        order by position limit $8
        """,
        selection.after,
        selection.reason,
        selection.subject,
        selection.event_type,
        selection.error_code,
        selection.held_since,
        selection.held_before,
        min(selection.limit, MOST_ROWS),
    )
    return [HeldSummary(**dict(row)) for row in rows]
