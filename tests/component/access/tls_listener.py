"""A server that shows a certificate and notes what it is told after the handshake; it answers nothing."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.certificates import Certificate

Opening = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""What is said in clear before TLS begins."""


@dataclass(slots=True)
class Listener:
    """`connections` came, of these `accepted` the certificate; `heard` is what they said inside TLS."""

    port: int = 0
    connections: int = 0
    accepted: int = 0
    heard: list[bytes] = field(default_factory=list)


async def nothing(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """TLS from the first byte."""


async def postgres_opening(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The client asks for TLS (SSLRequest), the server agrees."""
    await reader.readexactly(8)
    writer.write(b"S")
    await writer.drain()


async def smtp_opening(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Greeting, EHLO, STARTTLS."""
    writer.write(b"220 here\r\n")
    await reader.readline()
    writer.write(b"250-here\r\n250 STARTTLS\r\n")
    await reader.readline()
    writer.write(b"220 go ahead\r\n")
    await writer.drain()


@asynccontextmanager
async def tls_listener(shown: Certificate, folder: Path, opening: Opening = nothing) -> AsyncIterator[Listener]:
    """Listens on every loopback name until the block ends."""
    listener, context = Listener(), _context(shown, folder)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        listener.connections += 1
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await opening(reader, writer)
            await writer.start_tls(context)
            listener.accepted += 1
            heard = await reader.read(1024)
            if heard:
                listener.heard.append(heard)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    listener.port = server.sockets[0].getsockname()[1]
    async with server:
        yield listener


def _context(shown: Certificate, folder: Path) -> ssl.SSLContext:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shown.pem").write_text(shown.key + shown.certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "shown.pem")
    return context
