"""What tests of the relay share: relays of review, started and stopped, and events put into its outbox."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.runtime.clock import SystemClock
from shared.runtime.database import Pool, transaction
from shared.runtime.event_outbox import append_events
from shared.runtime.event_relay import EventRelay
from tests.component.runtime.outbox_parts import opened, settings_for, until


def a_relay(url: str, bootstrap: str, prefix: str) -> EventRelay:
    """A relay of review."""
    return EventRelay(service="review", settings=settings_for(url, bootstrap, prefix), clock=SystemClock())


@asynccontextmanager
async def running(*relays: EventRelay) -> AsyncIterator[None]:
    """The relays, started and in the end stopped."""
    for relay in relays:
        relay.start()
    try:
        yield
    finally:
        await asyncio.gather(*(relay.stop() for relay in relays))


async def until_outbox_is_empty(pool: Pool) -> None:
    """Wait until the relay has archived everything, at most a minute."""

    async def is_empty() -> bool:
        return not await pool.fetchval("select exists (select from event_outbox)")

    await until(is_empty)


async def append(pool: Pool, *events: Event[EventData]) -> None:
    """One transaction of events."""
    async with transaction(pool) as db:
        await append_events(db, events)


async def append_many(pool: Pool, count: int, subjects: int = 20) -> None:
    """Many events of several applications and offices, 100 to a transaction."""
    events = [opened(f"18{n % subjects + 1:04d}A", key=f"NAC{n % subjects % 7 + 1:03d}") for n in range(count)]
    for start in range(0, count, 100):
        await append(pool, *events[start : start + 100])
