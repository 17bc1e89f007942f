"""The only SMTP: a small pool of kept connections, and the outcome of one attempt told apart by phase."""

import asyncio
import ssl
from dataclasses import dataclass
from typing import Literal, Protocol

import aiosmtplib

from services.notifier.domain.retry import Accepted, Refused, RefusedForNow, ReplyLost, SendOutcome

SmtpSecurity = Literal["none", "starttls", "implicit"]


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed in."""

    host: str
    port: int
    security: SmtpSecurity = "none"
    username: str | None = None
    password: str | None = None
    timeout_seconds: float = 30.0


class Mailer(Protocol):
    """Hands one mail to a mail server."""

    async def send_mail(self, sender: str, recipient: str, message: bytes) -> SendOutcome:
        """One attempt. Never raises for what a mail server can do; programming errors do."""
        ...


class SmtpMailer:
    """Sends over at most `connections` kept connections; one that has shown any doubt is dropped."""

    def __init__(self, server: SmtpServer, connections: int) -> None:
        self._server = server
        self._permits = asyncio.Semaphore(connections)
        self._idle: list[aiosmtplib.SMTP] = []

    async def send_mail(self, sender: str, recipient: str, message: bytes) -> SendOutcome:
        """One attempt over a kept or new connection."""
        async with self._permits:
            client = await self._connected()
            if client is None:
                return RefusedForNow()
            outcome = await _transact(client, sender, recipient, message)
            if isinstance(outcome, Accepted):
                self._idle.append(client)
            else:
                client.close()
            return outcome

    async def close(self) -> None:
        """Drop every kept connection."""
        while self._idle:
            self._idle.pop().close()

    async def _connected(self) -> aiosmtplib.SMTP | None:
        while self._idle:
            client = self._idle.pop()
            if await _is_alive(client):
                return client
        return await self._connect()

    async def _connect(self) -> aiosmtplib.SMTP | None:
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            timeout=server.timeout_seconds,
            use_tls=server.security == "implicit",
            start_tls=server.security == "starttls",
            tls_context=None if server.security == "none" else ssl.create_default_context(),
            username=server.username,
            password=server.password,
        )
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError):
            # Whatever went wrong (silence, TLS, login), the mail waits: it never falls back to clear text.
            client.close()
            return None
        return client


async def _is_alive(client: aiosmtplib.SMTP) -> bool:
    try:
        await client.rset()
    except (aiosmtplib.SMTPException, OSError):
        client.close()
        return False
    return True


async def _transact(client: aiosmtplib.SMTP, sender: str, recipient: str, message: bytes) -> SendOutcome:
    try:
        await client.mail(sender)
        await client.rcpt(recipient)
    except aiosmtplib.SMTPResponseException as error:
        return _refusal(error.code)
    except (aiosmtplib.SMTPException, OSError):
        return RefusedForNow()
    try:
        await client.data(message)
    except aiosmtplib.SMTPResponseException as error:
        return _refusal(error.code)
    except (aiosmtplib.SMTPException, OSError):
        return ReplyLost()
    return Accepted()


def _refusal(code: int) -> RefusedForNow | Refused:
    # 421 closes the connection, any other 4xx refuses for now; both are tried again.
    return Refused(code) if code >= 500 else RefusedForNow(code)
