"""Forgetting: texts when the archive time is over, people when their application ended long ago."""

from dataclasses import dataclass
from datetime import timedelta

from services.notifier import store
from shared.runtime.clock import Clock
from shared.runtime.database import Pool, transaction

BATCH = 500


@dataclass(frozen=True, slots=True)
class Retention:
    """What forgetting needs, and how long things are kept."""

    pool: Pool
    clock: Clock
    mails: timedelta = timedelta(days=90)
    contacts: timedelta = timedelta(days=400)


async def erase_mails(retention: Retention) -> int:
    """Erase one batch of addresses and texts of mails that ended longer ago than they are kept; how many."""
    async with transaction(retention.pool) as db:
        return await store.erase_sealed(db, retention.clock.now() - retention.mails, BATCH)


async def erase_contacts(retention: Retention) -> int:
    """Erase the people of one batch of applications that ended long ago, and old suppressions; how many."""
    now = retention.clock.now()
    before = now - retention.contacts
    async with transaction(retention.pool) as db:
        numbers = await store.lock_ended_applications(db, before, BATCH)
        if numbers:
            await store.erase_contacts(db, numbers, now)
        await store.delete_old_suppressions(db, before)
        return len(numbers)
