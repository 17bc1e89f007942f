"""A mailbox's owner with a real POP3 client before a real Dovecot, configured as `deploy/dovecot` does it."""

import asyncio
import poplib
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

LOOPBACK = "127.0.0.1"
PATIENCE_SECONDS = 30.0
WITHIN_SECONDS = 1.0
"""How soon the mail server must follow the ledger."""
BUSY = 10
"""On a machine that has other work, it may take so many times as long."""

needs_dovecot = pytest.mark.skipif(
    shutil.which("dovecot") is None or not Path("/usr/lib/dovecot/modules/auth/libdriver_pgsql.so").exists(),
    reason="Dovecot is missing (Debian: apt-get install dovecot-pop3d dovecot-pgsql)",
)


@dataclass(frozen=True, slots=True)
class Pop3Door:
    """The POP3 port of one mail server."""

    port: int

    async def session(self, mailbox: str, password: str) -> poplib.POP3:
        """An open session. Raises poplib.error_proto when the login is refused."""
        return await asyncio.to_thread(self._log_in, mailbox, password)

    async def accepts(self, mailbox: str, password: str) -> bool:
        """Whether the login is let in; one that is, is so at the first try and within a second."""
        asked = time.monotonic()
        try:
            (await self.session(mailbox, password)).quit()
            assert time.monotonic() - asked < BUSY * WITHIN_SECONDS
            return True
        except poplib.error_proto as refusal:
            assert b"AUTH" in refusal.args[0], refusal  # noqa: PT017  the code is what clients act on
            return False

    def _log_in(self, mailbox: str, password: str) -> poplib.POP3:
        session = poplib.POP3(LOOPBACK, self.port, timeout=PATIENCE_SECONDS)
        session.user(mailbox)
        session.pass_(password)
        return session
