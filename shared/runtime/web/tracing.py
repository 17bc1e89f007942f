"""One trace per request: taken from a valid `traceparent`, else begun here, and bound to every log line."""

import re
import secrets
from contextvars import ContextVar
from typing import Final

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.runtime import spans

TRACEPARENT: Final = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
REFERENCE_LENGTH = 12

_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def current_traceparent() -> str | None:
    """The W3C traceparent of the request being answered, for the events it causes; None outside a request."""
    return _current.get()


def current_reference() -> str:
    """The start of the trace id: short enough to read out on the telephone, and findable in the logs."""
    traceparent = _current.get() or _begin_trace()
    return traceparent.split("-")[1][:REFERENCE_LENGTH]


def add_trace_id(_logger: object, _method: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """A processor of log lines: those of a request tell its trace."""
    if (traceparent := _current.get()) is not None:
        line.setdefault("trace_id", traceparent.split("-")[1])
    return line


class Tracing:
    """ASGI middleware: binds the trace for the time of one request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on inside its trace."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        received = Headers(scope=scope).get("traceparent")
        recorder = spans.recorder()
        if recorder is None:
            await self._answer(continue_trace(received), scope, receive, send)
        else:
            await self._answer_recorded(recorder.serve(scope["method"], received), scope, receive, send)

    async def _answer(self, traceparent: str, scope: Scope, receive: Receive, send: Send) -> None:
        token = _current.set(traceparent)
        try:
            await self._app(scope, receive, send)
        finally:
            _current.reset(token)

    async def _answer_recorded(self, span: spans.Span, scope: Scope, receive: Receive, send: Send) -> None:
        status = 500

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._answer(span.traceparent, scope, receive, note_status)
        finally:
            span.end_request(scope["method"], getattr(scope.get("route"), "path", ""), status)


def continue_trace(received: str | None) -> str:
    """The traceparent under which we work: the caller's trace with a span of ours, or a new trace."""
    match = TRACEPARENT.fullmatch(received or "")
    return f"00-{match.group(1)}-{secrets.token_hex(8)}-01" if match else _begin_trace()


def _begin_trace() -> str:
    text = secrets.token_hex(24)
    return f"00-{text[:32]}-{text[32:]}-01"
