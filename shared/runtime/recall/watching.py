"""One process's view: nothing is told, handled or done by the clock on a database that is older than its topics."""

import asyncio
import time
from contextlib import suppress

from shared.runtime.database import DATABASE_ERRORS
from shared.runtime.jobs import Job
from shared.runtime.kafka import KafkaUnreachable, check_broker
from shared.runtime.logs import get_log
from shared.runtime.recall.looking import Recall, look
from shared.runtime.recall.memory import find_memory
from shared.runtime.recall.places import ComparisonRefused

EVERY_SECONDS = 60.0
ASKED_AGAIN_SECONDS = 2.0
LATE_SECONDS = 60.0
"""How long events wait for a comparison with a broker that answers and yet cannot be asked."""

log = get_log()


class RecallWatch:
    """Whether the process may work on its database: it may not before that was compared with the topics."""

    def __init__(self, recall: Recall) -> None:
        self.recall = recall
        self.is_current = False
        self.is_behind = False
        """Whether the topics were found to know more, which is not the same as not to know yet."""
        self.is_put_off = False
        """Whether the first comparison still has to be made, because the broker was away."""
        self._change = asyncio.Event()
        self._repair = f"nss restored repair {recall.service}"

    @property
    def end_line(self) -> str:
        """With what a process ends whose database was restored beneath it."""
        return f"the database is older than its topics: start, then `{self._repair}`"

    async def settle(self) -> None:
        """Return once the database was found current, or could not be compared and nothing is known against it.

        One that is behind is waited for until somebody has repaired it, one that does not answer until it does.
        """
        while not await self._is_found_current():  # noqa: ASYNC110  another process repairs, so the database is asked
            await asyncio.sleep(ASKED_AGAIN_SECONDS)
        self._set(is_current=True)

    async def settled(self) -> None:
        """Return when `settle` has."""
        while not self.is_current:
            await self._changed()

    async def compared(self) -> None:
        """Return once the database was found current, put off or not: what cannot be undone waits for it."""
        while self.is_put_off or not self.is_current:  # noqa: ASYNC110  found elsewhere, and rarely waited for
            await asyncio.sleep(ASKED_AGAIN_SECONDS)

    async def compare(self) -> None:
        """What `settle` put off, now that the broker answers: before any event is told or handled."""
        give_up_at = time.monotonic() + LATE_SECONDS
        while self.is_put_off:
            try:
                self._set(is_current=await look(self.recall))
                self.is_put_off = False
            except (KafkaUnreachable, *DATABASE_ERRORS) as error:
                log.warning("the database is not compared with its topics", error=type(error).__name__)
                self.is_put_off = time.monotonic() < give_up_at
                await asyncio.sleep(ASKED_AGAIN_SECONDS)

    async def follow(self) -> None:
        """For a process with pages alone: settle, then learn from the database what others find; never returns."""
        await self.settle()
        while True:
            await self._learn()

    async def found_behind(self) -> None:
        """Return when a database that was current is so no longer: restored beneath this process, whoever found it."""
        while self.is_current:
            await self._learn()

    def job(self) -> Job:
        """Looks every minute. That the broker is away is told by others; that it cannot be asked is told here."""

        async def run() -> int:
            try:
                self._set(is_current=await look(self.recall))
            except KafkaUnreachable as problem:
                if await self._broker_answers():
                    log.error("the database is not compared with its topics", reason=str(problem))
                    raise
            return 0

        return Job("compare_with_topics", run, EVERY_SECONDS)

    async def _is_found_current(self) -> bool:
        try:
            return await self._looks_current() or self._tell_behind()
        except DATABASE_ERRORS as error:
            log.warning("the database does not answer", error=type(error).__name__)
            return False

    async def _looks_current(self) -> bool:
        self.is_put_off = False
        try:
            return await look(self.recall)
        except KafkaUnreachable as problem:
            log.warning("the database is not compared with its topics", reason=str(problem))
            # With a right missing the comparison fails for as long: whoever consumes says so, too.
            self.is_put_off = not isinstance(problem, ComparisonRefused)
            return not await self._is_marked()

    def _tell_behind(self) -> bool:
        if not self.is_behind:
            self.is_behind = True
            log.error("nothing is done until the database is repaired", repair=self._repair)
        return False

    async def _learn(self) -> None:
        """Wait until somebody here has found something, or a little; then ask the database."""
        await self._changed()
        with suppress(*DATABASE_ERRORS):
            self._set(is_current=not await self._is_marked())

    async def _changed(self) -> None:
        self._change.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(ASKED_AGAIN_SECONDS):
                await self._change.wait()

    def _set(self, *, is_current: bool) -> None:
        if is_current != self.is_current:
            self._change.set()
        self.is_current, self.is_behind = is_current, not is_current

    async def _is_marked(self) -> bool:
        async with self.recall.pool.acquire() as db:
            memory = await find_memory(db)
        return memory is not None and not memory.is_current

    async def _broker_answers(self) -> bool:
        try:
            await check_broker(self.recall.settings, give_up_seconds=1.0)
        except KafkaUnreachable:
            return False
        return True
