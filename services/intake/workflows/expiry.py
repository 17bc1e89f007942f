"""What intake forgets by itself: drafts, people in old applications and contracts, counts of wrong passwords."""

from datetime import datetime, timedelta

from services.intake import store
from services.intake.domain.retention import Retention, content_without_people, register_without_people
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


async def forget_contract_versions(pool: Pool, retention: Retention, now: datetime) -> int:
    """Forget versions of contracts replaced long ago; returns how many.

    One that no application was made on goes; the others keep what documents print, and lose all other people.
    """
    before = retention.versions_superseded_before(now)
    async with transaction(pool) as db:
        return await store.forget_contract_versions(db, before, now, BATCH, register_without_people())


async def forget_login_failures(pool: Pool, now: datetime) -> int:
    """Delete counts a day old: the longest delay is far shorter; returns how many."""
    async with transaction(pool) as db:
        return await store.delete_old_login_failures(db, now - LOGIN_FAILURES_KEPT, BATCH)
