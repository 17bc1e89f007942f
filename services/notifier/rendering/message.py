"""From texts to the exact bytes of a mail: a deterministic RFC 5322 form in UTF-8 and base64.

The bytes are assembled here, because building the same mail from the standard library's classes costs a hundred times
as much; a test compares both.
"""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from services.notifier import labels
from services.notifier.domain.addresses import checked_address

ENCODED_WORD_BYTES = 39
"""Of UTF-8: a word fits behind the longest header name. Our sender's name is one, as some readers put gaps between."""
BODY_LINE = 76
"""Characters of base64."""
UNCHANGING_HEADERS = (
    "Auto-Submitted: auto-generated\r\n"
    "X-Auto-Response-Suppress: All\r\n"
    "Content-Language: ja\r\n"
    "MIME-Version: 1.0\r\n"
    'Content-Type: text/plain; charset="utf-8"\r\n'
    "Content-Transfer-Encoding: base64\r\n"
)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a mail's headers need besides its text."""

    sender: str
    to: str
    message_id: str
    thread: str
    """What groups mails in a reader: the application, by its number."""
    date: datetime


def build_message(subject: str, body: str, envelope: Envelope) -> bytes:
    """The mail as bytes. Raises UnsafeAddress; ValueError for a subject of more than one line."""
    domain = envelope.sender.rpartition("@")[2]
    head = (
        f"From: {_from(envelope.sender)}\r\n"
        f"To: {checked_address(envelope.to)}\r\n"
        f"Subject: {_encoded(subject)}\r\n"
        f"Date: {_dated(envelope.date.replace(microsecond=0))}\r\n"
        f"Message-ID: {envelope.message_id}\r\n"
        f"References: <{envelope.thread}@{domain}>\r\n"
        f"{UNCHANGING_HEADERS}\r\n"
    )
    return head.encode("ascii") + _base64_lines(body)


@lru_cache(maxsize=16)
def _from(sender: str) -> str:
    return f"{_encoded(labels.SENDER_NAME)} <{checked_address(sender)}>"


@lru_cache(maxsize=16)
def _dated(second: datetime) -> str:
    return format_datetime(second)


@lru_cache(maxsize=64)
def _encoded(text: str) -> str:
    """RFC 2047: one folded line per encoded word, short enough for `Subject: ` before it, characters kept whole."""
    if "\r" in text or "\n" in text:
        raise ValueError("a header value may not hold a line break")
    return "\r\n ".join(f"=?utf-8?b?{b64encode(chunk).decode()}?=" for chunk in _chunks(text))


def _chunks(text: str) -> Iterator[bytes]:
    rest = text.encode()
    while len(rest) > ENCODED_WORD_BYTES:
        end = ENCODED_WORD_BYTES
        while rest[end] & 0xC0 == 0x80:
            # The middle of a character.
            end -= 1
        yield rest[:end]
        rest = rest[end:]
    yield rest


def _base64_lines(body: str) -> bytes:
    encoded = b64encode(body.replace("\r\n", "\n").replace("\n", "\r\n").encode())
    lines = [encoded[begin : begin + BODY_LINE] for begin in range(0, len(encoded), BODY_LINE)]
    return b"\r\n".join([*lines, b""])
