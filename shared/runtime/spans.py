"""Where the runtime tells what it does, for traces. Off, and then free of cost, until a recorder is set.

Nothing here imports a tracing library: `shared.runtime.span_recorder` does, and only a process that traces loads it.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import asyncpg

from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.runtime.event_batch import Delivery


class Span(Protocol):
    """Something that began and has not ended."""

    @property
    def traceparent(self) -> str:
        """Its W3C trace context, for what it causes."""
        ...

    def end(self, error: str | None = None) -> None:
        """It is over: well, or with the stable code of what went wrong."""
        ...

    def end_request(self, method: str, route: str, status: int) -> None:
        """A request is answered; `route` is the template, empty where none was found."""
        ...


@dataclass(frozen=True, slots=True)
class Origins:
    """The W3C contexts an event may go back to, each where there is one."""

    cause: str | None
    """Of the event that caused it."""
    previous: str | None
    """Of the last event of the same subject in this service."""
    request: str | None
    """Of the request being answered."""

    def in_order(self) -> list[str]:
        """The parent first, then what is linked to it."""
        return [context for context in (self.cause, self.previous, self.request) if context]


class Recorder(Protocol):
    """Makes spans."""

    def create(self, event: Event[EventData], origins: Origins) -> str:
        """An event was appended to the outbox; the W3C context that travels with it."""
        ...

    def send(self, topic: str, traceparents: Sequence[str], count: int) -> Span:
        """A batch of records of one topic is handed to the broker."""
        ...

    def process(self, delivery: Delivery) -> Span:
        """An event is handled."""
        ...

    def serve(self, method: str, received: str | None) -> Span:
        """A request is answered. `received` is the caller's context."""
        ...


@dataclass(slots=True)
class _State:
    recorder: Recorder | None = None


_state = _State()


def recorder() -> Recorder | None:
    """What records spans in this process; None while tracing is off."""
    return _state.recorder


def record_with(new: Recorder | None) -> None:
    """From now on; None ends it."""
    _state.recorder = new


@dataclass(slots=True)
class Processing:
    """The deliveries that are being handled, each with its span."""

    spans: list[tuple[Delivery, Span]] = field(default_factory=list)

    def forget(self) -> None:
        """Nothing came of it: they will be tried again."""
        self.spans = []


NOT_TRACED = Processing()


@contextlib.contextmanager
def processing(deliveries: Sequence[Delivery]) -> Iterator[Processing]:
    """While it lasts the events are handled: what they cause belongs to their spans."""
    active = _state.recorder
    if active is None:
        yield NOT_TRACED
        return
    handled = Processing([(each, active.process(each)) for each in deliveries if not each.is_skipped])
    for delivery, span in handled.spans:
        delivery.follow_trace(span.traceparent)
    raised: str | None = None
    try:
        yield handled
    except Exception as error:
        raised = type(error).__name__
        raise
    finally:
        for delivery, span in handled.spans:
            span.end(delivery.failure.code if delivery.failure else raised)


class Sending:
    """Spans of one batch of outbox rows, one for each topic."""

    def __init__(self, rows: Sequence[asyncpg.Record]) -> None:
        self._spans: list[Span] = []
        if _state.recorder is None:
            return
        contexts: dict[str, list[str | None]] = {}
        for row in rows:
            contexts.setdefault(row["topic"], []).append(row["traceparent"])
        self._spans = [
            _state.recorder.send(topic, [each for each in found if each], len(found))
            for topic, found in contexts.items()
        ]

    def end(self, error: BaseException | None) -> None:
        """The broker has answered, or not."""
        for span in self._spans:
            span.end(type(error).__name__ if error else None)
