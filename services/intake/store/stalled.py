"""Applications whose next step does not come, counted."""

from datetime import datetime

from shared.runtime.database import Connection


async def count_unreviewed(db: Connection, received_before: datetime) -> int:
    """Applications received before the instant that review has not taken up."""
    counted: int = await db.fetchval(
        "select count(*) from applications where status = 'received' and received_at < $1", received_before
    )
    return counted
