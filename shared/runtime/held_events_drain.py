"""Moves the queues of held events: when what they wait for has come, when an operator says so, and by a sweep.

Any replica may drain any queue: the lock on its head row keeps the order, not the ownership of a partition.
"""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from time import monotonic
from typing import Any
from uuid import UUID

import structlog

from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.runtime import held_events
from shared.runtime.consumer_batch import call_workflow
from shared.runtime.consumer_context import ConsumerContext
from shared.runtime.consumer_failures import Leaving, RetryInPlace, code_of, is_infrastructure
from shared.runtime.consumer_redo import TRY_AGAIN_SECONDS, WORKFLOW_TRIES, prepare_events
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.dead_letters import append_copies
from shared.runtime.event_batch import Delivery, Failure, Queue, read_delivery
from shared.runtime.held_events import HeldEvent, Reason
from shared.runtime.processed_events import update_status
from shared.runtime.spans import processing

SWEEP_SECONDS = 5.0
SWEEP_LIMIT = 200
SWEPT: tuple[Reason, ...] = ("waiting", "behind")
FUTURE: tuple[Reason, ...] = ("future",)

log = structlog.get_logger(__name__)


class HeldEventDrainer:
    """A task beside the consumer. `wake` is cheap and never waits; one transaction settles one event."""

    def __init__(self, pool: Pool, context: ConsumerContext, retry: RetryInPlace) -> None:
        self._pool = pool
        self._context = context
        self._retry = retry
        self._wanted = context.wanted_types
        self._topics = context.topics
        self._subjects: set[str] = set()
        self._queues: set[Queue] = set()
        self._woken = asyncio.Event()
        self._swept_to = 0

    def wake(self, subjects: Iterable[str], queues: Iterable[Queue] = ()) -> None:
        """Events of the subjects were handled, the queues may move: look at them soon."""
        self._subjects.update(subjects)
        self._queues.update(queues)
        self._woken.set()

    async def run(self) -> None:
        """Drain until told to leave. What an older release held for a newer one is tried once, at the start."""
        with suppress(Leaving):
            await self._retry.run(self._try_future, whatever_fails=True)
            while True:
                await self._retry.run(self._drain_until_sweep, whatever_fails=True)
                await self._retry.run(self._sweep, whatever_fails=True)

    async def _drain_until_sweep(self) -> None:
        sweep_at = monotonic() + SWEEP_SECONDS
        while (seconds := sweep_at - monotonic()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._woken.wait()
            self._retry.raise_if_leaving()
            await self._drain_woken()

    async def _drain_woken(self) -> None:
        self._woken.clear()
        subjects, self._subjects = self._subjects, set()
        queues, self._queues = self._queues, set()
        if subjects:
            async with self._pool.acquire() as db:
                queues |= await held_events.find_awaiting(db, subjects)
        await self._drain_all(queues)

    async def _try_future(self) -> None:
        after = 0
        while True:
            async with self._pool.acquire() as db:
                heads = await held_events.find_heads(db, FUTURE, after, SWEEP_LIMIT)
            await self._drain_all([queue for _, queue in heads])
            if len(heads) < SWEEP_LIMIT:
                return
            after = heads[-1][0]

    async def _sweep(self) -> None:
        async with self._pool.acquire() as db:
            heads = await held_events.find_heads(db, SWEPT, self._swept_to, SWEEP_LIMIT)
        # A full sweep goes on where it stopped, so that no number of waiters keeps the others from being tried.
        self._swept_to = heads[-1][0] if len(heads) == SWEEP_LIMIT else 0
        await self._drain_all([queue for _, queue in heads])

    async def _drain_all(self, queues: Iterable[Queue]) -> None:
        for queue in queues:
            try:
                while await self._drain_head(queue):
                    self._retry.raise_if_leaving()
            except Exception as error:
                if isinstance(error, Leaving) or is_infrastructure(error):
                    raise
                # One queue that cannot be settled must not keep the others from moving.
                log.error("consumer.queue_stuck", error=code_of(error), topic=queue[1])

    async def _drain_head(self, queue: Queue) -> bool:
        """Try the head of a queue; whether the next one may be tried as well."""
        async with self._pool.acquire() as db:
            head = await held_events.find_head(db, queue)
        if head is None or head.reason == "dead":
            return False
        delivery = self._delivery(head)
        for seconds in (*TRY_AGAIN_SECONDS, None):
            try:
                return await self._try(head, delivery)
            except Exception as error:
                if is_infrastructure(error):
                    raise
                delivery.failure = Failure("workflow", code_of(error), WORKFLOW_TRIES) if seconds is None else None
                await self._retry.pause(seconds or 0.0)
        return await self._try(head, delivery)

    async def _try(self, head: HeldEvent, delivery: Delivery) -> bool:
        prepared: Mapping[UUID, Any] = {}
        if isinstance(delivery.content, Event) and delivery.failure is None:
            prepared = await prepare_events([delivery.content], self._context)
        async with transaction(self._pool) as db:
            locked = await held_events.lock_head(db, head.queue)
            if locked is None or locked.position != head.position or locked.reason == "dead":
                # Somebody else was here in the meantime: look again.
                return locked is not None and locked.reason != "dead"
            moves_on = await self._settle(db, locked, delivery, prepared)
        if moves_on:
            self._context.counts.drained += 1
            self.wake([delivery.subject])
        return moves_on

    async def _settle(self, db: Connection, head: HeldEvent, delivery: Delivery, prepared: Mapping[UUID, Any]) -> bool:
        if delivery.failure is not None:
            await self._bury(db, head, delivery, delivery.failure)
            return False
        if delivery.is_future:
            await self._keep(db, head, "future", None)
            return False
        with processing([delivery]) as handled:
            awaited = await self._awaited(db, delivery.content, prepared)
            if awaited is not None:
                handled.forget()
        if awaited is not None:
            await self._keep(db, head, "waiting", awaited)
            return False
        await held_events.delete_held(db, head.position)
        await update_status(db, [head.key], "done", self._context.clock.now())
        return True

    async def _awaited(self, db: Connection, content: object, prepared: Mapping[UUID, Any]) -> str | None:
        """Hand an event to its workflow; the subject it waits for, or None when it is done."""
        if not isinstance(content, Event):
            return None
        event: Event[EventData] = content
        waiting, moved = await call_workflow(db, [event], self._context, prepared)
        self.wake((), moved)
        return waiting[0].awaited_subject if waiting else None

    async def _keep(self, db: Connection, head: HeldEvent, reason: Reason, awaited: str | None) -> None:
        if (head.reason, head.awaited_subject) == (reason, awaited):
            return
        await held_events.update_held(db, head.position, reason, awaited)
        if awaited is not None:
            # Once more after the commit: until then nobody who brings the fact can see this waiter.
            self.wake((), [head.queue])

    async def _bury(self, db: Connection, head: HeldEvent, delivery: Delivery, failure: Failure) -> None:
        now = self._context.clock.now()
        await held_events.update_held(db, head.position, "dead", None, failure)
        await update_status(db, [head.key], "dead", now)
        await append_copies(db, self._context.service, [(delivery, failure)], now)
        self._context.counts.count_dead(failure.code)
        log.error("consumer.dead_letter", error=failure.code, event_id=str(head.event_id), event_type=head.event_type)

    def _delivery(self, head: HeldEvent) -> Delivery:
        topic = self._topics[head.queue[1]]
        return read_delivery(head.record, topic, (topic.name, head.record.partition), self._wanted)
