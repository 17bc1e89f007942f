"""What is said on an open SMTP connection, and what is answered, reply by reply.

aiosmtplib opens, encrypts and logs in; from then on the words are ours: commands may be sent together (RFC 2920), a
reply costs one wake-up, and one that nobody asked for is noticed instead of being taken for the next.
"""

import asyncio
import contextlib
from collections import deque
from typing import NamedTuple

LONGEST_REPLY_BYTES = 32 * 1024
NO_SMTP = 0
"""The code of an answer that is no SMTP reply."""


class ConnectionOver(ConnectionError):
    """The connection is closed, or its server has been silent for too long."""


class Reply(NamedTuple):
    """The code, and all its lines as they came."""

    code: int
    lines: bytes

    @property
    def text(self) -> str:
        """What the lines say behind their codes."""
        return " ".join(line[4:].strip() for line in self.lines.decode("ascii", "replace").splitlines())


class Dialogue(asyncio.Protocol):
    """One conversation over a transport whose greeting is done."""

    def __init__(self, transport: asyncio.Transport, timeout_seconds: float, *, takes_groups: bool = False) -> None:
        """`takes_groups`: the server has offered PIPELINING."""
        self.takes_groups = takes_groups
        self.is_silent = False
        """A reply did not come although the connection is open."""
        self._transport = transport
        self._timeout = timeout_seconds
        self._loop = asyncio.get_running_loop()
        self._received = b""
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._is_over = False
        transport.set_protocol(self)

    @property
    def is_open(self) -> bool:
        """Whether more can be said."""
        return not (self._is_over or self._transport.is_closing())

    @property
    def is_quiet(self) -> bool:
        """Whether the connection is open and nothing came that was not asked for, like a farewell."""
        return self.is_open and not (self._replies or self._received)

    def say(self, words: bytes) -> None:
        """Send one or more whole commands, or a mail's content. Raises ConnectionOver if it cannot have left."""
        if not self.is_open:
            raise ConnectionOver("closed")
        self._transport.write(words)

    async def reply(self, patience: float = 1.0) -> Reply:
        """The next reply, awaited for that many ordinary time limits. Raises ConnectionOver."""
        if not self._replies:
            await self._wait(self._timeout * patience)
        if not self._replies:
            self.is_silent = self.is_open
            raise ConnectionOver("closed or silent")
        return self._replies.popleft()

    async def reset(self) -> bool:
        """Whether the server lives and has forgotten what was announced. Raises ConnectionOver."""
        self.say(b"RSET\r\n")
        return (await self.reply()).code == 250

    async def quit(self) -> None:
        """Say goodbye, and close."""
        with contextlib.suppress(ConnectionOver):
            self.say(b"QUIT\r\n")
            await self.reply()
        self.close()

    def close(self) -> None:
        """Close without a word."""
        self._end()
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Part of one reply, or several."""
        received = self._received + data
        begin = end = 0
        while (newline := received.find(b"\n", end)) >= 0:
            if received[end + 3 : end + 4] != b"-":
                self._replies.append(Reply(_code(received[end : end + 3]), received[begin : newline + 1]))
                begin = newline + 1
            end = newline + 1
        self._received = received[begin:]
        if len(self._received) > LONGEST_REPLY_BYTES:
            self._received = b""
            self._replies.append(Reply(NO_SMTP, b""))
        if self._replies:
            self._wake()

    def connection_lost(self, _exc: Exception | None) -> None:
        """Whoever waits learns it; what came before is still read."""
        self._end()

    async def _wait(self, seconds: float) -> None:
        if self._is_over:
            return
        self._waiter = self._loop.create_future()
        # A timer instead of asyncio.timeout: every mail waits like this.
        timer = self._loop.call_later(seconds, self._wake)
        try:
            await self._waiter
        finally:
            timer.cancel()
            self._waiter = None

    def _end(self) -> None:
        self._is_over = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _code(digits: bytes) -> int:
    return int(digits) if digits.isdigit() and len(digits) == 3 else NO_SMTP
