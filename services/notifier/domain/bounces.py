"""What came back for a mail: undeliverable for good, for now, or somebody's answering machine. Reads RFC 3464 reports.

Only what is certain counts as hard: a report that says `failed` with a permanent status of the address (5.1.x, 5.2.1).
Everything else that was not delivered leaves the address alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message
from enum import StrEnum
from typing import Any

STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
DEAD_ADDRESS = re.compile(r"5\.(1\.(0|1|2|3|6|10)|2\.1)")
TAG = re.compile(r"\+([0-9a-f]{40})@")
READ_OF_TEXT = 8192
MACHINES = ("mailer-daemon@", "postmaster@")


class BounceKind(StrEnum):
    """What a returned mail means."""

    HARD = "hard"
    """The address is dead."""
    SOFT = "soft"
    """Given up, but not for the address's sake: full, too long, forbidden, too late."""
    DELAYED = "delayed"
    """Still being tried by somebody else."""
    AUTO_REPLY = "auto_reply"
    """A person's answering machine, or a receipt of reading."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Bounce:
    """`status` is the enhanced status code (RFC 3463) where one was found."""

    kind: BounceKind
    status: str | None = None

    @property
    def is_final(self) -> bool:
        """Whether the mail will not arrive any more."""
        return self.kind in (BounceKind.HARD, BounceKind.SOFT)


def return_path(sender: str, message_key: str) -> str:
    """The envelope sender of one mail (VERP): what comes back to it is about that mail."""
    local, _, domain = sender.rpartition("@")
    return f"{local}+{message_key}@{domain}"


def message_key_of(recipient: str) -> str | None:
    """The mail that a returned one is about, from the address it was returned to."""
    found = TAG.search(recipient.lower())
    return found.group(1) if found else None


def classify_bounce(content: bytes) -> Bounce:
    """What a returned mail says. Never raises: whatever cannot be read is UNKNOWN."""
    message = message_from_bytes(content, policy=policy.compat32)
    report_type = _parameter(message, "report-type")
    if report_type == "delivery-status":
        return _from_report(message)
    if report_type != "disposition-notification" and _is_from_machine(message):
        return _from_text(content)
    is_reply = report_type == "disposition-notification" or _is_automatic(message)
    return Bounce(BounceKind.AUTO_REPLY if is_reply else BounceKind.UNKNOWN)


def _from_report(message: Message) -> Bounce:
    found = [_of_recipient(fields) for fields in _recipient_fields(message)]
    for kind in (BounceKind.HARD, BounceKind.SOFT, BounceKind.DELAYED):
        for bounce in found:
            if bounce.kind is kind:
                return bounce
    return Bounce(BounceKind.UNKNOWN)


def _recipient_fields(message: Message) -> Iterator[Message]:
    """The groups of fields of a message/delivery-status part, which the parser keeps as messages without a body."""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status" and isinstance(part.get_payload(), list):
            groups: list[Any] = list(part.get_payload())
            yield from (group for group in groups if group.get("Action"))


def _of_recipient(fields: Message) -> Bounce:
    action = _header(fields, "Action").strip().lower()
    found = STATUS.search(_header(fields, "Status")) or STATUS.search(_header(fields, "Diagnostic-Code"))
    status = found.group() if found else None
    if action == "delayed":
        return Bounce(BounceKind.DELAYED, status)
    if action != "failed":
        return Bounce(BounceKind.UNKNOWN, status)
    return Bounce(_kind_of(status), status)


def _kind_of(status: str | None) -> BounceKind:
    return BounceKind.HARD if status and DEAD_ADDRESS.fullmatch(status) else BounceKind.SOFT


def _from_text(content: bytes) -> Bounce:
    """A mail server's own words, without a report: only an enhanced status in them is understood."""
    found = STATUS.search(content[:READ_OF_TEXT].decode("ascii", "replace"))
    if found is None or found.group(1) == "2":
        return Bounce(BounceKind.UNKNOWN)
    if found.group(1) == "4":
        return Bounce(BounceKind.DELAYED, found.group())
    return Bounce(_kind_of(found.group()), found.group())


def _is_from_machine(message: Message) -> bool:
    return _header(message, "From").lower().rpartition("<")[2].startswith(MACHINES)


def _is_automatic(message: Message) -> bool:
    submitted = _header(message, "Auto-Submitted").strip().lower()
    return (
        submitted not in ("", "no")
        or any(message.get(name) for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Reply"))
        or _header(message, "Precedence").strip().lower() == "auto_reply"
    )


def _header(message: Message, name: str) -> str:
    return str(message.get(name) or "")


def _parameter(message: Message, name: str) -> str:
    if message.get_content_type() != "multipart/report":
        return ""
    return str(message.get_param(name) or "").lower()
