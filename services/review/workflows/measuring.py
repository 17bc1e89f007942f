"""What review shows its operators of applications that stand still."""

from datetime import datetime, timedelta

from services.review import store
from services.review.domain.review import first_changeable_start
from shared.kernel.local_time import local_date
from shared.runtime import metrics
from shared.runtime.database import Pool

ISSUED_WITHIN = timedelta(minutes=2)
MISSED_VOID_SHOWN = timedelta(days=10)
"""How long after its start an application is shown that should have been voided."""


async def measure_stalled(pool: Pool, now: datetime) -> int:
    """Show how many approvals wait too long to be issued, and how many voids came too late (T6); returns 0."""
    today = local_date(now)
    async with pool.acquire() as db:
        waiting = await store.count_unissued(db, now - ISSUED_WITHIN)
        missed = await store.count_missed_voids(db, today, first_changeable_start(now), today - MISSED_VOID_SHOWN)
    metrics.STALLED_APPLICATIONS.labels("review", "issue").set(waiting)
    metrics.STALLED_APPLICATIONS.labels("review", "void").set(missed)
    return 0
