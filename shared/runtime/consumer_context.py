"""What every part of the consumer needs to know about its service, and what it counts."""

from dataclasses import dataclass, field

from shared.contracts.operation_events import RedriveRequested
from shared.contracts.topics import ServiceName, Topic
from shared.runtime.clock import Clock
from shared.runtime.event_router import EventRouter
from shared.runtime.ids import NewId


@dataclass(slots=True)
class ConsumerCounts:
    """Totals since the process started."""

    polls: int = 0
    received: int = 0
    fresh: int = 0
    duplicates: int = 0
    skipped: int = 0
    held: int = 0
    drained: int = 0
    dead: int = 0
    redone: int = 0
    commit_failures: int = 0
    members_replaced: int = 0
    brakes: int = 0
    dead_by_code: dict[str, int] = field(default_factory=dict)

    def count_dead(self, code: str) -> None:
        """One more dead letter, by its stable code."""
        self.dead += 1
        self.dead_by_code[code] = self.dead_by_code.get(code, 0) + 1


@dataclass(frozen=True, slots=True)
class ConsumerContext:
    """The service, its handlers, its time and its ids."""

    router: EventRouter
    clock: Clock
    new_id: NewId
    counts: ConsumerCounts = field(default_factory=ConsumerCounts)

    @property
    def service(self) -> ServiceName:
        """Whose consumer this is."""
        return self.router.service

    @property
    def slow_types(self) -> frozenset[str]:
        """The types whose events are prepared before their transaction."""
        types = (model.ce_type for model in self.router.models)
        return frozenset(name for name in types if (route := self.router.route_for(name)) and route.prepare)

    @property
    def topics(self) -> dict[str, Topic]:
        """The topics it reads, by their names without a prefix."""
        return {topic.name: topic for topic in self.router.topics}

    @property
    def wanted_types(self) -> frozenset[str]:
        """The types it acts on: those of the router, and operators' instructions."""
        return frozenset((*(model.ce_type for model in self.router.models), RedriveRequested.ce_type))
