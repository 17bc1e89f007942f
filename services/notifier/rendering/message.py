"""From texts to the exact bytes of a mail: a deterministic RFC 5322 form in UTF-8 and base64.

The bytes are assembled here, because building the same mail from the standard library's classes costs a hundred times
as much; a test compares both.
"""

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, parseaddr

from services.notifier import labels

ENCODED_WORD_BYTES = 39
BODY_LINE_CHARACTERS = 76
LONGEST_LOCAL_PART, LONGEST_ADDRESS = 64, 254
ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
ADDR_SPEC = re.compile(rf"{ATOM}(?:\.{ATOM})*@{LABEL}(?:\.{LABEL})*")


class UnsafeAddress(ValueError):
    """An address that must not reach a mail header or an SMTP command."""


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
    headers = {
        "From": f"{_encoded(labels.SENDER_NAME)} <{checked_address(envelope.sender)}>",
        "To": checked_address(envelope.to),
        "Subject": _encoded(subject),
        "Date": format_datetime(envelope.date.replace(microsecond=0)),
        "Message-ID": envelope.message_id,
        "References": f"<{envelope.thread}@{domain}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Content-Language": "ja",
        "MIME-Version": "1.0",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "base64",
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return head.encode("ascii") + b"\r\n" + _base64_lines(body)


def checked_address(address: str) -> str:
    """The address, if it is a plain addr-spec: dot-atoms in ASCII, nothing quoted, nothing beside it (S18)."""
    local, _, _ = address.rpartition("@")
    plain = ADDR_SPEC.fullmatch(address) and len(local) <= LONGEST_LOCAL_PART and len(address) <= LONGEST_ADDRESS
    if not plain or parseaddr(address) != ("", address):
        raise UnsafeAddress("not a plain e-mail address")
    return address


def _encoded(text: str) -> str:
    """RFC 2047: one folded line per encoded word, short enough for `Subject: ` before it, characters kept whole."""
    if any(character in "\r\n" for character in text):
        raise ValueError("a header value may not hold a line break")
    words = (f"=?utf-8?b?{b64encode(chunk).decode()}?=" for chunk in _chunks(text))
    return "\r\n ".join(words)


def _chunks(text: str) -> Iterator[bytes]:
    chunk = b""
    for character in text:
        encoded = character.encode()
        if len(chunk) + len(encoded) > ENCODED_WORD_BYTES:
            yield chunk
            chunk = b""
        chunk += encoded
    yield chunk


def _base64_lines(body: str) -> bytes:
    encoded = b64encode(body.replace("\r\n", "\n").replace("\n", "\r\n").encode())
    width = BODY_LINE_CHARACTERS
    return b"".join(encoded[start : start + width] + b"\r\n" for start in range(0, len(encoded), width))
