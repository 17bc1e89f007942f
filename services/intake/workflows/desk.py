"""The posting desk: posts that arrive while a transaction is under way are taken together in the next one.

A lone post is taken at once: nothing waits for a timer. Whatever goes wrong for a batch as a whole, each of its members
is then tried alone, so that none suffers for another.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextvars import Context
from dataclasses import dataclass, field

import asyncpg
import structlog

from services.intake.domain.office_facts import FormRules
from services.intake.store.tokens import ApiAnswer
from services.intake.workflows.receiving import Outcome, Post, receive_alone, receive_together
from shared.runtime.clock import Clock
from shared.runtime.database import ACQUIRE_SECONDS, Connection, Pool, transaction
from shared.runtime.ids import NewId

MOST_WAITING = 500
MOST_TOGETHER = 64
MANY = 6
"""So many waiting posts are worth a second transaction beside the first: the database works while this process does."""
MOST_AT_WORK = 2
MOST_ALONE = 3
"""Posts that wait for an office which somebody holds; the pool has connections left for everything else."""
OF_THE_DATABASE = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)
"""What would happen to each member alone, too."""

logger = structlog.get_logger(__name__)


class DeskFull(RuntimeError):
    """More posts wait than can be answered soon."""


@dataclass(slots=True)
class Place:
    """A post in the queue, and where its program waits."""

    post: Post
    answer: "asyncio.Future[ApiAnswer]"

    def settle(self, outcome: Outcome) -> None:
        """Tell the program, unless it has gone."""
        if self.answer.done():
            return
        if isinstance(outcome, Exception):
            self.answer.set_exception(outcome)
        else:
            self.answer.set_result(outcome)


@dataclass(slots=True)
class PostingDesk:
    """One per process; it works whenever a post waits."""

    pool: Pool
    clock: Clock
    new_id: NewId
    rules: FormRules
    _queue: deque[Place] = field(default_factory=deque)
    _alone: set["asyncio.Task[None]"] = field(default_factory=set)
    _few: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_ALONE))
    _at_work: set["asyncio.Task[None]"] = field(default_factory=set)

    async def receive(self, post: Post) -> ApiAnswer:
        """The answer to a post. Raises DeskFull, TokenUnknown, KeyReused and what `accept` raises.

        A program that goes away before its turn leaves nothing; after that its post stands, and its key finds it.
        """
        if len(self._queue) + len(self._alone) >= MOST_WAITING:
            raise DeskFull
        place = Place(post, asyncio.get_running_loop().create_future())
        self._queue.append(place)
        self._call_in()
        return await place.answer

    def _call_in(self) -> None:
        if self._is_called_for(len(self._at_work)):
            # Of no request: each post brings its own trace.
            self._at_work.add(asyncio.create_task(self._work(), name="posting-desk", context=Context()))

    def _is_called_for(self, others: int) -> bool:
        """Whether somebody should take what waits, beside the others: somebody always, a second one for many."""
        return len(self._queue) >= (MANY if others else 1) and others < MOST_AT_WORK

    async def _work(self) -> None:
        me = asyncio.current_task()
        assert me is not None
        try:
            while places := await self._next_places():
                await self._take_turns(places)
        finally:
            self._at_work.discard(me)

    async def _take_turns(self, places: list[Place]) -> None:
        """One connection for as long as posts wait: to give it back and take it again is a round trip of its own."""
        try:
            async with self.pool.acquire(timeout=ACQUIRE_SECONDS) as db:
                while places:
                    await self._take(db, places)
                    places = await self._next_places()
        except Exception as error:
            for place in places:
                place.settle(error)

    async def _next_places(self) -> list[Place]:
        """Those whose turn it is; none where the others do without this one."""
        while self._is_called_for(len(self._at_work) - 1):
            await self._let_in_who_stands_outside()
            taken = [self._queue.popleft() for _ in range(self._share())]
            self._call_in()
            if places := [place for place in taken if not place.answer.done()]:
                return places
        return []

    def _share(self) -> int:
        """All that wait, or half of them where both halves are many and nobody else is at work."""
        waiting = len(self._queue)
        is_halved = len(self._at_work) == 1 and waiting >= 2 * MANY
        return min(waiting // 2 if is_halved else waiting, MOST_TOGETHER)

    async def _let_in_who_stands_outside(self) -> None:
        """Requests that have reached the process already; this waits for nobody."""
        waiting = 0
        while waiting < len(self._queue) < MOST_TOGETHER:
            waiting = len(self._queue)
            await asyncio.sleep(0)

    async def _take(self, db: Connection, places: Sequence[Place]) -> None:
        posts = [place.post for place in places]
        try:
            async with db.transaction():
                outcomes = await receive_together(db, posts, self.rules, self.clock.now(), self.new_id)
        except OF_THE_DATABASE:
            raise
        except Exception as error:
            logger.warning("posts-taken-one-by-one", posts=len(posts), error=type(error).__name__)
            outcomes = {}
        for number, place in enumerate(places):
            if number in outcomes:
                place.settle(outcomes[number])
            else:
                self._take_alone(place)

    def _take_alone(self, place: Place) -> None:
        task = asyncio.create_task(self._settle_alone(place), name="post-alone")
        self._alone.add(task)
        task.add_done_callback(self._alone.discard)

    async def _settle_alone(self, place: Place) -> None:
        async with self._few:
            if place.answer.done():
                return
            try:
                async with transaction(self.pool) as db:
                    outcome = await receive_alone(db, place.post, self.rules, self.clock.now(), self.new_id)
            except Exception as error:
                outcome = error
        place.settle(outcome)
