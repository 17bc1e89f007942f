"""One mail over one open SMTP connection, its outcome told apart by stage: before the content a break-off is harmless,
after it the mail may have arrived."""

import re
from dataclasses import dataclass

import aiosmtplib

from services.notifier.domain.addresses import checked_address
from services.notifier.domain.retry import Accepted, NotTried, Refused, RefusedForNow, ReplyLost, SendOutcome

CONNECTION_ERRORS = (aiosmtplib.SMTPException, OSError)
TAKEN, CLOSING = 250, 421
EXPECTED = ((TAKEN,), (TAKEN, 251, 252), (354,))
"""Replies to MAIL, RCPT and DATA that mean go on."""
OUR_FAULT = frozenset({530, 534, 535, 538})
"""Login or TLS is asked for: the installation is wrong, not the mail."""
DEAD_ADDRESS = re.compile(r"\b5\.1\.\d{1,3}\b")
FINAL_REPLY_TIMEOUTS = 4
"""The reply to the content may take this many ordinary time limits: giving up on it means a second copy."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """What came of it, and whether the connection may be used again."""

    outcome: SendOutcome
    reusable: bool
    reached_server: bool = True
    """False where a kept connection turned out to be dead before anything was said on it."""


async def offer_mail(client: aiosmtplib.SMTP, sender: str, recipient: str, message: bytes) -> Conversation:
    """MAIL, RCPT, DATA and the content. Never raises for what a mail server can do. Raises UnsafeAddress."""
    refused = await _announce(client, sender, recipient)
    return refused or await _hand_over(client, message)


async def _announce(client: aiosmtplib.SMTP, sender: str, recipient: str) -> Conversation | None:
    """The envelope; None when the server waits for the content."""
    commands = (
        b"MAIL FROM:<%b>" % checked_address(sender).encode(),
        b"RCPT TO:<%b>" % checked_address(recipient).encode(),
        b"DATA",
    )
    begun = False
    try:
        # Not the library's own `mail` and `rcpt`: they parse the addresses once more, for half the price of a mail.
        for command, expected in zip(commands, EXPECTED, strict=True):
            reply = await client.execute_command(command)
            if reply.code not in expected:
                return _refused(reply.code, reply.message, reached_server=begun or reply.code != CLOSING)
            begun = True
    except aiosmtplib.SMTPResponseException:
        return Conversation(RefusedForNow(), reusable=False)
    except CONNECTION_ERRORS:
        return Conversation(RefusedForNow(), reusable=False, reached_server=begun)
    return None


async def _hand_over(client: aiosmtplib.SMTP, message: bytes) -> Conversation:
    protocol = client.protocol
    if protocol is None:
        return Conversation(RefusedForNow(), reusable=False)
    try:
        protocol.write(message.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        reply = await protocol.read_response(timeout=(client.timeout or 0) * FINAL_REPLY_TIMEOUTS or None)
    except CONNECTION_ERRORS:
        return Conversation(ReplyLost(), reusable=False)
    return Conversation(Accepted(), reusable=True) if reply.code == TAKEN else _refused(reply.code, reply.message)


def _refused(code: int, text: str, *, reached_server: bool = True) -> Conversation:
    reusable = code != CLOSING
    if code in OUR_FAULT:
        return Conversation(NotTried(), reusable=False)
    if code < 500:
        return Conversation(RefusedForNow(code if code >= 400 else None), reusable, reached_server)
    status = DEAD_ADDRESS.search(text)
    return Conversation(Refused(code, address_status=status.group() if status else None), reusable)
