"""Spans from a request through outbox, relay, broker and consumer, recorded in memory."""

import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

import httpx2
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.semconv._incubating.attributes import cloudevents_attributes, http_attributes, messaging_attributes
from opentelemetry.semconv.attributes import error_attributes
from opentelemetry.trace import SpanKind, StatusCode
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from shared.contracts.envelope import Event, new_event
from shared.contracts.intake_events import ApplicationReceived
from shared.contracts.review_events import ReviewOpened
from shared.contracts.topics import APPLICATION, REVIEW
from shared.runtime import span_recorder, spans
from shared.runtime.clock import SystemClock
from shared.runtime.consumer import EventConsumer
from shared.runtime.database import Connection, Pool
from shared.runtime.event_outbox import append_events
from shared.runtime.event_router import EventRouter
from shared.runtime.ids import new_uuid7
from shared.runtime.span_recorder import recorder_for
from shared.runtime.spans import processing
from shared.runtime.web.tracing import Tracing
from tests.builders import NOW, a_contact, an_application_received, an_event
from tests.component.runtime.outbox_parts import header, opened, settings_for, show, until
from tests.component.runtime.relay_parts import a_relay, append, running, until_outbox_is_empty
from tests.conftest import PreparedTopics
from tests.topic_reader import read_topics

CONTACT = {"family_name": "金糸雀", "given_name": "歌子", "email": "canary-4711@naccs.example", "phone": "0312344711"}
NUMBER = "180012A"
CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
OFF_CALLS = 200_000


@pytest.fixture
def recorded() -> Iterator[InMemorySpanExporter]:
    """What this process records, as review."""
    exporter = InMemorySpanExporter()
    spans.record_with(recorder_for("review", "1", 1.0, SimpleSpanProcessor(exporter)))
    yield exporter
    spans.record_with(None)


async def open_reviews(db: Connection, events: Sequence[Event[ApplicationReceived]]) -> None:
    """A workflow that is not broken for applications of one mailbox."""
    caused = [
        new_event(
            ReviewOpened(receipt_number=event.data.receipt_number, revision=1, opened_at=NOW),
            event_id=new_uuid7(), key=event.key, now=NOW, caused_by=event,
        )
        for event in events
    ]  # fmt: skip
    await append_events(db, caused)


async def fail(_db: Connection, _events: Sequence[Event[ApplicationReceived]]) -> None:
    """A workflow that cannot."""
    raise ValueError(CONTACT["email"])


@asynccontextmanager
async def consuming(
    url: str, pool: Pool, topics: PreparedTopics, workflow: object = open_reviews
) -> AsyncIterator[None]:
    router = EventRouter("review")
    router.on(ApplicationReceived, workflow)  # type: ignore[arg-type]
    settings = settings_for(url, topics.bootstrap, topics.prefix)
    consumer = EventConsumer(router=router, pool=pool, clock=SystemClock(), new_id=new_uuid7, settings=settings)
    await consumer.start()
    try:
        yield
    finally:
        await consumer.stop()


async def receive(pool: Pool) -> Response:
    """A request that appends an application."""

    async def post(_request: Request) -> Response:
        await append(pool, an_event(an_application_received(contact=a_contact(**CONTACT)), sequence=None))
        return PlainTextResponse("ok")

    app = Tracing(Starlette(routes=[Route("/applications/{office}", post, methods=["POST"])]))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test") as client:
        return await client.post("/applications/NAC001", headers={"traceparent": CALLER})  # type: ignore[return-value]


def named(found: Sequence[ReadableSpan], name: str) -> ReadableSpan:
    (span,) = [span for span in found if span.name == name]
    return span


def parent_of(span: ReadableSpan) -> int:
    assert span.parent is not None
    return span.parent.span_id


def id_of(span: ReadableSpan) -> int:
    return int(span.context.span_id)


async def walked(url: str, pool: Pool, topics: PreparedTopics, recorded: InMemorySpanExporter) -> list[ReadableSpan]:
    """An application received over HTTP, opened by the consumer, and decided on by somebody later."""
    async with consuming(url, pool, topics), running(a_relay(url, topics.bootstrap, topics.prefix)):
        await receive(pool)
        await until(lambda: any(span.name == f"send {REVIEW.name}" for span in recorded.get_finished_spans()))
        await append(pool, opened(NUMBER))
        await until_outbox_is_empty(pool)
    return list(recorded.get_finished_spans())


