"""What intake forgets by itself: drafts nobody came back to, and counts of wrong passwords."""

from datetime import datetime, timedelta

from services.intake import store
from shared.runtime.database import Pool, transaction

BATCH = 500
LOGIN_FAILURES_KEPT = timedelta(days=1)


async def expire_drafts(pool: Pool, now: datetime) -> int:
    """Delete drafts whose ten business days are over; returns how many."""
    async with transaction(pool) as db:
        return await store.delete_expired_drafts(db, now, BATCH)


async def forget_login_failures(pool: Pool, now: datetime) -> int:
    """Delete counts a day old: the longest delay is far shorter; returns how many."""
    async with transaction(pool) as db:
        return await store.delete_old_login_failures(db, now - LOGIN_FAILURES_KEPT, BATCH)
