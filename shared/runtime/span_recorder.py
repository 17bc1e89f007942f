"""Spans as OpenTelemetry's conventions for messaging name them, exported over OTLP.

An application is one trace: an event continues the trace of the event that caused it; what people and jobs decide
continues the trace of the subject's last event and is linked to the request. No attribute holds anything of a payload.
"""

import re
from collections.abc import Sequence
from typing import Any

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from opentelemetry.trace import Span as SdkSpan

from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.contracts.topics import ServiceName, consumer_group
from shared.runtime.event_batch import Delivery
from shared.runtime.spans import Origins, Span

NAMESPACE = "nss"
MOST_LINKS = 512
"""A relay's batch of 500 records has a link to each."""
EXPORT_SECONDS = 5
SERVER_ERROR = 500
TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")

SYSTEM = "messaging.system"
OPERATION_NAME = "messaging.operation.name"
OPERATION_TYPE = "messaging.operation.type"
DESTINATION = "messaging.destination.name"
PARTITION = "messaging.destination.partition.id"
OFFSET = "messaging.kafka.offset"
GROUP = "messaging.consumer.group.name"
MESSAGE_ID = "messaging.message.id"
CONVERSATION = "messaging.message.conversation_id"
BATCH_COUNT = "messaging.batch.message_count"
EVENT_TYPE = "cloudevents.event_type"
ERROR_TYPE = "error.type"
HTTP_METHOD = "http.request.method"
HTTP_ROUTE = "http.route"
HTTP_STATUS = "http.response.status_code"


class OpenSpan:
    """A span of the library as the runtime knows one."""

    def __init__(self, span: SdkSpan) -> None:
        self._span = span

    @property
    def traceparent(self) -> str:
        """Its W3C trace context."""
        return _traceparent(self._span.get_span_context())

    def end(self, error: str | None = None) -> None:
        """End it; `error` is a stable code."""
        if error:
            self._span.set_attribute(ERROR_TYPE, error)
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()

    def end_request(self, method: str, route: str, status: int) -> None:
        """Name it after its route and end it; the address itself is never told."""
        self._span.set_attributes({HTTP_METHOD: method, HTTP_STATUS: status})
        if route:
            self._span.set_attribute(HTTP_ROUTE, route)
            self._span.update_name(f"{method} {route}")
        self.end(str(status) if status >= SERVER_ERROR else None)


class SpanRecorder:
    """The runtime's recorder on a tracer provider."""

    def __init__(self, provider: TracerProvider, service: ServiceName) -> None:
        self._group = consumer_group(service)
        self._provider = provider
        self._tracer = provider.get_tracer("nss.runtime")

    def create(self, event: Event[EventData], origins: Origins) -> str:
        """As the protocol says; the span's context is the message's creation context."""
        contexts = [context for text in origins.in_order() if (context := _context(text))]
        span = self._tracer.start_span(
            f"create {event.data.topic.name}",
            context=_parent(contexts[0] if contexts else None),
            kind=SpanKind.PRODUCER,
            links=[Link(context) for context in contexts[1:] if context.trace_id != contexts[0].trace_id],
            attributes=_messaging("create", event.data.topic.name) | _message(event),
        )
        span.end()
        return _traceparent(span.get_span_context())

    def send(self, topic: str, traceparents: Sequence[str], count: int) -> Span:
        """As the protocol says: a batch has no parent and a link to each message."""
        span = self._tracer.start_span(
            f"send {topic}",
            context=Context(),
            kind=SpanKind.CLIENT,
            links=[Link(context) for text in traceparents if (context := _context(text))],
            attributes=_messaging("send", topic) | {BATCH_COUNT: count},
        )
        return OpenSpan(span)

    def process(self, delivery: Delivery) -> Span:
        """As the protocol says; a child of the message's creation context."""
        event = delivery.content if isinstance(delivery.content, Event) else None
        attributes: dict[str, Any] = _messaging("process", delivery.topic.name) | {
            PARTITION: str(delivery.partition[1]),
            OFFSET: delivery.record.offset,
            GROUP: self._group,
        }
        span = self._tracer.start_span(
            f"process {delivery.topic.name}",
            context=_parent(_context(event.traceparent) if event else None),
            kind=SpanKind.CONSUMER,
            attributes=attributes | (_message(event) if event else {}),
        )
        return OpenSpan(span)

    def serve(self, method: str, received: str | None) -> Span:
        """As the protocol says; it is named after its route when that is known."""
        parent = _parent(_context(received))
        return OpenSpan(self._tracer.start_span(method, context=parent, kind=SpanKind.SERVER))

    def stop(self) -> None:
        """Send what is left, for a few seconds at most."""
        self._provider.shutdown()


def recorder_for(service: ServiceName, version: str, ratio: float, processor: SpanProcessor) -> SpanRecorder:
    """A recorder of a share of the traces that begin here, and of all that others sample."""
    provider = TracerProvider(
        resource=Resource.create({"service.name": service, "service.namespace": NAMESPACE, "service.version": version}),
        sampler=ParentBased(TraceIdRatioBased(ratio)),
        span_limits=SpanLimits(max_links=MOST_LINKS),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(processor)
    return SpanRecorder(provider, service)


def background_export(endpoint: str) -> SpanProcessor:
    """To a collector's OTLP/HTTP address, `http://…:4318/v1/traces`, beside the work and never in its way."""
    return BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, timeout=EXPORT_SECONDS))


def _messaging(operation: str, topic: str) -> dict[str, Any]:
    return {SYSTEM: "kafka", OPERATION_NAME: operation, OPERATION_TYPE: operation, DESTINATION: topic}


def _message(event: Event[EventData]) -> dict[str, Any]:
    found = {MESSAGE_ID: str(event.id), EVENT_TYPE: event.type}
    return found | ({CONVERSATION: event.correlation_id} if event.correlation_id else {})


def _context(traceparent: str | None) -> SpanContext | None:
    match = TRACEPARENT.fullmatch(traceparent or "")
    if match is None:
        return None
    trace_id, span_id, flags = (int(part, 16) for part in match.groups())
    context = SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(flags))
    return context if context.is_valid else None


def _parent(context: SpanContext | None) -> Context:
    return set_span_in_context(NonRecordingSpan(context), Context()) if context else Context()


def _traceparent(context: SpanContext) -> str:
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"
