"""A notifier for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.component.notifier.bench import Bench, notifier_bench
from tests.conftest import CreateDatabase


@pytest.fixture
async def bench(service_database: CreateDatabase, tmp_path: Path) -> AsyncIterator[Bench]:
    """With an empty database."""
    async with notifier_bench(await service_database("notifier"), tmp_path / "keys") as bench:
        yield bench
