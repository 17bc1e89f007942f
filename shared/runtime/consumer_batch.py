"""One transaction of the consumer: claim, hold back what must wait, hand the rest to the workflows, round by round."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.contracts.operation_events import RedriveRequested
from shared.runtime import held_events, processed_events
from shared.runtime.batch_plan import BatchPlan, plan_batch
from shared.runtime.brake import Brake
from shared.runtime.consumer_context import ConsumerContext
from shared.runtime.database import Connection
from shared.runtime.dead_letters import append_copies
from shared.runtime.event_batch import Delivery, Queue
from shared.runtime.event_router import Waiting
from shared.runtime.processed_events import EventKey, update_status
from shared.runtime.redrive import apply_instructions
from shared.runtime.rounds import cut_into_rounds


class BrakeCut(Exception):
    """The topic must stop after this delivery, but the batch goes on: nothing of the batch is done yet."""

    def __init__(self, last: Delivery) -> None:
        super().__init__(last.topic.name)
        self.last = last


@dataclass(slots=True)
class BatchOutcome:
    """What a committed batch did. `subjects` may have waiters; `queues` may move."""

    fresh: list[Delivery] = field(default_factory=list)
    subjects: set[str] = field(default_factory=set)
    queues: set[Queue] = field(default_factory=set)
    skipped: int = 0
    unclaimed: int = 0
    """Of those skipped, the ones that left no trace: types nobody here acts on. A redelivery counts them again."""
    held: int = 0
    dead_codes: list[str] = field(default_factory=list)


async def handle_batch(
    db: Connection,
    deliveries: Sequence[Delivery],
    context: ConsumerContext,
    prepared: Mapping[UUID, Any],
    brake: Brake,
) -> BatchOutcome:
    """Take every delivery to its end, or to its queue, inside the caller's transaction.

    Raises BrakeCut before anything is done, and whatever a workflow raises.
    """
    now = context.clock.now()
    needed = [delivery for delivery in deliveries if not delivery.is_skipped]
    unclaimed = len(deliveries) - len(needed)
    fresh = await _claim(db, needed, now) if needed else []
    if not fresh:
        return BatchOutcome(skipped=unclaimed, unclaimed=unclaimed)
    _respect_brake(fresh, needed, brake)
    heads = await held_events.lock_heads(db, (delivery.queue for delivery in fresh))
    plan = plan_batch(fresh, heads)
    outcome = BatchOutcome(fresh=fresh, skipped=plan.skipped + unclaimed, unclaimed=unclaimed)
    await _drop_superseded(db, plan, now)
    await _handle_rounds(db, plan, outcome, context, prepared)
    await _hold(db, plan, outcome, context, now)
    return outcome


async def call_workflow(
    db: Connection,
    group: Sequence[Event[EventData]],
    context: ConsumerContext,
    prepared: Mapping[UUID, Any],
) -> tuple[Sequence[Waiting], Sequence[Queue]]:
    """Hand events of one type to their workflow: which of them must wait, and which queues may move after commit."""
    first = group[0]
    if isinstance(first.data, RedriveRequested):
        return (), await apply_instructions(db, cast("Sequence[Event[RedriveRequested]]", group), context)
    route = context.router.route_for(first.type)
    assert route is not None, f"{first.type} was decoded although nobody wants it"
    return await route.handle(db, group, prepared) or (), ()


async def _claim(db: Connection, deliveries: Sequence[Delivery], now: datetime) -> list[Delivery]:
    keys = [delivery.key for delivery in deliveries]
    claimed = await processed_events.claim_events(db, keys, [delivery.topic.name for delivery in deliveries], now)
    if claimed is None:
        return list(deliveries)
    fresh = []
    for key, delivery in zip(keys, deliveries, strict=True):
        if key in claimed:
            # Twice in one batch: the first one counts.
            claimed.discard(key)
            fresh.append(delivery)
    return fresh


def _respect_brake(fresh: Sequence[Delivery], deliveries: Sequence[Delivery], brake: Brake) -> None:
    for topic in {delivery.topic.name for delivery in fresh if delivery.failure}:
        of_topic = [delivery for delivery in fresh if delivery.topic.name == topic]
        index = brake.first_braking(topic, [delivery.failure is not None for delivery in of_topic])
        if index is None:
            continue
        last_of_topic = next(delivery for delivery in reversed(deliveries) if delivery.topic.name == topic)
        if of_topic[index] is not last_of_topic:
            raise BrakeCut(of_topic[index])


async def _drop_superseded(db: Connection, plan: BatchPlan, now: datetime) -> None:
    for queue in plan.superseded:
        await update_status(db, await held_events.delete_queue(db, queue), "done", now)


async def _handle_rounds(
    db: Connection,
    plan: BatchPlan,
    outcome: BatchOutcome,
    context: ConsumerContext,
    prepared: Mapping[UUID, Any],
) -> None:
    for groups in cut_into_rounds(plan.events):
        for group in groups:
            events = plan.handleable(group)
            if not events:
                continue
            waiting, moved = await call_workflow(db, events, context, prepared)
            outcome.queues.update(moved)
            outcome.subjects.update(event.subject for event in events)
            for waiter in waiting:
                outcome.queues.add(plan.wait_for(waiter.event, waiter.awaited_subject))


async def _hold(
    db: Connection, plan: BatchPlan, outcome: BatchOutcome, context: ConsumerContext, now: datetime
) -> None:
    holdings = plan.holdings()
    letters = plan.superseded_letters + [(h.delivery, h.failure) for h in holdings if h.failure]
    if letters:
        await append_copies(db, context.service, letters, now)
        outcome.dead_codes = [failure.code for _, failure in letters]
    if not holdings:
        return
    outcome.held = len(holdings)
    await held_events.insert_held(db, holdings, now)
    dead: list[EventKey] = [holding.delivery.key for holding in holdings if holding.failure]
    held: list[EventKey] = [holding.delivery.key for holding in holdings if not holding.failure]
    await update_status(db, dead, "dead", now)
    await update_status(db, held, "held", now)
