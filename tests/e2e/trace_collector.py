"""A collector of traces that keeps what the services send it over OTLP/HTTP."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

EXPORT_EVERY_MS = "200"


@dataclass(frozen=True, slots=True)
class SeenSpan:
    """One span as it arrived."""

    service: str
    name: str
    trace_id: bytes
    span_id: bytes
    parent_id: bytes
    number: str | None
    """The receipt number it tells."""


@dataclass(slots=True)
class Collector:
    """What has arrived: the requests' bytes, and the spans in them."""

    address: str
    bodies: list[bytes] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """What a service needs to send its spans here soon."""
        return {"NSS_TRACES_ENDPOINT": self.address, "OTEL_BSP_SCHEDULE_DELAY": EXPORT_EVERY_MS}

    def spans(self) -> Sequence[SeenSpan]:
        """All of them, in the order of arrival."""
        return [span for body in list(self.bodies) for span in _spans(body)]


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector on a free port."""
    received: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Collector(f"http://127.0.0.1:{server.server_port}/v1/traces", received)
    finally:
        server.shutdown()


def _spans(body: bytes) -> Iterator[SeenSpan]:
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        about = {each.key: each.value.string_value for each in resource.resource.attributes}
        for span in (span for scope in resource.scope_spans for span in scope.spans):
            told = {each.key: each.value.string_value for each in span.attributes}
            number = told.get("messaging.message.conversation_id")
            yield SeenSpan(about["service.name"], span.name, span.trace_id, span.span_id, span.parent_span_id, number)
