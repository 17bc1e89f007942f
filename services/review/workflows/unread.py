"""Keeping the lists of unread applications short to search: the batch of a scheduled job."""

from datetime import datetime, timedelta

from services.review import store
from shared.runtime.database import Pool, transaction

LISTED_AFTER = timedelta(minutes=2)
"""Longer than any transaction lasts, and than clocks may differ: what moved before this is to be seen by everybody."""
LISTED_AGAIN_AFTER = timedelta(minutes=10)
BATCH = 5_000


async def list_unread(pool: Pool, now: datetime) -> int:
    """Bring one reader's list up to date, or nearer to it; says whether there was one to do."""
    async with transaction(pool) as db:
        found = await store.lock_reader(db, now - LISTED_AGAIN_AFTER)
        if found is None:
            return 0
        login, listed_until = found
        upto = now - LISTED_AFTER
        until = await store.find_nth_move(db, listed_until, upto, BATCH) or upto
        await store.list_unread(db, login, listed_until, until)
        await store.end_list(db, login, until)
        return 1
