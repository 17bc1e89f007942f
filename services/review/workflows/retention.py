"""Forgetting what may not be kept: contacts and notes of ended applications, audit lines after their years."""

from datetime import datetime, timedelta

from services.review import store
from shared.kernel.local_time import local_date
from shared.runtime.database import Pool, transaction

RETENTION_BATCH = 500


async def erase_contacts(pool: Pool, now: datetime, kept_days: int) -> int:
    """Erase contacts and notes of applications that ended more than `kept_days` ago; says of how many."""
    async with transaction(pool) as db:
        ended = await store.lock_ended_applications(db, now - timedelta(days=kept_days), RETENTION_BATCH)
        if ended:
            await store.delete_contacts(db, ended)
            await store.delete_case_notes(db, ended)
        return len(ended)


async def drop_old_audit(pool: Pool, now: datetime, kept_years: int) -> int:
    """Let go of audit lines older than `kept_years`, at least seven; says of how many."""
    async with transaction(pool) as db:
        return await store.drop_old_audit(db, local_date(now), kept_years, RETENTION_BATCH)
