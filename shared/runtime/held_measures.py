"""How many events a service holds back and for how long, measured in its database for metrics and alerts."""

from datetime import datetime

from shared.runtime import metrics
from shared.runtime.clock import Clock
from shared.runtime.database import Pool
from shared.runtime.jobs import Job

EVERY_SECONDS = 10.0
REASONS = ("dead", "waiting", "future", "behind")


def measure_job(service: str, pool: Pool, clock: Clock) -> Job:
    """Sets the gauges of held events every ten seconds; it changes nothing, so it never counts a row."""

    async def run() -> int:
        found = await _count_by_reason(pool)
        for reason in REASONS:
            count, oldest = found.get(reason, (0, None))
            age = (clock.now() - oldest).total_seconds() if oldest else 0.0
            metrics.HELD_EVENTS.labels(service, reason).set(count)
            metrics.HELD_OLDEST_SECONDS.labels(service, reason).set(max(age, 0.0))
        return 0

    return Job("measure_held_events", run, EVERY_SECONDS)


async def _count_by_reason(pool: Pool) -> dict[str, tuple[int, datetime | None]]:
    rows = await pool.fetch("select reason, count(*) as held, min(held_at) as oldest from held_events group by reason")
    return {row["reason"]: (row["held"], row["oldest"]) for row in rows}
