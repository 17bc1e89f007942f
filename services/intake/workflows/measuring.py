"""What intake shows its operators of applications that stand still."""

from datetime import datetime, timedelta

from services.intake import store
from shared.runtime import metrics
from shared.runtime.database import Pool

REVIEW_BEGINS_WITHIN = timedelta(minutes=2)


async def measure_stalled(pool: Pool, now: datetime) -> int:
    """Show how many applications wait too long for review; it changes nothing and returns 0."""
    async with pool.acquire() as db:
        waiting = await store.count_unreviewed(db, now - REVIEW_BEGINS_WITHIN)
    metrics.STALLED_APPLICATIONS.labels("intake", "review").set(waiting)
    return 0
