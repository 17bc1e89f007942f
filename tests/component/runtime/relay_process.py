"""A process that is nothing but review's relay, so that a test can kill it: `python -m …relay_process`."""

import asyncio
import os

from shared.runtime.clock import SystemClock
from shared.runtime.event_relay import EventRelay
from shared.runtime.settings import read_settings
from tests.component.runtime.outbox_parts import ReviewSettings


async def main() -> None:
    """Publish until killed."""
    relay = EventRelay(service="review", settings=read_settings(ReviewSettings, os.environ), clock=SystemClock())
    relay.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
