"""A receiver of hooks that does what a test asks for, and the check of signatures as the standard describes it."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

HANG = 0
"""Takes the post and never answers."""
ENDLESS = -1
"""Answers 200 with a body that has no end."""
TOLERANCE_SECONDS = 300
PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Received:
    """One post as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def data(self) -> Any:
        """The body."""
        return json.loads(self.body)


@dataclass
class Receiver:
    """`answers` are used up one by one, then `status` is given; `more` are further header lines."""

    port: int = 0
    status: int = 200
    more: str = ""
    answers: list[int] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    refuses: Mapping[str, int] = field(default_factory=dict)
    """Statuses for posts about these subjects."""
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://localhost:{self.port}/hooks?from=nss"

    @property
    def ids(self) -> list[str]:
        """Ids in the order of arrival."""
        return [post.headers["webhook-id"] for post in self.received]

    async def comes(self, count: int) -> None:
        """Returns when so many posts have come. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.received) < count:
                self._came.clear()
                await self._came.wait()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one post."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers["content-length"]))
            self.received.append(Received(head[0].split(" ")[1], headers, body, time.monotonic()))
            self._came.set()
            await self._answer(writer, self._status_for(body))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _status_for(self, body: bytes) -> int:
        refused = self.refuses.get(json.loads(body)["subject"])
        if refused is not None:
            return refused
        return self.answers.pop(0) if self.answers else self.status

    async def _answer(self, writer: asyncio.StreamWriter, status: int) -> None:
        if status == HANG:
            await asyncio.sleep(3600)
        writer.write(f"HTTP/1.1 {200 if status == ENDLESS else status} X\r\n{self.more}".encode())
        if status == ENDLESS:
            writer.write(b"transfer-encoding: chunked\r\n\r\n")
            while True:
                writer.write(b"5\r\nhello\r\n")
                await asyncio.sleep(0)
                await writer.drain()
        writer.write(b"content-length: 0\r\n\r\n")
        await writer.drain()


@asynccontextmanager
async def a_receiver(**script: Any) -> AsyncIterator[Receiver]:
    """Listens until the block ends."""
    receiver = Receiver(**script)
    server = await asyncio.start_server(receiver.serve, "localhost", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()


def is_genuine(post: Received, secret: str, now: float) -> bool:
    """Verification as the Standard Webhooks specification gives it: known secret, fresh time, one signature fits."""
    message_id, timestamp = post.headers["webhook-id"], post.headers["webhook-timestamp"]
    if abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.".encode() + post.body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = [part.partition(",") for part in post.headers["webhook-signature"].split(" ")]
    return any(version == "v1" and hmac.compare_digest(signature, expected) for version, _, signature in given)