def assert_one_trace(found: Sequence[ReadableSpan]) -> None:
    """Request, creation, processing, creation, and what somebody decided later."""
    served = named(found, "POST /applications/{office}")
    received = named(found, f"create {APPLICATION.name}")
    processed = named(found, f"process {APPLICATION.name}")
    first, later = [span for span in found if span.name == f"create {REVIEW.name}"]
    assert f"{parent_of(served):016x}" in CALLER
    assert [parent_of(received), parent_of(processed), parent_of(first)] == [
        id_of(served), id_of(received), id_of(processed),
    ]  # fmt: skip
    assert parent_of(later) == id_of(first), "what people decide later goes on where the application's trace was"
    assert {span.context.trace_id for span in (served, received, processed, first, later)} == {int(CALLER[3:35], 16)}
    kinds = [span.kind for span in (served, received, processed)]
    assert kinds == [SpanKind.SERVER, SpanKind.PRODUCER, SpanKind.CONSUMER]


def assert_conventions(found: Sequence[ReadableSpan]) -> None:
    """Frozen names, and the attributes of a processed event."""
    conventions = {
        name
        for module in (messaging_attributes, cloudevents_attributes, http_attributes, error_attributes)
        for name in vars(module).values()
        if isinstance(name, str)
    }
    used = {key for span in found for key in span.attributes or {}}
    assert used <= conventions
    ours = {name for name in vars(span_recorder).values() if isinstance(name, str) and name.startswith("messaging.")}
    assert ours <= conventions
    processed = dict(named(found, f"process {APPLICATION.name}").attributes or {})
    assert processed["messaging.system"] == "kafka"
    assert processed["messaging.operation.type"] == processed["messaging.operation.name"] == "process"
    assert processed["messaging.destination.name"] == APPLICATION.name
    assert processed["messaging.consumer.group.name"] == "nss.review"
    assert processed["messaging.message.conversation_id"] == NUMBER


async def test_an_application_is_one_trace_named_by_the_conventions_and_without_personal_values(
    url: str, pool: Pool, topics: PreparedTopics, recorded: InMemorySpanExporter
) -> None:
    found = await walked(url, pool, topics, recorded)
    assert_one_trace(found)
    assert_conventions(found)
    records = [record for _, record in await read_topics(topics.bootstrap, [APPLICATION, REVIEW], topics.prefix)]
    carried = {int(header(record, "traceparent").split("-")[2], 16) for record in records}
    assert carried == {id_of(span) for span in found if span.name.startswith("create")}
    told = "\n".join(span.to_json() for span in found)
    assert not [value for value in CONTACT.values() if value in told or value.encode("unicode_escape").decode() in told]


async def test_a_batch_that_is_sent_is_linked_to_each_message(
    url: str, pool: Pool, topics: PreparedTopics, recorded: InMemorySpanExporter
) -> None:
    await append(pool, *(opened(f"18{number:04d}A") for number in range(300)))
    created = {id_of(span) for span in recorded.get_finished_spans()}
    async with running(a_relay(url, topics.bootstrap, topics.prefix)):
        await until_outbox_is_empty(pool)
    sent = [span for span in recorded.get_finished_spans() if span.name == f"send {REVIEW.name}"]
    assert {link.context.span_id for span in sent for link in span.links} == created
    assert sum(span.attributes["messaging.batch.message_count"] for span in sent if span.attributes) == 300  # type: ignore[misc]
    assert {(span.kind, span.parent) for span in sent} == {(SpanKind.CLIENT, None)}


async def test_a_workflow_that_fails_leaves_its_code_and_not_its_text(
    url: str, pool: Pool, topics: PreparedTopics, recorded: InMemorySpanExporter
) -> None:
    async with consuming(url, pool, topics, fail), running(a_relay(url, topics.bootstrap, topics.prefix)):
        await receive(pool)
        await until(lambda: any(span.name.startswith("process") for span in recorded.get_finished_spans()))
    processed = named(recorded.get_finished_spans(), f"process {APPLICATION.name}")
    assert (processed.attributes or {})["error.type"] == "ValueError"
    assert processed.status.status_code is StatusCode.ERROR
    assert CONTACT["email"] not in "".join(span.to_json() for span in recorded.get_finished_spans())


async def test_without_a_recorder_events_carry_the_requests_trace_and_nothing_is_kept(pool: Pool) -> None:
    await receive(pool)
    traceparent = await pool.fetchval("select traceparent from event_outbox")
    assert traceparent.split("-")[1] == CALLER.split("-")[1]
    assert await pool.fetchval("select last_traceparent from event_sequences") is None


def test_being_off_costs_less_than_a_microsecond() -> None:
    began = time.process_time()
    for _ in range(OFF_CALLS):
        with processing(()):
            pass
    per_poll = (time.process_time() - began) / OFF_CALLS
    began = time.process_time()
    for _ in range(OFF_CALLS):
        spans.recorder()
    per_look = (time.process_time() - began) / OFF_CALLS
    show(microseconds_per_poll=round(per_poll * 1e6, 3), microseconds_per_look=round(per_look * 1e6, 3))
    assert per_poll < 5e-6
    assert per_look < 1e-6
