"""One run of either side over fresh databases and topics: its rate, what it wrote, and whether the books agree."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from shared.runtime.database import open_connection
from tests.benchmarks.ground import NAME, Field, Ground, write_submitted
from tests.benchmarks.ours import running_services
from tests.benchmarks.outcome import Written, await_end, await_rest, changed_rows, connect, what_is_written
from tests.benchmarks.reference import open_pipeline
from tests.benchmarks.workload import Workload
from tests.invariants import Surroundings, find_violations

WARM_UP = 100
LONGEST_RUN_SECONDS = 120.0
REST_SECONDS = 10.0


class BooksDisagree(RuntimeError):
    """An invariant does not hold after a run, so its figure does not count."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many applications a run takes, and how many before it only to warm up."""

    applications: int
    warm_up: int = WARM_UP

    @property
    def total(self) -> int:
        """Both together."""
        return self.applications + self.warm_up


@dataclass(frozen=True, slots=True)
class Run:
    """One measured run."""

    applications: int
    seconds: float
    written: Written
    changed_rows: int
    commits_with_reads: int
    resident_mib: Mapping[str, float]

    @property
    def rate(self) -> float:
        """Applications per second."""
        return self.applications / self.seconds


async def submit(field: Field, workload: Workload, first: int, count: int) -> float:
    """Commit that many received applications in one transaction; the instant (monotonic) just before the commit."""
    db = await open_connection(field.databases["intake"], application_name=NAME)
    try:
        async with db.transaction():
            await write_submitted(db, workload.submit(first, count, datetime.now(UTC)))
            return time.monotonic()
    finally:
        await db.close()


async def measure_reference(ground: Ground, workload: Workload, size: Size) -> Run:
    """The bare pipeline, once."""
    async with ground.field() as field:
        async with open_pipeline(field) as pipeline:

            async def to_the_end(applications: int) -> float:
                await pipeline.run(applications)
                return time.monotonic()

            seconds, written = await _timed(field, workload, size, to_the_end)
        return await _checked(ground, field, size, (seconds, written, {}))


async def measure_ours(ground: Ground, workload: Workload, size: Size, options: Sequence[str] = ()) -> Run:
    """Our four services, once; `options` go to each worker."""
    async with ground.field() as field:
        with TemporaryDirectory(prefix="nss-bench-") as folder:
            async with running_services(field, Path(folder), options) as services:
                db = await connect(field)

                async def to_the_end(applications: int) -> float:
                    return await await_end(db, applications, seconds=LONGEST_RUN_SECONDS)

                seconds, written = await _timed(field, workload, size, to_the_end)
                resident = services.resident_mib()
                await await_rest(field, seconds=REST_SECONDS)
                for connection in db.values():
                    await connection.close()
        return await _checked(ground, field, size, (seconds, written, resident))


async def check_books(field: Field) -> None:
    """Every invariant holds over the run's databases and topics. Raises BooksDisagree."""
    violations = await find_violations(Surroundings(field.databases, field.bootstrap, field.prefix))
    if violations:
        raise BooksDisagree(f"{len(violations)} violations, first: {'; '.join(violations[:3])}")


async def _timed(
    field: Field, workload: Workload, size: Size, to_the_end: Callable[[int], Awaitable[float]]
) -> tuple[float, Written]:
    looking = await connect(field)
    try:
        if size.warm_up:
            await submit(field, workload, 0, size.warm_up)
            await to_the_end(size.warm_up)
        before = await what_is_written(looking)
        began = await submit(field, workload, size.warm_up, size.applications)
        ended = await to_the_end(size.total)
        return ended - began, (await what_is_written(looking)).since(before)
    finally:
        for connection in looking.values():
            await connection.close()


async def _checked(ground: Ground, field: Field, size: Size, result: tuple[float, Written, Mapping[str, float]]) -> Run:
    seconds, written, resident = result
    await check_books(field)
    totals = await changed_rows(ground.dsn, field)
    share = size.applications / size.total
    return Run(
        applications=size.applications,
        seconds=seconds,
        written=written,
        changed_rows=round(sum(changed for changed, _ in totals.values()) * share),
        commits_with_reads=sum(commits for _, commits in totals.values()),
        resident_mib=resident,
    )
