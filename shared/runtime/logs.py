"""Structured logs: one JSON object per line on stdout, UTF-8 as it is.

Keys with a fixed meaning: `event` (what happened, in words), `service`, `receipt_number`, `event_id`. A log line holds
no personal value and no secret: log codes and identifiers, never a payload or an exception's text that may quote one.
"""

import json
import logging
import sys
import time
from typing import Any

import structlog

from shared.runtime.web.tracing import add_trace_id

QUIET_LIBRARIES = ("aiokafka", "faststream", "uvicorn", "asyncio", "httpx")
SAME_LINE_SECONDS = 5.0
"""aiokafka repeats a line many times a second while a broker is away; once in five seconds says the same."""


def configure_logs(service: str) -> None:
    """Send structlog's and the standard library's log lines to stdout as JSON; call once per process."""
    before: list[structlog.typing.Processor] = [
        add_trace_id,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _add_service(service),
    ]
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(_NotTheSameAgain())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(serializer=json.dumps, ensure_ascii=False, default=str),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    for library in QUIET_LIBRARIES:
        logging.getLogger(library).setLevel(logging.WARNING)


def get_log(**fixed: Any) -> Any:
    """A logger; `fixed` keys stand in each of its lines."""
    return structlog.get_logger(**fixed)


def _add_service(service: str) -> structlog.typing.Processor:
    def add(_logger: Any, _method: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
        line.setdefault("service", service)
        return line

    return add


class _NotTheSameAgain(logging.Filter):
    """Lets a library's line through once per five seconds and place in its source; our own lines always."""

    def __init__(self) -> None:
        super().__init__()
        self._said_at: dict[tuple[str, int], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith(QUIET_LIBRARIES):
            return True
        place = (record.pathname, record.lineno)
        now = time.monotonic()
        if now - self._said_at.get(place, float("-inf")) < SAME_LINE_SECONDS:
            return False
        self._said_at[place] = now
        return True
