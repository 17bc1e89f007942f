"""One process's view: nothing is told, handled or done by the clock on a database that is older than its topics."""

import asyncio
import contextlib

from aiokafka.errors import KafkaError

from shared.runtime.database import DATABASE_ERRORS
from shared.runtime.jobs import Job
from shared.runtime.kafka import KafkaUnreachable
from shared.runtime.logs import get_log
from shared.runtime.recall.looking import Recall, look
from shared.runtime.recall.memory import find_memory

EVERY_SECONDS = 60.0
ASKED_AGAIN_SECONDS = 2.0
FIRST_LOOK_SECONDS = 40.0
CANNOT_LOOK = (KafkaUnreachable, KafkaError, OSError, TimeoutError, *DATABASE_ERRORS)

log = get_log()


class RecallWatch:
    """Whether the process may work on its database: it may not before that was compared with the topics."""

    def __init__(self, recall: Recall) -> None:
        self.recall = recall
        self.is_current = False
        self._found_behind = asyncio.Event()

    async def settle(self) -> None:
        """Return once the database was found current, or could not be compared: the broker is away, then the job looks.

        One that is behind is waited for until somebody has repaired it.
        """
        while True:
            try:
                async with asyncio.timeout(FIRST_LOOK_SECONDS):
                    self.is_current = await look(self.recall)
            except CANNOT_LOOK as error:
                log.warning("the database is not compared with its topics", error=type(error).__name__)
                self.is_current = not await self._is_marked(False)
            if self.is_current:
                return
            await self._repaired()

    async def follow(self) -> None:
        """For a process without a worker: learn from the database what a worker has found; never returns."""
        while True:
            self.is_current = not await self._is_marked(not self.is_current)
            await asyncio.sleep(ASKED_AGAIN_SECONDS)

    async def found_behind(self) -> None:
        """Return when a database that was current is so no longer: it has been restored beneath this process."""
        await self._found_behind.wait()

    def job(self) -> Job:
        """Looks every minute. That the broker is away is told by others."""

        async def run() -> int:
            with contextlib.suppress(KafkaUnreachable, TimeoutError):
                if not await look(self.recall):
                    self.is_current = False
                    self._found_behind.set()
            return 0

        return Job("compare_with_topics", run, EVERY_SECONDS)

    async def _repaired(self) -> None:
        log.error("nothing is done until the database is repaired", repair=f"nss restored repair {self.recall.service}")
        while await self._is_marked(True):  # noqa: ASYNC110  another process repairs, so the database is asked
            await asyncio.sleep(ASKED_AGAIN_SECONDS)

    async def _is_marked(self, otherwise: bool) -> bool:
        try:
            async with self.recall.pool.acquire() as db:
                memory = await find_memory(db)
        except DATABASE_ERRORS:
            return otherwise
        return memory is not None and not memory.is_current
