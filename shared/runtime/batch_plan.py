"""Decides for a batch what is handled and what must wait, keeping the order of every queue. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from shared.contracts.decoding import SkippedRecord, Tombstone
from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.runtime.event_batch import Delivery, Failure, Queue
from shared.runtime.held_events import Holding, Reason
from shared.runtime.processed_events import EventKey


@dataclass(slots=True)
class BatchPlan:
    """What becomes of a batch's fresh deliveries. Holdings are added as workflows answer; `holdings` orders them."""

    heads: dict[Queue, Reason]
    events: list[Event[EventData]] = field(default_factory=list)
    superseded: list[Queue] = field(default_factory=list)
    superseded_letters: list[tuple[Delivery, Failure]] = field(default_factory=list)
    skipped: int = 0
    _fresh: list[Delivery] = field(default_factory=list)
    _places: dict[EventKey, int] = field(default_factory=dict)
    _held: dict[Queue, list[Holding]] = field(default_factory=dict)

    def add(self, delivery: Delivery) -> None:
        """Take the next delivery of the batch."""
        self._fresh.append(delivery)
        if isinstance(delivery.content, SkippedRecord):
            self.skipped += 1
            return
        if self.is_blocked(delivery.queue) and not self._supersedes(delivery):
            self._hold(delivery, "behind")
        elif delivery.failure is not None:
            self._hold(delivery, "dead")
        elif isinstance(delivery.content, Event):
            self.events.append(delivery.content)
        elif isinstance(delivery.content, Tombstone):
            self.skipped += 1
        else:
            self._hold(delivery, "future")

    def is_blocked(self, queue: Queue) -> bool:
        """Whether what comes now for the queue must wait behind its head."""
        return queue in self.heads or queue in self._held

    def handleable(self, group: Iterable[Event[EventData]]) -> list[Event[EventData]]:
        """The events of a round's group, without those that an earlier round's answers now hold back."""
        if not self._held:
            return list(group)
        events = []
        for event in group:
            delivery = self._fresh[self._place((event.source, event.id))]
            if self._is_held_before(delivery):
                self._hold(delivery, "behind")
            else:
                events.append(event)
        return events

    def wait_for(self, event: Event[EventData], awaited_subject: str) -> Queue:
        """A workflow has answered that the event must wait; answers its queue."""
        delivery = self._fresh[self._place((event.source, event.id))]
        self._held.setdefault(delivery.queue, []).append(Holding(delivery, "waiting", awaited_subject))
        return delivery.queue

    def holdings(self) -> list[Holding]:
        """Everything to be held, in the order of the batch: of each queue only the head keeps its own reason."""
        return [holding for queue, held in self._held.items() for holding in self._queued(queue, held)]

    def _queued(self, queue: Queue, held: Sequence[Holding]) -> list[Holding]:
        ordered = sorted(held, key=lambda holding: self._place(holding.delivery.key))
        first_is_head = queue not in self.heads
        return [
            holding if index == 0 and first_is_head else Holding(holding.delivery, "behind")
            for index, holding in enumerate(ordered)
        ]

    def _place(self, key: EventKey) -> int:
        """Position in the batch; looked up only when something is held, which is rare."""
        if not self._places:
            self._places = {delivery.key: place for place, delivery in enumerate(self._fresh)}
        return self._places[key]

    def _hold(self, delivery: Delivery, reason: Reason) -> None:
        self._held.setdefault(delivery.queue, []).append(Holding(delivery, reason))

    def _is_held_before(self, delivery: Delivery) -> bool:
        place = self._place(delivery.key)
        return any(self._place(holding.delivery.key) < place for holding in self._held.get(delivery.queue, ()))

    def _supersedes(self, delivery: Delivery) -> bool:
        """In a compacted topic a newer version replaces a dead one; the queue is emptied."""
        if not delivery.topic.compacted or delivery.is_future:
            return False
        held = self._held.get(delivery.queue, [])
        head = self.heads.get(delivery.queue) or held[0].reason
        if head != "dead":
            return False
        self.superseded_letters += [(holding.delivery, holding.failure) for holding in held if holding.failure]
        self._held.pop(delivery.queue, None)
        if self.heads.pop(delivery.queue, None) is not None:
            self.superseded.append(delivery.queue)
        return True


def plan_batch(fresh: Iterable[Delivery], heads: Mapping[Queue, Reason]) -> BatchPlan:
    """The plan of the fresh deliveries, in their order; `heads` are the reasons of the queues that are not empty."""
    plan = BatchPlan(dict(heads))
    for delivery in fresh:
        plan.add(delivery)
    return plan
