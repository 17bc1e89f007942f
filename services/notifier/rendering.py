"""From a claimed mail to its exact bytes: versioned Jinja templates and a deterministic RFC 5322 form.

The bytes are assembled here, because building the same mail from the standard library's classes costs a hundred times
as much; a test compares both.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import format_datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from services.notifier import labels
from services.notifier.domain.mails import Facts
from shared.contracts.notifier_events import Mail

ENCODED_WORD_BYTES = 39
BODY_LINE_CHARACTERS = 76


class UnsafeAddress(ValueError):
    """An address that must not reach a mail header or an SMTP command."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends, and the portal that links lead to."""

    address: str
    portal_url: str

    @property
    def domain(self) -> str:
        """The right-hand side of Message-IDs."""
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a mail's headers need besides its text."""

    to: str
    message_key: str
    receipt_number: str
    date: datetime


@dataclass(frozen=True, slots=True)
class _CompiledMail:
    subject: Template
    body: Template


class MailTemplates:
    """Every version of every mail, compiled at start: `templates/<mail>/v<n>/{subject,body}.txt`."""

    def __init__(self, templates: Path) -> None:
        # Mails are plain text: nothing in them is markup, so nothing is escaped.
        environment = Environment(  # noqa: S701
            loader=FileSystemLoader(templates),
            undefined=StrictUndefined,
            keep_trailing_newline=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters["kanji_date"] = kanji_date
        self._compiled: Mapping[tuple[str, int], _CompiledMail] = {
            (folder.parent.name, int(folder.name.removeprefix("v"))): _compile(environment, folder, templates)
            for folder in sorted(templates.glob("M*/v*"))
        }

    def render(self, mail: Mail, version: int, facts: Facts, portal_url: str) -> tuple[str, str]:
        """Subject and body. Raises jinja2.UndefinedError if a fact is missing."""
        compiled = self._compiled[mail.value, version]
        link = f"{portal_url}/login?next=/applications/{facts['receipt_number']}"
        variables = {**facts, "link": link}
        return compiled.subject.render(variables).strip(), compiled.body.render(variables)


def _compile(environment: Environment, folder: Path, root: Path) -> _CompiledMail:
    name = folder.relative_to(root).as_posix()
    return _CompiledMail(environment.get_template(f"{name}/subject.txt"), environment.get_template(f"{name}/body.txt"))


def kanji_date(day: str) -> str:
    """An ISO date as mails write it."""
    return date.fromisoformat(day).strftime(labels.DATE_PATTERN)


def message_id(message_key: str, sender: Sender) -> str:
    """The Message-ID header of a mail, equal in every attempt."""
    return f"<{message_key}@{sender.domain}>"


def build_message(subject: str, body: str, envelope: Envelope, sender: Sender) -> bytes:
    """The mail as bytes: UTF-8, base64, deterministic. Raises UnsafeAddress."""
    headers = {
        "From": f"{_encoded(labels.SENDER_NAME)} <{checked_address(sender.address)}>",
        "To": checked_address(envelope.to),
        "Subject": _encoded(subject),
        "Date": format_datetime(envelope.date.replace(microsecond=0)),
        "Message-ID": message_id(envelope.message_key, sender),
        "References": f"<application.{envelope.receipt_number}@{sender.domain}>",
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
    """The address, if it is a plain addr-spec in ASCII: no quotes, commas, controls or spaces (S18)."""
    local, at, domain = address.rpartition("@")
    plain = address.isascii() and address.isprintable() and not set(address) & set(' "(),:;<>[]\\')
    if not (plain and at and local and domain and "@" not in local):
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
