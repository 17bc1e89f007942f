"""Applications whose next step does not come, counted."""

from datetime import datetime

from shared.runtime.database import Connection


async def count_unissued(db: Connection, approved_before: datetime) -> int:
    """Applications approved before the instant for which provisioning has neither issued nor refused."""
    counted: int = await db.fetchval(
        "select count(*) from reviews where state = 'approved' and approved_at < $1", approved_before
    )
    return counted
