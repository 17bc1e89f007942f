"""Counts and times the requests of a service's pages by route template, never by the address that was asked for."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.runtime import metrics

OTHER = "other"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Measured:
    """ASGI middleware around a service's pages."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and count its answer; one that raised counts as 500."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.monotonic(), 500

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, note_status)
        finally:
            route = getattr(scope.get("route"), "path", "") or OTHER
            method = scope["method"] if scope["method"] in METHODS else OTHER
            metrics.WEB_REQUESTS.labels(self._service, route, method, str(status)).inc()
            metrics.WEB_REQUEST_SECONDS.labels(self._service, route).observe(time.monotonic() - began)
