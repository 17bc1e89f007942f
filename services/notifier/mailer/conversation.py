"""One mail over one open SMTP connection, its outcome told apart by stage: before the content a break-off is harmless,
after it the mail may have arrived."""

import re
from dataclasses import dataclass

from services.notifier.domain.addresses import checked_address
from services.notifier.domain.retry import Accepted, NotTried, Refused, RefusedForNow, ReplyLost, SendOutcome
from services.notifier.mailer.dialogue import ConnectionOver, Dialogue, Reply

TAKEN, GO_ON, CLOSING = 250, 354, 421
EXPECTED = ((TAKEN,), (TAKEN, 251, 252), (GO_ON,))
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


TOOK_IT = Conversation(Accepted(), reusable=True)


async def offer_mail(dialogue: Dialogue, sender: str, recipient: str, message: bytes) -> Conversation:
    """MAIL, RCPT, DATA and the content. Never raises for what a mail server can do. Raises UnsafeAddress."""
    commands = (
        b"MAIL FROM:<%b>\r\n" % checked_address(sender).encode(),
        b"RCPT TO:<%b>\r\n" % checked_address(recipient).encode(),
        b"DATA\r\n",
    )
    refused = await _announce(dialogue, commands)
    return refused or await _hand_over(dialogue, message)


async def _announce(dialogue: Dialogue, commands: tuple[bytes, ...]) -> Conversation | None:
    """The envelope, in one group where the server takes groups; None when it waits for the content."""
    begun = False
    try:
        if dialogue.takes_groups:
            dialogue.say(b"".join(commands))
        for position, command in enumerate(commands):
            if not dialogue.takes_groups:
                dialogue.say(command)
            reply = await dialogue.reply()
            if reply.code not in EXPECTED[position]:
                unanswered = len(commands) - position - 1 if dialogue.takes_groups else 0
                return await _refused_announcement(dialogue, reply, unanswered, begun=begun)
            begun = True
    except ConnectionOver:
        return Conversation(RefusedForNow(), reusable=False, reached_server=begun)
    return None


async def _refused_announcement(dialogue: Dialogue, reply: Reply, unanswered: int, *, begun: bool) -> Conversation:
    """The first reply that is not go on decides; those to the rest of its group are read so that none is left over."""
    refused = _refused(reply, reached_server=begun or reply.code != CLOSING)
    if not refused.reusable:
        return refused
    try:
        for _ in range(unanswered):
            reply = await dialogue.reply()
        if unanswered and reply.code == GO_ON:
            # A server may wait for a content although it took no recipient (RFC 2920 3.1): it gets none.
            dialogue.say(b".\r\n")
            await dialogue.reply()
    except ConnectionOver:
        return Conversation(refused.outcome, reusable=False)
    return refused


async def _hand_over(dialogue: Dialogue, message: bytes) -> Conversation:
    try:
        dialogue.say(message.replace(b"\r\n.", b"\r\n..") + b".\r\n")
    except ConnectionOver:
        return Conversation(RefusedForNow(), reusable=False)
    try:
        reply = await dialogue.reply(FINAL_REPLY_TIMEOUTS)
    except ConnectionOver:
        return Conversation(ReplyLost(), reusable=False)
    if reply.code // 100 == TAKEN // 100:
        return TOOK_IT
    # What is no refusal may have been an acceptance.
    return _refused(reply) if reply.code >= 400 else Conversation(ReplyLost(), reusable=False)


def _refused(reply: Reply, *, reached_server: bool = True) -> Conversation:
    code = reply.code
    if code in OUR_FAULT:
        return Conversation(NotTried(), reusable=False)
    if code < 400:
        return Conversation(RefusedForNow(), reusable=False, reached_server=reached_server)
    reusable = code != CLOSING
    if code < 500:
        return Conversation(RefusedForNow(code), reusable, reached_server)
    status = DEAD_ADDRESS.search(reply.text)
    return Conversation(Refused(code, address_status=status.group() if status else None), reusable)
