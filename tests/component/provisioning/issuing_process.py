"""One of several processes that issue the same approvals on one database, as replicas do after a rebalance.

`python -m tests.component.provisioning.issuing_process DATABASE_URL KEY_DIRECTORY COUNT SEED`
"""

import asyncio
import random
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import asyncpg

from services.provisioning import workflows
from services.provisioning.vault import DirectoryKeyStore
from services.provisioning.workflows import IssuingTools
from shared.contracts.envelope import Event
from shared.contracts.review_events import ApplicationApproved
from shared.kernel.identifiers import OfficeCode, receipt_number
from shared.runtime.database import Pool, open_pool, transaction
from tests.builders import FixedClock, an_approval, an_event
from tests.component.provisioning.conftest import issuing_tools

OFFICES = 200
ZIPF_EXPONENT = 1.0
BATCH = 50
TRIES = 60


def office_of(rank: int) -> OfficeCode:
    """The offices from the busiest to the quietest."""
    return OfficeCode(f"ZIP{rank + 1:03d}")


def approvals(count: int) -> list[Event[ApplicationApproved]]:
    """The same approvals in every process; some offices ask for more than they can get."""
    source = random.Random(7)  # noqa: S311  reproducible
    weights = [1 / (rank + 1) ** ZIPF_EXPONENT for rank in range(OFFICES)]
    ranks = source.choices(range(OFFICES), weights, k=count)
    return [
        an_event(
            an_approval(
                receipt_number=receipt_number(2018, number),
                office_code=office_of(rank),
                add_smtp_pop3=source.randint(0, 3),
                add_edifact=source.randint(0, 1),
                abolish=[f"{office_of(rank)}01"] if number % 17 == 0 else [],
            ),
            key=office_of(rank),
        )
        for number, rank in enumerate(ranks, start=1)
    ]


async def issue(pool: Pool, batch: Sequence[Event[ApplicationApproved]], tools: IssuingTools) -> None:
    """One batch in one transaction; a lock that is not had in time is tried for again, as the consumer does."""
    candidates = await workflows.prepare_credentials(tools, batch)
    for _ in range(TRIES):
        with suppress(asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            async with transaction(pool) as db:
                await workflows.act_on_approvals(db, batch, candidates, tools)
            return
    raise SystemExit("no lock in time")


async def main(url: str, keys: Path, count: int, seed: int) -> None:
    """Issue every approval, in an order of this process's own, in batches."""
    clock = FixedClock()
    tools = issuing_tools(clock, DirectoryKeyStore(keys))
    todo = approvals(count)
    random.Random(seed).shuffle(todo)  # noqa: S311  reproducible
    pool = await open_pool(url, application_name=f"issuing-{seed}", max_size=4)
    try:
        for start in range(0, len(todo), BATCH):
            await issue(pool, todo[start : start + BATCH], tools)
    finally:
        await pool.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
