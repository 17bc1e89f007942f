"""The review service over a database of the test's own."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.runtime.database import open_pool
from tests.component.review.desk import Desk, open_desk
from tests.conftest import CreateDatabase


@pytest.fixture
async def desk(service_database: CreateDatabase, tmp_path: Path) -> AsyncIterator[Desk]:
    """A running review service with staff, without a schedule."""
    pool = await open_pool(await service_database("review"), application_name="test-review", min_size=1, max_size=8)
    opened, drainer, retry = await open_desk(pool, tmp_path)
    draining = asyncio.create_task(drainer.run())
    yield opened
    retry.leaving.set()
    drainer.wake(())
    await draining
    await pool.close()
