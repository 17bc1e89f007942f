"""What the Center's desk is told about mails that could not be delivered: at most one mail per cause and day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, TypedDict

from shared.contracts.notifier_events import MailFailure
from shared.kernel.local_time import TOKYO

OVERDUE = "overdue"
CAUSES: Sequence[str] = (*(failure.value for failure in MailFailure), OVERDUE)
MOST_LINES = 200
SHOWN_INSTANT = "%Y/%m/%d %H:%M"
SETTLES_WITHIN = timedelta(minutes=5)
"""A failure is told once it is this old: a burst becomes one mail, and transactions that began before have ended."""
OVERDUE_AFTER = timedelta(hours=1)
TEMPLATE, TEMPLATE_VERSION = "digest", 1


class DigestLine(TypedDict):
    """One mail that did not get through: codes only."""

    receipt_number: str
    office_code: str
    mail: str
    role: str
    reply_code: int | None
    since: str


class DigestFacts(TypedDict):
    """What the digest's template may say."""

    cause: str
    day: str
    lines: list[DigestLine]
    more: bool
    review_link: str


@dataclass(frozen=True, slots=True)
class Covered:
    """The last digest of a cause: its day, and until when it covers failures."""

    day: date
    until: datetime


def is_due(last: Covered | None, today: date) -> bool:
    """Whether the cause may have a digest today."""
    return last is None or last.day < today


def digest_facts(cause: str, day: date, rows: Sequence[Mapping[str, Any]], review_link: str) -> DigestFacts:
    """The facts of one digest; `rows` may hold one line more than is shown."""
    lines = [
        DigestLine(
            receipt_number=row["receipt_number"],
            office_code=row["office_code"],
            mail=row["mail"],
            role=row["role"],
            reply_code=row["reply_code"],
            since=f"{row['since'].astimezone(TOKYO):{SHOWN_INSTANT}}",
        )
        for row in rows[:MOST_LINES]
    ]
    return DigestFacts(
        cause=cause, day=day.isoformat(), lines=lines, more=len(rows) > MOST_LINES, review_link=review_link
    )


def digest_key(cause: str, day: date) -> str:
    """The local part of its Message-ID."""
    return sha256(f"digest/{cause}/{day}".encode()).hexdigest()[:40]
