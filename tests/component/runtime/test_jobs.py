"""Jobs: they drain full batches, survive what they raise, and do nothing final when clocks disagree."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from shared.runtime import jobs
from shared.runtime.clock import Clock, SystemClock
from shared.runtime.database import Pool
from shared.runtime.jobs import Job, JobRunner, clock_difference_seconds
from tests.builders import FixedClock
from tests.component.runtime.outbox_parts import until


@asynccontextmanager
async def running(pool: Pool, given: Sequence[Job], clock: Clock | None = None) -> AsyncIterator[None]:
    """A runner of the jobs."""
    runner = JobRunner(given, pool=pool, clock=clock or SystemClock(), service="review")
    runner.start()
    try:
        yield
    finally:
        await runner.stop()


async def test_a_job_goes_on_at_once_until_nothing_is_left_and_then_waits(pool: Pool) -> None:
    left = 950
    batches: list[int] = []

    async def run() -> int:
        nonlocal left
        rows = min(left, 100)
        left -= rows
        batches.append(rows)
        return rows

    async with running(pool, [Job("drain", run, every_seconds=60)]):
        await until(lambda: 0 in batches)
        await asyncio.sleep(0.1)
    assert batches == [100] * 9 + [50, 0]


async def test_a_job_that_always_reports_rows_does_not_spin_for_ever(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "MOST_BATCHES_IN_A_ROW", 5)
    runs = 0

    async def run() -> int:
        nonlocal runs
        runs += 1
        return 1

    async with running(pool, [Job("endless", run, every_seconds=60)]):
        await until(lambda: runs >= 5)
        await asyncio.sleep(0.1)
    assert runs == 5


async def test_a_failing_job_is_tried_again_and_its_neighbour_goes_on(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "FIRST_BACK_OFF_SECONDS", 0.01)
    failures, successes, neighbour = 0, 0, 0

    async def fail_three_times() -> int:
        nonlocal failures, successes
        if failures < 3:
            failures += 1
            raise RuntimeError("a bug")
        successes += 1
        return 0

    async def work() -> int:
        nonlocal neighbour
        neighbour += 1
        return 0

    given = [Job("broken", fail_three_times, 0.05), Job("neighbour", work, 0.05)]
    async with running(pool, given):
        await until(lambda: successes > 1 and neighbour > 2)
    labels = {"service": "review", "job_name": "broken", "outcome": "RuntimeError"}
    assert REGISTRY.get_sample_value("nss_job_runs_total", labels) == 3


def outcomes(job: str) -> list[float]:
    """How often it has run, and how often it has not because of the clock."""
    labels = [{"service": "review", "job_name": job, "outcome": outcome} for outcome in ("done", "ClocksDiffer")]
    return [REGISTRY.get_sample_value("nss_job_runs_total", each) or 0.0 for each in labels]


@pytest.mark.parametrize(("minutes", "runs"), [(0, True), (2, False), (-2, False)])
async def test_an_irreversible_job_runs_only_while_clocks_agree(pool: Pool, minutes: int, runs: bool) -> None:
    ran = 0

    async def destroy() -> int:
        nonlocal ran
        ran += 1
        return 0

    before = outcomes("destroy")
    wrong = FixedClock(datetime.now(UTC) + timedelta(minutes=minutes))
    async with running(pool, [Job("destroy", destroy, 60, irreversible=True)], wrong):
        await until(lambda: outcomes("destroy") != before)
    assert bool(ran) is runs


async def test_an_offset_set_on_purpose_is_not_a_wrong_clock(pool: Pool, tmp_path: Path) -> None:
    offset_file = tmp_path / "offset"
    offset_file.write_text(str(7 * 24 * 3600))
    assert abs(await clock_difference_seconds(pool, SystemClock(offset_file))) < 5


async def test_a_stop_ends_a_job_in_the_middle(pool: Pool) -> None:
    began = asyncio.Event()

    async def wait_for_ever() -> int:
        began.set()
        await asyncio.Event().wait()
        return 0

    async with asyncio.timeout(30):
        async with running(pool, [Job("slow", wait_for_ever, 60)]):
            await began.wait()
