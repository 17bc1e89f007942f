"""The benchmark's two sides end in the same books: a small run of each, checked by the invariants."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from tests.benchmarks.ground import Ground, new_ground
from tests.benchmarks.hashing import measure_issues
from tests.benchmarks.measuring import Size, measure_ours, measure_reference
from tests.benchmarks.workload import Workload, make_workload

SIZE = Size(40, warm_up=0)
EVENTS, DELIVERIES = 9, 16
"""Of one application whose contact and administrator have addresses of their own."""


@pytest.fixture(scope="module")
def workload() -> Workload:
    """Forty offices."""
    return make_workload(SIZE.total, datetime.now(UTC))


@pytest.fixture
async def ground(postgres_dsn: str, kafka_bootstrap: str, workload: Workload) -> AsyncIterator[Ground]:
    """Seeded databases."""
    ground = new_ground(postgres_dsn, kafka_bootstrap)
    try:
        await ground.seed(workload, datetime.now(UTC))
        yield ground
    finally:
        await ground.clear()


@pytest.mark.full
async def test_both_sides_write_and_read_the_same(ground: Ground, workload: Workload) -> None:
    ours = await measure_ours(ground, workload, SIZE)
    bare = await measure_reference(ground, workload, SIZE)
    expected = (EVENTS * SIZE.applications, DELIVERIES * SIZE.applications)
    assert (ours.written.events, ours.written.deliveries) == expected
    assert (bare.written.events, bare.written.deliveries) == expected


@pytest.mark.full
async def test_issuing_with_real_hashes_is_measured_beside_bare_hashes(postgres_dsn: str, kafka_bootstrap: str) -> None:
    run = await measure_issues(postgres_dsn, kafka_bootstrap, 0, approvals=20)
    assert run.issue_rate > 0 < run.bare_rate
    assert 0 <= run.lag_p99 < 1000
