"""Repairing a restored database: what happened since is read from the topics and happens to it once more, in order.

What others told and was forgotten is handled again; what the service would tell a second time because of that is taken
back, since its topic has it already. What people had decided is read back from the service's own topics.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg

from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.event_batch import Delivery
from shared.runtime.held_events import lock_heads
from shared.runtime.logs import get_log
from shared.runtime.missed_events import queue_missed
from shared.runtime.processed_events import claim_events, find_processed
from shared.runtime.recall.looking import TOPICS_BY_NAME, Recall, deliveries_of, own_events
from shared.runtime.recall.memory import (
    Place,
    find_memory,
    find_subjects_behind,
    follow_subject,
    mark_current,
    take_back_repeats,
)
from shared.runtime.recall.places import BrokerView, open_view

log = get_log()


CONNECTION_LOST = (OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError)
"""Ends the repair, which goes on when it is asked for again; anything else is about one event."""
InTime = tuple[float, int]
"""Seconds, and how many causes stand before it."""


@dataclass(frozen=True, slots=True)
class RecallReport:
    """What a repair has done, or would do."""

    handled_again: int
    """Events of other services."""
    restored: int
    """Decisions of this service read back from its own topics."""
    queued: int
    """Of those handled again, the ones that have to wait for another and go on by themselves."""
    left: tuple[str, ...]
    """`type subject` of own events that could not be written back: a person must compare."""


@dataclass(slots=True)
class Lost:
    """What the topics know and the database does not. `own` is by sequence within each subject."""

    own: list[Event[EventData]] = field(default_factory=list)
    missed: list[Delivery] = field(default_factory=list)


class CannotYet(Exception):
    """The event waits for another one; nothing of it is done."""


async def plan_repair(recall: Recall) -> RecallReport:
    """What `repair` would find; changes nothing. Raises KafkaUnreachable, TimeoutError."""
    lost = await _find_lost(recall)
    caused = {each.content.id for each in lost.missed if isinstance(each.content, Event)}
    without_way_back = [event for event in lost.own if event.type not in recall.book.restores]
    left = tuple(_named(event) for event in without_way_back if event.causation_id not in caused)
    return RecallReport(len(lost.missed), len(lost.own) - len(without_way_back), 0, left)


async def repair(recall: Recall, operator: str) -> RecallReport:
    """Bring the database up to its topics. Done again after an interruption, it goes on. Raises as `plan_repair`."""
    lost = await _find_lost(recall)
    work = _Repair(recall, lost.own)
    for each in in_order(lost):
        if isinstance(each, Delivery):
            await work.handle_again(each)
        else:
            await work.restore(each)
    async with transaction(recall.pool) as db:
        await mark_current(db)
    report = RecallReport(work.handled, work.restored, work.queued, tuple(work.left))
    log.warning("database repaired from its topics", service=recall.service, operator=operator,
                handled_again=report.handled_again, restored=report.restored, left=len(report.left))  # fmt: skip
    return report


def in_order(lost: Lost) -> list[Delivery | Event[EventData]]:
    """By the time of each decision; an effect never stands before its cause, whatever the clocks said."""
    events: dict[UUID, Event[EventData]] = {event.id: event for event in lost.own}
    events |= {each.content.id: each.content for each in lost.missed if isinstance(each.content, Event)}
    placed: list[tuple[InTime, Delivery | Event[EventData]]] = [
        (_place_in_time(each.content, events), each) for each in lost.missed
    ]
    latest: dict[str, InTime] = {}
    for event in sorted(lost.own, key=lambda event: event.sequence or 0):
        latest[event.subject] = max(_place_in_time(event, events), latest.get(event.subject, (0.0, 0)))
        placed.append((latest[event.subject], event))
    return [each for _, each in sorted(placed, key=lambda found: found[0])]


def _place_in_time(content: object, events: Mapping[UUID, Event[EventData]]) -> InTime:
    """Latest time along the chain of causes, and its length. What cannot be read comes first, to its dead letter."""
    latest, depth = 0.0, 0
    event = content if isinstance(content, Event) else None
    while event is not None:
        latest, depth = max(latest, event.time.timestamp()), depth + 1
        event = events.get(event.causation_id) if event.causation_id and depth <= len(events) else None
    return latest, depth


class _Repair:
    """One repair on its way."""

    def __init__(self, recall: Recall, own: Sequence[Event[EventData]]) -> None:
        self._recall = recall
        self._reactions: dict[UUID | None, list[Event[EventData]]] = defaultdict(list)
        for event in own:
            self._reactions[event.causation_id].append(event)
        self._repeated: set[UUID] = set()
        self._put_off: set[UUID] = set()
        self.handled = self.restored = 0
        self.left: list[str] = []

    @property
    def queued(self) -> int:
        """How many events wait for another."""
        return len(self._put_off)

    async def handle_again(self, delivery: Delivery) -> None:
        """One event of another service, or into its queue where it has to wait."""
        try:
            async with transaction(self._recall.pool) as db:
                done = await self._handle(db, delivery)
        except Exception as error:
            # Whatever it is, the consumer tries it again and ends in a dead letter if it must.
            log.info("event queued by a repair", event_type=delivery.event_type, error=type(error).__name__)
            async with transaction(self._recall.pool) as db:
                topic, now = TOPICS_BY_NAME[delivery.topic.name], self._recall.clock.now()
                done = bool(await queue_missed(db, topic, [delivery.record], self._recall.acts_on, now))
            self._put_off.add(delivery.event_id)
        self.handled += done

    async def restore(self, event: Event[EventData]) -> None:
        """One decision of this service. A reaction was repeated with its cause, or will be, when that was put off."""
        restore = self._recall.book.restores.get(event.type)
        try:
            async with transaction(self._recall.pool) as db:
                if not await follow_subject(db, event.subject, event.sequence or 0) or event.id in self._repeated:
                    return
                if restore is not None:
                    await restore(db, event)
        except CONNECTION_LOST:
            raise
        except Exception as error:
            # One that contradicts what was written meanwhile must not keep the others.
            log.error("event not restored", event_type=event.type, subject=event.subject, error=type(error).__name__)
            self.left.append(_named(event))
            return
        if restore is not None:
            self.restored += 1
        elif event.causation_id is None or event.causation_id in self._put_off:
            self.left.append(_named(event))

    async def _handle(self, db: Connection, delivery: Delivery) -> bool:
        event = delivery.content
        claimed = await claim_events(db, [delivery.key], [delivery.topic.name], self._recall.clock.now())
        if claimed is not None and delivery.key not in claimed:
            return False
        if await lock_heads(db, [delivery.queue]):
            raise CannotYet
        route = self._recall.router.route_for(event.type) if isinstance(event, Event) else None
        if route is None or not isinstance(event, Event) or await route.handle(db, [event], {}):
            raise CannotYet
        told_before = self._reactions[event.id]
        repeated = await take_back_repeats(db, event.id, {(each.subject, each.type) for each in told_before})
        self._repeated |= {each.id for each in told_before if (each.subject, each.type) in repeated}
        return True


async def _find_lost(recall: Recall) -> Lost:
    async with recall.pool.acquire() as db:
        memory, remembered = await find_memory(db), await find_subjects_behind(db)
    positions = memory.positions if memory else {}
    lost = Lost()
    async with open_view(recall.settings) as view:
        lost.own = await _own_since(recall, view, positions, remembered)
        ends = await view.ends(recall.read_topics)
        async for place, records in view.read(positions, ends):
            lost.missed += await _forgotten(recall.pool, deliveries_of(recall, place, records))
    return lost


async def _own_since(
    recall: Recall, view: BrokerView, positions: Mapping[Place, int], remembered: Mapping[str, int]
) -> list[Event[EventData]]:
    found: dict[tuple[str, int], Event[EventData]] = {}
    async for place, records in view.read(positions, await view.ends(recall.own_topics)):
        for event in own_events(recall.service, place, records):
            sequence = event.sequence or 0
            if event.subject in remembered and sequence > remembered[event.subject]:
                found.setdefault((event.subject, sequence), event)
    return list(found.values())


async def _forgotten(pool: Pool, deliveries: Sequence[Delivery]) -> list[Delivery]:
    async with pool.acquire() as db:
        known = await find_processed(db, [delivery.key for delivery in deliveries])
    return [delivery for delivery in deliveries if delivery.key not in known]


def _named(event: Event[EventData]) -> str:
    return f"{event.type} {event.subject}"
