"""Spans from a request through outbox, relay, broker and consumer, recorded in memory."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.semconv._incubating.attributes import cloudevents_attributes, http_attributes, messaging_attributes
from opentelemetry.semconv.attributes import error_attributes
from opentelemetry.trace import SpanKind, StatusCode
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from shared.contracts.envelope import Event, new_event
from shared.contracts.event_data import EventData
from shared.contracts.intake_events import ApplicationReceived
from shared.contracts.review_events import ReviewOpened
from shared.contracts.topics import APPLICATION, REVIEW
from shared.runtime import span_recorder, spans
from shared.runtime.clock import SystemClock
from shared.runtime.consumer import EventConsumer
from shared.runtime.database import Connection, Pool
from shared.runtime.event_router import EventRouter
from shared.runtime.ids import new_uuid7
from shared.runtime.span_recorder import SpanRecorder
from shared.runtime.spans import processing
from shared.runtime.web.tracing import Tracing
from tests.builders import NOW, an_application_received, an_event
from tests.component.runtime.outbox_parts import header, opened, settings_for, until
from tests.component.runtime.relay_parts import a_relay, append, running, until_outbox_is_empty
from tests.conftest import PreparedTopics
from tests.topic_reader import read_topics

CONTENTS = ("personal", "canary")
Caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def recorded() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    spans.record_with(SpanRecorder(provider, "review"))
    yield exporter
    spans.record_with(None)


async def open_reviews(db: Connection, events: Sequence[Event[ApplicationReceived]]) -> None:
    from shared.runtime.event_outbox import append_events

    caused = [
        new_event(
            ReviewOpened(receipt_number=event.data.receipt_number, revision=1, opened_at=NOW),
            event_id=new_uuid7(), key=event.key, now=NOW, caused_by=event,
        )
        for event in events
    ]  # fmt: skip
    await append_events(db, caused)
