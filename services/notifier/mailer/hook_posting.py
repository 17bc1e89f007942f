"""One POST to a receiver of hooks: bounded in time, no redirect followed, no answer's body kept."""

import asyncio
import logging
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx2

from services.notifier.domain.hooks import Answer
from services.notifier.mailer.hook_addresses import ForbiddenAddress, resolve

DEFAULT_PORTS = {"https": 443, "http": 80}
LONGEST_WAIT = timedelta(hours=24)
FIXED_HEADERS = {"content-type": "application/json; charset=utf-8", "user-agent": "nss-hooks/1", "accept": "*/*"}

# The client's line at every request would put the receivers' addresses, with what they hold, into our log.
logging.getLogger("httpx2").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Posting:
    """How receivers are called. `timeout_seconds` bounds all of an attempt, from the name's look-up to the status."""

    timeout_seconds: float = 10.0
    private_allowed: bool = False
    trust: ssl.SSLContext = field(default_factory=httpx2.create_ssl_context)
    """Authorities of receivers; made once, for that takes as long as several posts."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """What became of it; never raises for anything a receiver does."""
        began = time.monotonic()
        answer = await self._answer(url, headers, body)
        return replace(answer, milliseconds=int((time.monotonic() - began) * 1000))

    async def _answer(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        try:
            async with asyncio.timeout(self.timeout_seconds):
                status, retry_after = await self._send(url, headers, body)
        except ForbiddenAddress:
            return Answer("forbidden")
        except (TimeoutError, httpx2.TimeoutException):
            return Answer("timeout")
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, UnicodeError):
            return Answer("unreachable")
        return Answer(_outcome_of(status), status, retry_after)

    async def _send(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, timedelta | None]:
        parts = urlsplit(url)
        assert parts.hostname is not None
        port = parts.port or DEFAULT_PORTS[parts.scheme]
        address = await resolve(parts.hostname, port, private_allowed=self.private_allowed)
        # The judged address is called; name and certificate stay those of the receiver.
        called = httpx2.URL(url).copy_with(host=address, port=port)
        request = httpx2.Request(
            "POST", called, content=body, headers={**FIXED_HEADERS, **headers, "host": parts.netloc},
            extensions={"sni_hostname": parts.hostname},
        )  # fmt: skip
        async with self._client() as client:
            answer = await client.send(request, stream=True)
            try:
                return answer.status_code, _retry_after(answer.headers.get("retry-after"))
            finally:
                # The body is not read: it may have no end, and nothing in it is wanted.
                await answer.aclose()

    def _client(self) -> httpx2.AsyncClient:
        """A new one for each attempt: no cookie, no connection and no proxy is shared between receivers."""
        return httpx2.AsyncClient(
            verify=self.trust, trust_env=False, follow_redirects=False, timeout=self.timeout_seconds
        )  # fmt: skip


def _outcome_of(status: int) -> str:
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return "delivered"
    return "gone" if status == HTTPStatus.GONE else "refused"


def _retry_after(text: str | None) -> timedelta | None:
    """Seconds alone; the date form is hardly used, and the back-off does without."""
    if text is None or not text.isascii() or not text.isdigit():
        return None
    return min(timedelta(seconds=int(text[:9])), LONGEST_WAIT)
