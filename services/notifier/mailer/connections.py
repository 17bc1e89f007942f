"""Kept SMTP connections: a few, each for a while, asked whether it still lives where there is doubt; TLS or nothing."""

import asyncio
import contextlib
import ssl
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

import aiosmtplib

from services.notifier.mailer.conversation import Announcement
from services.notifier.mailer.dialogue import ConnectionOver, Dialogue

SmtpSecurity = Literal["none", "starttls", "implicit"]
CONNECTION_ERRORS = (aiosmtplib.SMTPException, OSError)


class ServerAway(ConnectionError):
    """No conversation came about: no answer, a refusal in the greeting, no TLS, or no login. The text is the reason."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed in, and how. `ca_file` names the authorities of a server with a private certificate."""

    host: str
    port: int
    security: SmtpSecurity = "none"
    username: str | None = None
    password: str | None = None
    ca_file: Path | None = None
    timeout_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """How many connections, and how long one is used."""

    connections: int = 4
    longest_age_seconds: float = 300.0
    most_mails: int = 200
    trusted_idle_seconds: float = 5.0
    """A connection that has rested longer is asked (RSET) before it is used."""


@dataclass(slots=True)
class KeptConnection:
    """An open connection and what is known of it."""

    dialogue: Dialogue
    opened_at: float
    used_at: float
    mails: int = 0
    in_doubt: bool = False
    """Its last mail was refused: the conversation has to be reset."""
    announced: Announcement | None = None
    """Said ahead: the connection serves this mail and no other."""


class SmtpConnections:
    """Opens connections and keeps idle ones."""

    def __init__(self, server: SmtpServer, limits: PoolLimits) -> None:
        self._server = server
        self._limits = limits
        self._idle: list[KeptConnection] = []
        # Read once: a missing file ends the start, not a mail.
        self._context = None if server.security == "none" else ssl.create_default_context(cafile=server.ca_file)

    async def take(self, announcement: Announcement) -> KeptConnection:
        """The kept connection that knows of this mail, any other, or a new one. Raises ServerAway."""
        while self._idle:
            # What was announced to somebody else is given up last, so that there are never more than allowed.
            kept = max(reversed(self._idle), key=lambda idle: (idle.announced == announcement, idle.announced is None))
            self._idle.remove(kept)
            if kept.announced in (None, announcement) and await self._is_good(kept):
                return kept
            self.drop(kept)
        return await self.open()

    def give_back(self, kept: KeptConnection, *, in_doubt: bool = False, announced: Announcement | None = None) -> None:
        """Keep the connection for the next mail, or the one that was announced."""
        kept.used_at, kept.in_doubt, kept.mails = time.monotonic(), in_doubt, kept.mails + 1
        kept.announced = announced
        self._idle.append(kept)

    def goes_on(self, kept: KeptConnection) -> bool:
        """Whether it takes groups, and another mail after the one in hand."""
        return kept.dialogue.takes_groups and kept.mails + 1 < self._limits.most_mails

    def drop(self, kept: KeptConnection) -> None:
        """Close without a word."""
        kept.dialogue.close()

    async def open(self) -> KeptConnection:
        """A new connection, greeted, encrypted and logged in as the settings ask. Raises ServerAway."""
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            timeout=server.timeout_seconds,
            use_tls=server.security == "implicit",
            start_tls=server.security == "starttls",
            tls_context=self._context,
            username=server.username,
            password=server.password,
        )
        try:
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
            dialogue = self._taken_over(client)
        except (*CONNECTION_ERRORS, ValueError) as error:
            # Whatever went wrong, the mail waits: it never falls back to clear text.
            with contextlib.suppress(*CONNECTION_ERRORS):
                client.close()
            raise ServerAway(type(error).__name__) from error
        now = time.monotonic()
        return KeptConnection(dialogue, now, now)

    async def close(self) -> None:
        """Say goodbye on every idle connection."""
        while self._idle:
            kept = self._idle.pop()
            # Where a content is awaited, a word would be taken for its beginning.
            if kept.announced is None:
                await kept.dialogue.quit()
            self.drop(kept)

    def _taken_over(self, client: aiosmtplib.SMTP) -> Dialogue:
        if client.transport is None:
            raise ConnectionOver("closed after its greeting")
        transport = cast(asyncio.Transport, client.transport)
        return Dialogue(transport, self._server.timeout_seconds, takes_groups=client.supports_extension("pipelining"))

    async def _is_good(self, kept: KeptConnection) -> bool:
        now, limits = time.monotonic(), self._limits
        if kept.mails >= limits.most_mails or now - kept.opened_at > limits.longest_age_seconds:
            return False
        is_fresh = not kept.in_doubt and now - kept.used_at < limits.trusted_idle_seconds
        if kept.announced is not None:
            return is_fresh and kept.dialogue.is_open
        if not kept.dialogue.is_quiet:
            return False
        if is_fresh:
            return True
        try:
            return await kept.dialogue.reset()
        except ConnectionOver:
            return False
