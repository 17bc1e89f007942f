"""Log lines: one JSON object each, with the trace of the request they belong to."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from starlette.types import Message, Receive, Scope, Send

from shared.runtime.logs import configure_logs, get_log
from shared.runtime.web.tracing import Tracing

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
REQUEST = {"type": "http", "headers": [(b"traceparent", f"00-{TRACE_ID}-00f067aa0ba902b7-01".encode())]}


@pytest.fixture
def logging_as_before() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.reset_defaults()


async def say(_scope: Scope, _receive: Receive, _send: Send) -> None:
    get_log().info("answered")
    logging.getLogger("a.library").info("answered, too")


async def nothing() -> Message:
    return {"type": "http.request"}


async def ignore(_message: Message) -> None:
    """Nobody listens."""


async def test_lines_of_a_request_tell_its_trace_and_others_none(
    logging_as_before: None, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs("intake")

    await Tracing(say)(REQUEST, nothing, ignore)
    get_log().info("at rest")

    ours, library, outside = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (ours["event"], ours["service"], ours["level"]) == ("answered", "intake", "info")
    assert ours["trace_id"] == library["trace_id"] == TRACE_ID
    assert "trace_id" not in outside
