"""Takes a poll to its end: as one transaction, else by partition, else one event at a time: the poison is alone."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from uuid import UUID

import structlog

from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.runtime.brake import Brake
from shared.runtime.consumer_batch import BatchOutcome, BrakeCut, handle_batch
from shared.runtime.consumer_context import ConsumerContext
from shared.runtime.consumer_failures import Leaving, RetryInPlace, code_of
from shared.runtime.database import Pool, transaction
from shared.runtime.event_batch import Delivery, Failure, Queue, by_partition
from shared.runtime.processed_events import find_processed
from shared.runtime.spans import processing

WORKFLOW_TRIES = 3
TRY_AGAIN_SECONDS = (0.1, 0.3)

log = structlog.get_logger(__name__)
Wake = Callable[[Iterable[str], Iterable[Queue]], None]


@dataclass(slots=True)
class PollProgress:
    """What of a poll is committed: the next offset of each partition, and the topics that the brake stopped."""

    next_offsets: dict[tuple[str, int], int] = field(default_factory=dict)
    braked: set[str] = field(default_factory=set)


class PollHandler:
    """Handles polls; never raises but for cancellation. `wake` is told after each commit what may move."""

    def __init__(self, pool: Pool, context: ConsumerContext, brake: Brake, retry: RetryInPlace, wake: Wake) -> None:
        self._pool = pool
        self._context = context
        self._brake = brake
        self._retry = retry
        self._wake = wake
        self._prepared: dict[UUID, Any] = {}
        self._asked: set[UUID] = set()
        self._slow_types = context.slow_types

    async def handle(self, deliveries: Sequence[Delivery]) -> PollProgress:
        """Take every delivery to its end; what is missing from the progress was left for the next owner."""
        progress = PollProgress()
        self._prepared, self._asked = {}, set()
        with processing(deliveries) as handled:
            try:
                await self._handle_parts(deliveries, progress)
            except Leaving:
                handled.forget()
                log.info("consumer.left_batch", records=len(deliveries))
        return progress

    async def _handle_parts(self, deliveries: Sequence[Delivery], progress: PollProgress) -> None:
        if await self._succeeds(deliveries, progress):
            return
        parts = by_partition(deliveries)
        for part in parts:
            if len(parts) > 1 and await self._succeeds(part, progress):
                continue
            for delivery in part:
                await self._handle_alone(delivery, progress)

    async def _succeeds(self, deliveries: Sequence[Delivery], progress: PollProgress) -> bool:
        """Whether the deliveries could be handled as one transaction; no trace is left if not."""
        while True:
            remaining = [delivery for delivery in deliveries if not self._brake.is_braked(delivery.topic.name)]
            if not remaining:
                return True
            try:
                outcome = await self._retry.run(lambda batch=remaining: self._commit(batch))  # type: ignore[misc]
            except BrakeCut as cut:
                deliveries = _up_to(remaining, cut.last)
                continue
            except Leaving:
                raise
            except Exception as error:
                self._context.counts.redone += 1
                log.warning("consumer.batch_failed", error=code_of(error), records=len(remaining))
                return False
            self._settle(remaining, outcome, progress)
            return True

    async def _handle_alone(self, delivery: Delivery, progress: PollProgress) -> None:
        if self._brake.is_braked(delivery.topic.name):
            return
        if delivery.failure is None:
            delivery.failure = await self._failure_of(delivery, progress)
        if delivery.failure is not None:
            # A dead letter that cannot be written stops the partition: losing it is not an option.
            outcome = await self._retry.run(lambda: self._commit([delivery]), whatever_fails=True)
            self._settle([delivery], outcome, progress)

    async def _failure_of(self, delivery: Delivery, progress: PollProgress) -> Failure | None:
        """Try it three times; None once it is done."""
        for seconds in (*TRY_AGAIN_SECONDS, None):
            try:
                outcome = await self._retry.run(lambda: self._commit([delivery]))
            except Leaving:
                raise
            except Exception as error:
                code = code_of(error)
                if seconds is not None:
                    await self._retry.pause(seconds)
            else:
                self._settle([delivery], outcome, progress)
                return None
        log.error("consumer.dead_letter", error=code, event_id=str(delivery.event_id), event_type=delivery.event_type)
        return Failure("workflow", code, WORKFLOW_TRIES)

    async def _commit(self, deliveries: Sequence[Delivery]) -> BatchOutcome:
        if all(delivery.is_skipped for delivery in deliveries):
            return BatchOutcome(skipped=len(deliveries), unclaimed=len(deliveries))
        await self._prepare(deliveries)
        async with transaction(self._pool) as db:
            return await handle_batch(db, deliveries, self._context, self._prepared, self._brake)

    async def _prepare(self, deliveries: Sequence[Delivery]) -> None:
        """Slow work before the transaction: once per event of a poll, however often the transaction is redone."""
        if not self._slow_types:
            return
        events = [event for event in map(self._to_prepare, deliveries) if event is not None]
        if not events:
            return
        async with self._pool.acquire() as db:
            known = await find_processed(db, [(event.source, event.id) for event in events])
        for event_type in dict.fromkeys(event.type for event in events):
            group = [event for event in events if event.type == event_type and (event.source, event.id) not in known]
            self._prepared.update(await prepare_events(group, self._context))
        self._asked.update(event.id for event in events)

    def _to_prepare(self, delivery: Delivery) -> Event[EventData] | None:
        event = delivery.content
        if delivery.event_type not in self._slow_types or delivery.failure or delivery.event_id in self._asked:
            return None
        return event if isinstance(event, Event) else None

    def _settle(self, deliveries: Sequence[Delivery], outcome: BatchOutcome, progress: PollProgress) -> None:
        for delivery in deliveries:
            progress.next_offsets[delivery.partition] = delivery.record.offset + 1
        self._count(deliveries, outcome)
        self._apply_brake(outcome.fresh, progress)
        if outcome.subjects or outcome.queues:
            self._wake(outcome.subjects, outcome.queues)

    def _count(self, deliveries: Sequence[Delivery], outcome: BatchOutcome) -> None:
        counts = self._context.counts
        counts.fresh += len(outcome.fresh)
        counts.duplicates += len(deliveries) - len(outcome.fresh) - outcome.unclaimed
        counts.skipped += outcome.skipped
        counts.held += outcome.held
        for code in outcome.dead_codes:
            counts.count_dead(code)

    def _apply_brake(self, fresh: Sequence[Delivery], progress: PollProgress) -> None:
        handled: dict[str, list[bool]] = {}
        for delivery in fresh:
            handled.setdefault(delivery.topic.name, []).append(delivery.failure is not None)
        for topic, outcomes in handled.items():
            if True not in outcomes:
                self._brake.record_successes(topic, len(outcomes))
                continue
            for is_failure in outcomes:
                if not is_failure:
                    self._brake.record_successes(topic, 1)
                elif self._brake.record_failure(topic, monotonic()):
                    self._context.counts.brakes += 1
                    progress.braked.add(topic)
                    log.error("consumer.topic_braked", topic=topic)


async def prepare_events(events: Sequence[Event[EventData]], context: ConsumerContext) -> dict[UUID, Any]:
    """What the route's slow preparation makes of events of one type; empty where it has none."""
    route = context.router.route_for(events[0].type) if events else None
    if route is None or route.prepare is None:
        return {}
    prepared: Callable[[Sequence[Event[EventData]]], Awaitable[Any]] = route.prepare
    return dict(await prepared(events))


def _up_to(deliveries: Sequence[Delivery], last: Delivery) -> list[Delivery]:
    """The deliveries without those of the last one's topic that come after it."""
    end = next(index for index, delivery in enumerate(deliveries) if delivery is last)
    return [
        delivery for index, delivery in enumerate(deliveries) if index <= end or delivery.topic.name != last.topic.name
    ]
