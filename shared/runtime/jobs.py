"""Scheduled jobs of the worker role: idempotent, claiming rows with skip locked, safe on any number of replicas."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.runtime import metrics
from shared.runtime.clock import Clock, SystemClock
from shared.runtime.database import Pool
from shared.runtime.logs import get_log

MOST_CLOCK_DIFFERENCE_SECONDS = 60.0
LONGEST_BACK_OFF_SECONDS = 60.0
FIRST_BACK_OFF_SECONDS = 0.5
STOP_SECONDS = 5.0
MOST_BATCHES_IN_A_ROW = 1000

log = get_log()


class ClocksDiffer(RuntimeError):
    """The process's and the database's clocks are too far apart to do something that cannot be undone."""


@dataclass(frozen=True, slots=True)
class Job:
    """`run` does one bounded batch and returns how many rows it handled; a full batch runs again at once.

    A batch is full when it handled at least `full_batch` rows: with the default of 1 a job runs until nothing is left.
    """

    name: str
    run: Callable[[], Awaitable[int]]
    every_seconds: float
    irreversible: bool = False
    """Stops and alerts when the process's and the database's clocks differ by more than 60 s.

    Waits while the database is not compared with its topics yet: it may be one restored to an earlier state.
    """
    full_batch: int = 1


class JobRunner:
    """Runs each job in its own loop until stopped. A job that fails is logged, counted and tried again later."""

    def __init__(
        self,
        jobs: Sequence[Job],
        *,
        pool: Pool,
        clock: Clock,
        service: str,
        compared: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._jobs = tuple(jobs)
        self._pool = pool
        self._clock = clock
        self._service = service
        self._compared = compared
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin all loops."""
        self._tasks = [asyncio.create_task(self._repeat(job), name=f"job {job.name}") for job in self._jobs]

    async def stop(self) -> None:
        """Cancel what runs (its transaction rolls back) and wait until it has ended, at most 5 s."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            _, left = await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
            for task in left:
                log.error("a job did not stop in time", job=task.get_name())
        self._tasks = []

    async def _repeat(self, job: Job) -> None:
        failures = 0
        while True:
            try:
                await self._drain(job)
                failures = 0
            except Exception as error:
                # The last line of defence of a loop that must never end: whatever the job raised, it runs again.
                failures += 1
                metrics.JOB_RUNS.labels(self._service, job.name, type(error).__name__).inc()
                log.error("job failed", job=job.name, error=type(error).__name__, failures=failures)
            await asyncio.sleep(_pause(job, failures))

    async def _drain(self, job: Job) -> None:
        """Run the job until a batch is not full; bounded, so that a job that always reports rows cannot spin."""
        for _ in range(MOST_BATCHES_IN_A_ROW):
            if job.irreversible:
                await self._check_database(job)
            rows = await job.run()
            metrics.JOB_RUNS.labels(self._service, job.name, "done").inc()
            metrics.JOB_ROWS.labels(self._service, job.name).inc(rows)
            metrics.JOB_LAST_SUCCESS.labels(self._service, job.name).set(self._clock.now().timestamp())
            if rows < job.full_batch:
                return
            await asyncio.sleep(0)

    async def _check_database(self, job: Job) -> None:
        if self._compared is not None:
            await self._compared()
        await self._check_clocks(job)

    async def _check_clocks(self, job: Job) -> None:
        difference = await clock_difference_seconds(self._pool, self._clock)
        metrics.CLOCK_DIFFERENCE_SECONDS.labels(self._service).set(difference)
        if abs(difference) > MOST_CLOCK_DIFFERENCE_SECONDS:
            log.error("clocks differ: irreversible job not run", job=job.name, difference_seconds=round(difference, 1))
            raise ClocksDiffer(f"clocks differ by {difference:.0f} s; {job.name} was not run")


async def clock_difference_seconds(pool: Pool, clock: Clock) -> float:
    """This process's clock minus the database's; an offset set for demos and tests is counted as known, not as wrong.

    The time of the question itself is halved out, so that a slow database does not look like a wrong clock.
    """
    asked = time.monotonic()
    database_now: datetime = await pool.fetchval("select clock_timestamp()")
    waited = time.monotonic() - asked
    offset = clock.offset() if isinstance(clock, SystemClock) else timedelta(0)
    difference: float = (clock.now() - database_now - offset).total_seconds()
    return difference - waited / 2


def _pause(job: Job, failures: int) -> float:
    """The interval, spread a little so that replicas do not march in step; after failures a growing back-off."""
    if not failures:
        return job.every_seconds * random.uniform(0.9, 1.1)  # noqa: S311  spreading load, not a secret
    back_off = min(FIRST_BACK_OFF_SECONDS * 2.0 ** (failures - 1), LONGEST_BACK_OFF_SECONDS)
    return back_off * random.uniform(0.5, 1.0)  # noqa: S311
