"""How many mails wait, and how old the oldest are."""

from dataclasses import dataclass
from datetime import datetime

from shared.runtime.database import Connection

MOST_COUNTED = 100_000


@dataclass(frozen=True, slots=True)
class MailState:
    """`waiting` is counted up to 100,000; `oldest_archived` is the end of the oldest mail whose text is still kept."""

    waiting: int
    oldest_due: datetime | None
    suppressed_addresses: int
    oldest_archived: datetime | None


async def find_mail_state(db: Connection) -> MailState:
    """As it is now; every part reads an index."""
    row = await db.fetchrow(
        """
        select
            (select count(*) from (select from mails where state in ('queued', 'sending') limit $1) as counted)
                as waiting,
            (select due_at from mails where state in ('queued', 'sending') order by due_at limit 1) as oldest_due,
            (select count(*) from suppressions where released_at is null) as suppressed_addresses,
            (select ended_at from mails where sealed is not null and ended_at is not null
             order by ended_at limit 1) as oldest_archived
        """,
        MOST_COUNTED,
    )
    assert row is not None
    return MailState(**row)
