"""How often one client may change something: counted in this process, by the hour."""

import time
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus

from starlette.exceptions import HTTPException

WINDOW_SECONDS = 3600.0


class RequestLimit:
    """At most `limit` requests per key and hour; every process counts for itself, so replicas multiply it.

    It stops a client that has run wild; it is no fence against a determined one.
    """

    def __init__(self, limit: int, now: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._now = now
        self._window_ends = now() + WINDOW_SECONDS
        self._counts: Counter[str] = Counter()

    def take(self, key: str) -> None:
        """Count one request. Raises HTTPException 429 that says in how many seconds the next is accepted."""
        now = self._now()
        if now >= self._window_ends:
            self._counts.clear()
            self._window_ends = now + WINDOW_SECONDS
        self._counts[key] += 1
        if self._counts[key] > self._limit:
            seconds = max(1, round(self._window_ends - now))
            raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": str(seconds)})
