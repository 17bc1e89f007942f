"""Planned maintenance: a file says from when until when, every page says so before, and instead of itself meanwhile.

A file, because the database may be what is being maintained. Example: `{"begins_at": "2026-12-01T22:00:00+09:00",
"ends_at": "2026-12-02T06:00:00+09:00"}`. It is read again when it changes; without it there is no maintenance.
"""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

import structlog
from jinja2 import Environment
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError, model_validator
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.runtime.clock import Clock
from shared.runtime.web.problems import problem_answer

OPEN_PREFIXES = ("/static/", "/health/")
API_PREFIX = "/api/"

logger = structlog.get_logger(__name__)


class MaintenanceWindow(BaseModel):
    """The content of the file: two instants with their time zone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    begins_at: AwareDatetime
    ends_at: AwareDatetime

    @model_validator(mode="after")
    def _in_order(self) -> "MaintenanceWindow":
        if self.ends_at <= self.begins_at:
            raise ValueError("maintenance must end after it begins")
        return self


@dataclass(slots=True)
class Maintenance:
    """What the file says now; a file that cannot be read means no maintenance, and a warning in the log."""

    file: Path | None
    clock: Clock
    _read_at: float = 0.0
    _window: MaintenanceWindow | None = None

    def running(self) -> MaintenanceWindow | None:
        """The window that is open now."""
        window, now = self._current(), self.clock.now()
        return window if window and window.begins_at <= now < window.ends_at else None

    def ahead(self) -> MaintenanceWindow | None:
        """The window that has not begun."""
        window, now = self._current(), self.clock.now()
        return window if window and now < window.begins_at else None

    def _current(self) -> MaintenanceWindow | None:
        if self.file is None:
            return None
        try:
            changed_at = self.file.stat().st_mtime
        except OSError:
            return None
        if changed_at != self._read_at:
            self._read_at, self._window = changed_at, _read(self.file)
        return self._window


def _read(file: Path) -> MaintenanceWindow | None:
    try:
        return MaintenanceWindow.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        logger.warning("maintenance-file-unreadable", file=str(file), error=type(error).__name__)
        return None


class MaintenanceGate:
    """ASGI middleware: while maintenance runs, every page answers 503 with the instant of reopening."""

    def __init__(self, app: ASGIApp, maintenance: Maintenance, environment: Environment) -> None:
        self._app = app
        self._maintenance = maintenance
        self._environment = environment

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer in its place."""
        window = self._maintenance.running() if scope["type"] == "http" else None
        if window is None or scope["path"].startswith(OPEN_PREFIXES):
            await self._app(scope, receive, send)
            return
        await self._answer(scope["path"], window.ends_at)(scope, receive, send)

    def _answer(self, path: str, ends_at: datetime) -> Response:
        seconds = max(1, int((ends_at - self._maintenance.clock.now()).total_seconds()))
        headers = {"Retry-After": str(seconds)}
        if path.startswith(API_PREFIX):
            return problem_answer(HTTPStatus.SERVICE_UNAVAILABLE, "maintenance", headers=headers)
        text = self._environment.get_template("maintenance.html").render(ends_at=ends_at)
        return HTMLResponse(text, HTTPStatus.SERVICE_UNAVAILABLE, headers)
