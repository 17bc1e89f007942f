"""A service's table of consumed events: which workflow handles which event model, always as a list."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.contracts.topics import ServiceName, Topic, topics_read_by
from shared.runtime.database import Connection

DataT = TypeVar("DataT", bound=EventData)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that cannot be handled before a fact about `awaited_subject` has come from another topic."""

    event: Event[EventData]
    awaited_subject: str


Prepared = Mapping[UUID, Any]
"""What a slow preparation made, by event id; it is made before the transaction and survives a redo."""

Handled = Sequence[Waiting] | None
Handler = Callable[[Connection, Sequence[Event[DataT]]], Awaitable[Handled]]
PreparedHandler = Callable[[Connection, Sequence[Event[DataT]], Prepared], Awaitable[Handled]]
Prepare = Callable[[Sequence[Event[DataT]]], Awaitable[Prepared]]


@dataclass(frozen=True, slots=True)
class Route:
    """How one event model is handled."""

    model: type[EventData]
    handle: PreparedHandler[Any]
    prepare: Prepare[Any] | None = None


class EventRouter:
    """The events a service acts on. Other known events of its topics are skipped."""

    def __init__(self, service: ServiceName) -> None:
        self.service: ServiceName = service
        self._routes: dict[str, Route] = {}

    def on(self, model: type[DataT], handler: Handler[DataT]) -> None:
        """Handle events of the model with a workflow that takes (connection, events)."""

        async def handle(db: Connection, events: Sequence[Event[DataT]], _prepared: Prepared) -> Handled:
            return await handler(db, events)

        self._add(Route(model, handle))

    def on_prepared(self, model: type[DataT], prepare: Prepare[DataT], handler: PreparedHandler[DataT]) -> None:
        """Handle events of the model with slow work done before the transaction: (connection, events, prepared)."""
        self._add(Route(model, handler, prepare))

    def route_for(self, event_type: str) -> Route | None:
        """The route of a CloudEvents type, or None where the service does not act on it."""
        return self._routes.get(event_type)

    @property
    def models(self) -> tuple[type[EventData], ...]:
        """Every model the service acts on."""
        return tuple(route.model for route in self._routes.values())

    @property
    def topics(self) -> tuple[Topic, ...]:
        """Every topic the service subscribes to, the redrive topic included."""
        return topics_read_by(self.service)

    def _add(self, route: Route) -> None:
        if route.model.topic not in self.topics:
            raise ValueError(f"{self.service} is no reader of {route.model.topic.name}: add it in topics.py")
        if route.model.ce_type in self._routes:
            raise ValueError(f"{self.service} handles {route.model.ce_type} twice")
        self._routes[route.model.ce_type] = route
