"""Where the mail server returns undeliverable mails: a small LMTP listener (RFC 2033) that also understands SMTP.

It is meant for the installation's own mail server on a private network: it relays nothing, knows no login, takes any
recipient and hands each copy to one function, whose answer it gives. Limits: lines of 4 KiB, mails of 1 MiB, 100
recipients, 20 connections, a minute of silence.
"""

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from shared.runtime.logs import get_log

LONGEST_LINE_BYTES = 4096
LARGEST_MAIL_BYTES = 1024 * 1024
MOST_RECIPIENTS = 100
MOST_CONNECTIONS = 20
SILENCE_SECONDS = 60.0
PATH = re.compile(r"(?:FROM|TO):\s*<([^<>\s]*)>", re.IGNORECASE)

log = get_log()


@dataclass(frozen=True, slots=True)
class LmtpReply:
    """What the mail server is told about one recipient: 250 done, 4xx come again, 5xx never."""

    code: int
    text: str

    def line(self) -> bytes:
        """As it goes over the wire."""
        return f"{self.code} {self.text}\r\n".encode("ascii")


OK = LmtpReply(250, "2.0.0 ok")
GREETING = LmtpReply(220, "bounce intake")
GO_ON = LmtpReply(354, "end with a dot")
BYE = LmtpReply(221, "2.0.0 bye")
UNKNOWN = LmtpReply(500, "5.5.2 not understood")
OUT_OF_ORDER = LmtpReply(503, "5.5.1 not now")
BAD_PATH = LmtpReply(501, "5.5.4 no address")
TOO_MANY = LmtpReply(452, "4.5.3 too many recipients")
TOO_LARGE = LmtpReply(552, "5.3.4 too large")
BUSY = LmtpReply(421, "4.3.2 busy")
LATER = LmtpReply(451, "4.3.0 not stored, come again")

TakeMail = Callable[[str, bytes], Awaitable[LmtpReply]]
"""From recipient and content to the reply; it must be durable before it says 250."""


@dataclass(slots=True)
class _Session:
    per_recipient: bool = False
    from_given: bool = False
    recipients: list[str] = field(default_factory=list)

    def reset(self) -> None:
        self.from_given = False
        self.recipients.clear()


class BounceIntake:
    """Listens until closed."""

    def __init__(self, host: str, port: int, take: TakeMail) -> None:
        self._host, self._port, self._take = host, port, take
        self._server: asyncio.Server | None = None
        self._open = 0

    @property
    def port(self) -> int:
        """Where it listens; 0 before it does."""
        return int(self._server.sockets[0].getsockname()[1]) if self._server else 0

    async def listen(self) -> None:
        """Begin, unless it has begun. Raises OSError when the port is taken."""
        if self._server is None:
            self._server = await asyncio.start_server(self._converse, self._host, self._port, limit=LONGEST_LINE_BYTES)

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError, ValueError):
                await self._talk(reader, writer)
        finally:
            self._open -= 1
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._open > MOST_CONNECTIONS:
            await _say(writer, BUSY)
            return
        session = _Session()
        await _say(writer, GREETING)
        while line := await _read_line(reader):
            verb, _, rest = line.decode("ascii", "replace").strip().partition(" ")
            if verb.upper() == "QUIT":
                await _say(writer, BYE)
                return
            if verb.upper() == "DATA":
                await self._take_content(session, reader, writer)
            else:
                await _say(writer, _answer(session, verb.upper(), rest))

    async def _take_content(
        self, session: _Session, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if not session.recipients:
            await _say(writer, OUT_OF_ORDER)
            return
        await _say(writer, GO_ON)
        content = await _read_content(reader)
        replies = [await self._reply(recipient, content) for recipient in session.recipients]
        for reply in replies if session.per_recipient else [_worst(replies)]:
            await _say(writer, reply)
        session.reset()

    async def _reply(self, recipient: str, content: bytes | None) -> LmtpReply:
        if content is None:
            return TOO_LARGE
        try:
            return await self._take(recipient, content)
        except Exception as error:
            # The mail server keeps what we do not confirm; one bad mail must not end the listener.
            log.error("bounce not taken", error=type(error).__name__)
            return LATER


def _answer(session: _Session, verb: str, rest: str) -> LmtpReply:
    match verb:
        case "LHLO" | "EHLO" | "HELO":
            session.reset()
            session.per_recipient = verb == "LHLO"
            return OK
        case "MAIL" | "RCPT":
            return _note_path(session, verb, rest)
        case "RSET" | "NOOP":
            if verb == "RSET":
                session.reset()
            return OK
        case _:
            return UNKNOWN


def _note_path(session: _Session, verb: str, rest: str) -> LmtpReply:
    found = PATH.match(rest)
    if found is None:
        return BAD_PATH
    if verb == "MAIL":
        session.reset()
        session.from_given = True
        return OK
    if not session.from_given or not found.group(1):
        return OUT_OF_ORDER
    if len(session.recipients) >= MOST_RECIPIENTS:
        return TOO_MANY
    session.recipients.append(found.group(1))
    return OK


def _worst(replies: list[LmtpReply]) -> LmtpReply:
    """SMTP has one reply for all: come again if anybody's copy was not stored."""
    order = {4: 0, 5: 1, 2: 2}
    return min(replies, key=lambda reply: order[reply.code // 100])


async def _read_line(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(SILENCE_SECONDS):
        return await reader.readline()


async def _read_content(reader: asyncio.StreamReader) -> bytes | None:
    """The mail without its dots; None where it was too large, after the whole of it has been read."""
    lines: list[bytes] = []
    size = 0
    while (line := await _read_line(reader)) != b".\r\n":
        if not line:
            raise asyncio.IncompleteReadError(b"", None)
        size += len(line)
        if size <= LARGEST_MAIL_BYTES:
            lines.append(line.removeprefix(b"."))
    return b"".join(lines) if size <= LARGEST_MAIL_BYTES else None


async def _say(writer: asyncio.StreamWriter, reply: LmtpReply) -> None:
    writer.write(reply.line())
    await writer.drain()
