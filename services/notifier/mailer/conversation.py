"""One mail over one open SMTP connection, its outcome told apart by stage: before the content a break-off is harmless,
after it the mail may have arrived."""

import re
from dataclasses import dataclass, replace
from typing import NamedTuple

from services.notifier.domain.addresses import checked_address
from services.notifier.domain.retry import Accepted, NotTried, Refused, RefusedForNow, ReplyLost, SendOutcome
from services.notifier.mailer.dialogue import ConnectionOver, Dialogue, Reply

TAKEN, GO_ON, CLOSING = 250, 354, 421
EXPECTED = ((TAKEN,), (TAKEN, 251, 252), (GO_ON,))
"""Replies to MAIL, RCPT and DATA that mean go on."""
OUR_FAULT = frozenset({530, 534, 535, 538})
"""Login or TLS is asked for: the installation is wrong, not the mail."""
DEAD_ADDRESS = re.compile(r"\b5\.1\.\d{1,3}\b")
NOT_UNDERSTOOD = frozenset({500, 503})
FINAL_REPLY_TIMEOUTS = 4
"""The reply to the content may take this many ordinary time limits: giving up on it means a second copy."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """What came of it, and whether the connection may be used again."""

    outcome: SendOutcome
    reusable: bool
    reached_server: bool = True
    """False where a kept connection turned out to be dead before anything was said on it."""
    lost_step: bool = False
    """The server has not understood an envelope that came with the content before it."""


TOOK_IT = Conversation(Accepted(), reusable=True)
_LOST_STEP = Conversation(RefusedForNow(), reusable=False, reached_server=False, lost_step=True)


class Announcement(NamedTuple):
    """The commands that go before a mail's content."""

    mail: bytes
    rcpt: bytes
    data: bytes = b"DATA\r\n"


def announcement_of(sender: str, recipient: str) -> Announcement:
    """From whom, to whom. Raises UnsafeAddress."""
    return Announcement(
        b"MAIL FROM:<%b>\r\n" % checked_address(sender).encode(),
        b"RCPT TO:<%b>\r\n" % checked_address(recipient).encode(),
    )


class OutgoingMail(NamedTuple):
    """What is handed to the mail server: addresses of the envelope, and the mail's bytes."""

    sender: str
    recipient: str
    message: bytes


class Offer(NamedTuple):
    """A mail on one connection. `ahead`: its announcement went with the content before it, where the server takes
    groups (RFC 2920 3.1), as `following` goes with this one's."""

    announcement: Announcement
    message: bytes
    ahead: bool = False
    following: Announcement | None = None


async def offer_mail(dialogue: Dialogue, offer: Offer) -> Conversation:
    """MAIL, RCPT, DATA and the content. Never raises for what a mail server can do."""
    refused = await _announce(dialogue, offer)
    return refused or await _hand_over(dialogue, offer)


async def _announce(dialogue: Dialogue, offer: Offer) -> Conversation | None:
    """The envelope, in one group where the server takes groups; None when it waits for the content."""
    begun = False
    try:
        if dialogue.takes_groups and not offer.ahead:
            dialogue.say(b"".join(offer.announcement))
        for position, command in enumerate(offer.announcement):
            if not dialogue.takes_groups:
                dialogue.say(command)
            reply = await dialogue.reply()
            if reply.code not in EXPECTED[position]:
                if offer.ahead and reply.code in NOT_UNDERSTOOD:
                    return _LOST_STEP
                unanswered = len(EXPECTED) - position - 1 if dialogue.takes_groups else 0
                return await _refused_announcement(dialogue, reply, unanswered, begun=begun)
            begun = True
    except ConnectionOver:
        if offer.ahead and dialogue.is_silent:
            return _LOST_STEP
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


async def _hand_over(dialogue: Dialogue, offer: Offer) -> Conversation:
    next_words = offer.following or ()
    try:
        dialogue.say(b"".join((offer.message.replace(b"\r\n.", b"\r\n.."), b".\r\n", *next_words)))
    except ConnectionOver:
        return Conversation(RefusedForNow(), reusable=False)
    try:
        reply = await dialogue.reply(FINAL_REPLY_TIMEOUTS)
    except ConnectionOver:
        return Conversation(ReplyLost(), reusable=False)
    if reply.code // 100 == TAKEN // 100:
        return TOOK_IT
    # What is no refusal may have been an acceptance.
    if reply.code < 400:
        return Conversation(ReplyLost(), reusable=False)
    # After a refusal servers differ in what they still know: nothing that was said ahead counts.
    return replace(_refused(reply), reusable=False) if offer.following else _refused(reply)


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
