"""What intake forgets by itself: drafts nobody came back to, people in old applications, counts of wrong passwords."""

from datetime import datetime, timedelta

from services.intake import store
from services.intake.domain.retention import Retention, content_without_people
from shared.runtime.database import Pool, transaction

BATCH = 500
LOGIN_FAILURES_KEPT = timedelta(days=1)


async def expire_drafts(pool: Pool, now: datetime) -> int:
    """Delete drafts whose ten business days are over; returns how many."""
    async with transaction(pool) as db:
        return await store.delete_expired_drafts(db, now, BATCH)


async def erase_contacts(pool: Pool, retention: Retention, now: datetime) -> int:
    """Erase the people of applications that ended long ago; returns how many applications."""
    async with transaction(pool) as db:
        before = retention.contacts_of_ended_before(now)
        return await store.erase_contacts(db, before, now, BATCH, content_without_people())


async def forget_login_failures(pool: Pool, now: datetime) -> int:
    """Delete counts a day old: the longest delay is far shorter; returns how many."""
    async with transaction(pool) as db:
        return await store.delete_old_login_failures(db, now - LOGIN_FAILURES_KEPT, BATCH)
