"""Handing mails to the mail server, and not asking a server that is away again and again."""

import asyncio
import time
from typing import Protocol

from services.notifier.domain.retry import Accepted, NotTried, SendOutcome
from services.notifier.mailer.connections import KeptConnection, PoolLimits, ServerAway, SmtpConnections, SmtpServer
from services.notifier.mailer.conversation import (
    Announcement,
    Conversation,
    Offer,
    OutgoingMail,
    announcement_of,
    offer_mail,
)
from shared.runtime.logs import get_log

PAUSES_SECONDS = (1.0, 60.0)
"""After the first failed connect, and at most."""

log = get_log()


class Mailer(Protocol):
    """Hands one mail to a mail server."""

    async def is_ready(self) -> bool:
        """Whether it makes sense to claim mails now; after an outage one connection is tried, no mail."""
        ...

    async def send_mail(
        self, sender: str, recipient: str, message: bytes, following: OutgoingMail | None = None
    ) -> SendOutcome:
        """One attempt; `following` is the mail that the caller will send next, where there is one.

        Never raises for what a mail server can do; programming errors do.
        """
        ...


class SmtpMailer:
    """Sends over a few kept connections. After a failed connect it rests: 1 s, doubling to a minute."""

    def __init__(
        self, server: SmtpServer, limits: PoolLimits, pauses_seconds: tuple[float, float] = PAUSES_SECONDS
    ) -> None:
        self._pauses = pauses_seconds
        self._connections = SmtpConnections(server, limits)
        self._permits = asyncio.Semaphore(limits.connections)
        self._probing = asyncio.Lock()
        self._announces_ahead = True
        self._is_away = False
        self._pause_seconds = 0.0
        self._away_until = 0.0

    async def is_ready(self) -> bool:
        """True while nothing is wrong; after an outage True once a connection has come about again."""
        if not self._is_away:
            return True
        if self._probing.locked() or self._is_resting():
            return False
        async with self._probing:
            kept = await self._open()
            if kept is not None:
                self._connections.give_back(kept, in_doubt=True)
            return kept is not None

    async def send_mail(
        self, sender: str, recipient: str, message: bytes, following: OutgoingMail | None = None
    ) -> SendOutcome:
        """One attempt over a kept or new connection. Raises UnsafeAddress."""
        announcement = announcement_of(sender, recipient)
        async with self._permits:
            if self._is_resting():
                return NotTried()
            kept = await self._take(announcement)
            if kept is None:
                return NotTried()
            offer = Offer(announcement, message, kept.announced is not None, self._ahead(kept, following))
            talk = await self._offer(kept, offer)
            if talk.reached_server or not kept.mails:
                return talk.outcome
            # The server had closed a kept connection meanwhile; on a new one the mail is offered for the first time.
            fresh = await self._open()
            return (await self._offer(fresh, Offer(announcement, message))).outcome if fresh else NotTried()

    async def close(self) -> None:
        """Leave the mail server."""
        await self._connections.close()

    def _ahead(self, kept: KeptConnection, following: OutgoingMail | None) -> Announcement | None:
        """What is said together with the content, to save the next mail a journey there and back."""
        if following is None or not self._announces_ahead or not self._connections.goes_on(kept):
            return None
        return announcement_of(following.sender, following.recipient)

    async def _offer(self, kept: KeptConnection, offer: Offer) -> Conversation:
        try:
            talk = await offer_mail(kept.dialogue, offer)
        except BaseException:
            self._connections.drop(kept)
            raise
        if talk.reusable:
            accepted = isinstance(talk.outcome, Accepted)
            self._connections.give_back(kept, in_doubt=not accepted, announced=offer.following if accepted else None)
        else:
            self._connections.drop(kept)
        if talk.lost_step:
            log.warning("mail server loses what is said ahead; it is told one mail after the other")
            self._announces_ahead = False
        if isinstance(talk.outcome, NotTried):
            self._rest("the mail server asks for login or TLS")
        return talk

    async def _take(self, announcement: Announcement) -> KeptConnection | None:
        try:
            return self._works(await self._connections.take(announcement))
        except ServerAway as reason:
            self._rest(str(reason))
            return None

    async def _open(self) -> KeptConnection | None:
        try:
            return self._works(await self._connections.open())
        except ServerAway as reason:
            self._rest(str(reason))
            return None

    def _is_resting(self) -> bool:
        return time.monotonic() < self._away_until

    def _works(self, kept: KeptConnection) -> KeptConnection:
        if self._is_away:
            log.info("mail server answers again")
        self._is_away, self._pause_seconds = False, 0.0
        return kept

    def _rest(self, reason: str) -> None:
        if not self._is_away:
            log.warning("mail server away", reason=reason)
        first, longest = self._pauses
        self._is_away, self._pause_seconds = True, min(max(self._pause_seconds * 2, first), longest)
        self._away_until = time.monotonic() + self._pause_seconds
