"""What review shows its operators of applications that stand still."""

from datetime import datetime, timedelta

from services.review import store
from shared.runtime import metrics
from shared.runtime.database import Pool

ISSUED_WITHIN = timedelta(minutes=2)


async def measure_stalled(pool: Pool, now: datetime) -> int:
    """Show how many approvals wait too long to be issued; it changes nothing and returns 0."""
    async with pool.acquire() as db:
        waiting = await store.count_unissued(db, now - ISSUED_WITHIN)
    metrics.STALLED_APPLICATIONS.labels("review", "issue").set(waiting)
    return 0
