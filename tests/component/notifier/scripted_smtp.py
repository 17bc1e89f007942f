"""A mail server on loopback that answers as a test tells it to, and keeps what it accepted."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

DROP = "drop"

Answer = Callable[[str], str | None]
"""From a command line (`MAIL …`, `RCPT …`, `DATA`, or `.` for the end of a mail) to a reply, DROP, or None for 250."""


@dataclass
class ScriptedSmtp:
    """What arrived; `answer` may be replaced while the server runs."""

    answer: Answer = lambda _command: None
    accepted: list[tuple[str, bytes]] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        recipient = ""
        writer.write(b"220 scripted\r\n")
        while line := (await reader.readline()).decode().strip():
            command = line.split(" ")[0].upper()
            if command == "QUIT":
                break
            if command == "RCPT":
                recipient = line.partition("<")[2].rstrip(">")
            reply = self._reply(line, command)
            if reply == DROP:
                break
            writer.write(f"{reply}\r\n".encode())
            if command == "DATA" and reply.startswith("354") and not await self._content(reader, writer, recipient):
                break
        writer.close()

    def _reply(self, line: str, command: str) -> str:
        told = self.answer(line)
        if told is not None:
            return told
        return {"EHLO": "250 scripted", "DATA": "354 go on"}.get(command, "250 ok")

    async def _content(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, recipient: str) -> bool:
        content = await reader.readuntil(b"\r\n.\r\n")
        reply = self.answer(".") or "250 taken"
        if reply in (DROP, "250 taken"):
            self.accepted.append((recipient, content))
        if reply == DROP:
            return False
        writer.write(f"{reply}\r\n".encode())
        return True


@asynccontextmanager
async def scripted_smtp() -> AsyncIterator[ScriptedSmtp]:
    """A running server on a free port."""
    script = ScriptedSmtp()
    server = await asyncio.start_server(script.converse, "127.0.0.1", 0)
    script.port = server.sockets[0].getsockname()[1]
    try:
        yield script
    finally:
        server.close()
