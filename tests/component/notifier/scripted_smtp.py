"""A mail server on loopback that answers as a test tells it to, and keeps what it accepted."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

DROP = "drop"
RESET = "reset"
SILENCE = "silence"

Answer = Callable[[str], str | None]
"""From what was said to a reply, DROP, RESET, SILENCE, or None for the usual one.

What was said is `greeting`, a command line (`EHLO …`, `STARTTLS`, `AUTH …`, `MAIL …`, `RCPT …`, `DATA`, `RSET`), or `.`
for the end of a mail.
"""
USUAL = {
    "GREETING": "220 scripted",
    "STARTTLS": "220 go on",
    "AUTH": "235 welcome",
    "DATA": "354 go on",
    ".": "250 taken",
}


def fail_at(stage: str, reply: str, times: int = 1_000_000) -> Answer:
    """The first `times` times that this is said, that reply; afterwards all is well."""
    left = [times]

    def answer(said: str) -> str | None:
        if not said.upper().startswith(stage.upper()) or left[0] <= 0:
            return None
        left[0] -= 1
        return reply

    return answer


@dataclass
class ScriptedSmtp:
    """What arrived; `answer` may be replaced while the server runs."""

    answer: Answer = lambda _said: None
    tls: ssl.SSLContext | None = None
    offers: tuple[str, ...] = ()
    accepted: list[tuple[str, bytes]] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    said_in_clear: list[str] = field(default_factory=list)
    connections: int = 0
    lost_replies: int = 0
    empty_contents: int = 0
    port: int = 0

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await _Talk(self, reader, writer).run()
        writer.close()

    def reply_to(self, said: str) -> str:
        told = self.answer(said)
        if told is not None:
            return told
        verb = said.split(" ")[0].upper()
        if verb == "EHLO":
            return "\r\n".join(["250-scripted", *(f"250-{offer}" for offer in self.offers), "250 HELP"])
        return USUAL.get(verb, "250 ok")

    def forget(self) -> None:
        """What was accepted so far, and how to answer."""
        self.accepted.clear()
        self.senders.clear()
        self.lost_replies, self.answer = 0, lambda _said: None

    def copies(self) -> list[bytes]:
        """Contents in the order they were accepted."""
        return [content for _, content in self.accepted]


class _Talk:
    """One connection."""

    def __init__(self, script: ScriptedSmtp, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._script, self._reader, self._writer = script, reader, writer
        self._recipient = self._sender = ""

    async def run(self) -> None:
        if not await self._say("greeting"):
            return
        while line := (await self._reader.readline()).decode().strip():
            verb = line.split(" ")[0].upper()
            if self._writer.get_extra_info("ssl_object") is None:
                self._script.said_in_clear.append(verb)
            self._note(verb, line)
            if verb == "QUIT" or not await self._say(line):
                return
            if verb == "STARTTLS" and self._script.tls is not None:
                await self._writer.start_tls(self._script.tls)
            if verb == "DATA" and self._reply.startswith("354") and not await self._take():
                return

    def _note(self, verb: str, line: str) -> None:
        path = line.partition("<")[2].partition(">")[0]
        if verb == "MAIL":
            self._sender = path
        if verb == "RCPT":
            self._recipient = path

    async def _take(self) -> bool:
        content = b""
        while (line := await self._reader.readuntil(b"\n")) != b".\r\n":
            content += line
        if not content:
            # What a client says that was told to go on although its recipient was refused.
            self._script.empty_contents += 1
            return await self._send("554 no valid recipients")
        reply = self._script.reply_to(".")
        if reply in (DROP, RESET, SILENCE) or reply.startswith("2"):
            self._script.accepted.append((self._recipient, content.replace(b"\r\n..", b"\r\n.")))
            self._script.senders.append(self._sender)
        self._script.lost_replies += reply in (DROP, RESET, SILENCE)
        return await self._send(reply)

    async def _say(self, said: str) -> bool:
        return await self._send(self._script.reply_to(said))

    async def _send(self, reply: str) -> bool:
        self._reply = reply
        if reply == RESET:
            self._writer.transport.abort()
        if reply == SILENCE:
            await self._reader.read()
        if reply in (DROP, RESET, SILENCE):
            return False
        self._writer.write(f"{reply}\r\n".encode())
        await self._writer.drain()
        return True


@asynccontextmanager
async def scripted_smtp(
    *, tls: ssl.SSLContext | None = None, implicit: bool = False, offers: tuple[str, ...] = ()
) -> AsyncIterator[ScriptedSmtp]:
    """A running server on a free port; `implicit` speaks TLS from the first byte, else STARTTLS does."""
    script = ScriptedSmtp(tls=tls, offers=offers)
    server = await asyncio.start_server(script.converse, "127.0.0.1", 0, ssl=tls if implicit else None)
    script.port = server.sockets[0].getsockname()[1]
    try:
        yield script
    finally:
        server.close()
