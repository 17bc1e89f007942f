"""The demo's clock: moved forward only, and believed moved when every service says so."""

import asyncio
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import httpx2

from deploy.errors import CommandError
from deploy.local.secret_files import write_secret
from shared.runtime.clock import SystemClock

SEEN_WITHIN_SECONDS = 60.0
POLL_SECONDS = 0.1


class DemoClock:
    """The offset file of one stack."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def now(self) -> datetime:
        """The time as the services have it."""
        return SystemClock(self._file).now()

    def set_forward(self, instant: datetime) -> int:
        """Write the offset that makes it this instant now; an earlier instant changes nothing. The offset in seconds.

        A minute that has passed since is no harm: what counts is that the date has come.
        """
        ahead = instant - datetime.now(UTC)  # noqa: TID251  an offset is measured from the machine's own clock
        offset = max(math.ceil(ahead.total_seconds()), int(SystemClock(self._file).offset().total_seconds()))
        write_secret(self._file, str(offset))
        return offset

    async def move_to(self, instant: datetime, service_urls: Sequence[str]) -> None:
        """Move the clock and return once every service shows the new offset. Raises CommandError."""
        offset = self.set_forward(instant)
        async with httpx2.AsyncClient(trust_env=False, timeout=SEEN_WITHIN_SECONDS) as client:
            await asyncio.gather(*(_await_offset(client, url, offset) for url in service_urls))


async def _await_offset(client: httpx2.AsyncClient, url: str, offset: int) -> None:
    try:
        async with asyncio.timeout(SEEN_WITHIN_SECONDS):
            while True:
                if (await client.get(f"{url}/health/ready")).json()["clock_offset_seconds"] >= offset:
                    return
                await asyncio.sleep(POLL_SECONDS)
    except (TimeoutError, httpx2.HTTPError, KeyError, ValueError) as error:
        raise CommandError(f"{url} did not take over the moved clock ({type(error).__name__})") from error
