"""Refuses state-changing requests that another site made the browser send: Fetch Metadata first, then Origin.

A browser sends at least one of the two with every POST. A script that logs in with a cookie must send `Origin`.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.runtime.web.errors import ErrorAnswers

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITES = frozenset({"same-origin", "none"})


class CsrfCheck:
    """ASGI middleware; the paths in `foreign_post_paths` carry their own proof and are let through."""

    def __init__(self, app: ASGIApp, base_url: str, foreign_post_paths: Sequence[str], answers: ErrorAnswers) -> None:
        self._app = app
        self._origin = origin_of(base_url)
        self._foreign_post_paths = frozenset(foreign_post_paths)
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403."""
        if scope["type"] != "http" or self._is_allowed(scope):
            await self._app(scope, receive, send)
            return
        refusal = self._answers.answer(scope, 403, code="foreign_request")
        await refusal(scope, receive, send)

    def _is_allowed(self, scope: Scope) -> bool:
        if scope["method"] in SAFE_METHODS or scope["path"] in self._foreign_post_paths:
            return True
        return is_own_request(Headers(scope=scope), self._origin)


def is_own_request(headers: Headers, own_origin: str) -> bool:
    """Whether a state-changing request comes from our own pages, or from a client that holds no cookie."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in OWN_SITES
    origin = headers.get("origin")
    if origin is not None:
        return origin == own_origin
    return "cookie" not in headers


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL, as browsers write them in `Origin`."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
