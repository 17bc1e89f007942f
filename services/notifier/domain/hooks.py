"""Web hooks: who is told of what, in which words, and what follows from an answer."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from shared.contracts.clearance import ABSENT, classes_up_to, cleared
from shared.contracts.registry import EVENT_MODELS
from shared.contracts.topics import HOOKED_TOPICS

LONGEST_URL = 2000
OFFERED = frozenset(name for name, model in EVENT_MODELS.items() if model.topic in HOOKED_TOPICS)
"""Types that a hook may ask for."""
TEST_TYPE = "nss.hook.test"


class UnusableHook(ValueError):
    """A hook that cannot be; `field` and `code` say why."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field, self.code = field, code


@dataclass(frozen=True, slots=True)
class Hook:
    """One receiver. No `event_types` or `office_codes` let everything pass; `data_class` is the strictest it sees."""

    hook_id: UUID
    name: str
    url: str
    event_types: tuple[str, ...]
    office_codes: tuple[str, ...]
    data_class: str
    created_at: datetime

    def wants(self, event: "HookEvent") -> bool:
        """Whether the event passes the filters."""
        is_of_type = event.type in (self.event_types or OFFERED)
        return is_of_type and (not self.office_codes or event.key in self.office_codes)

    def body_for(self, event: "HookEvent") -> bytes | None:
        """What is posted, the same bytes in every attempt; None where nothing of the event may be seen."""
        data = cleared(event.type, event.data, classes_up_to(self.data_class))
        return None if data is ABSENT else _body(event, data)


@dataclass(frozen=True, slots=True)
class HookEvent:
    """An event as a hook tells it: what its headers say, and its data as published."""

    source: str
    id: UUID
    type: str
    time: str
    subject: str
    key: str
    sequence: str | None
    data: Any


@dataclass(frozen=True, slots=True)
class HookPolicy:
    """How stubbornly one delivery is tried, and how long a receiver that does not answer is left in peace."""

    give_up_after: timedelta = timedelta(hours=24)
    first_delay: timedelta = timedelta(seconds=5)
    longest_delay: timedelta = timedelta(minutes=15)
    first_rest: timedelta = timedelta(seconds=1)
    longest_rest: timedelta = timedelta(minutes=5)
    rests_after: int = 3
    """Failures in a row before the whole receiver rests: one event it cannot digest must not hold up the others."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one attempt. `outcome`: `delivered`, `refused`, `gone`, `timeout`, `unreachable`, or `forbidden`
    (its address may not be called); `retry_after` is what the receiver asked for."""

    outcome: str
    status_code: int | None = None
    retry_after: timedelta | None = None
    milliseconds: int = 0

    @property
    def is_receivers_trouble(self) -> bool:
        """Whether any other event would have met the same."""
        return self.outcome in ("timeout", "unreachable", "forbidden") or (self.status_code or 0) >= 500


@dataclass(frozen=True, slots=True)
class NextStep:
    """What follows: `delivered`, `failed`, or `queued` again for `due_at`."""

    state: str
    due_at: datetime


def read_event(headers: Sequence[tuple[str, bytes | None]], key: bytes | None, value: bytes | None) -> HookEvent | None:
    """A record as hooks tell it; None for what they do not tell: other types, tombstones, what cannot be read."""
    try:
        texts = {name: raw.decode() for name, raw in headers if raw is not None}
        if texts["ce_type"] not in OFFERED or value is None:
            return None
        return HookEvent(
            source=texts["ce_source"], id=UUID(texts["ce_id"]), type=texts["ce_type"], time=_instant(texts["ce_time"]),
            subject=texts["ce_subject"], key=(key or b"").decode(), sequence=texts.get("ce_sequence"),
            data=json.loads(value),
        )  # fmt: skip
    except (KeyError, ValueError):
        return None


def _instant(text: str) -> str:
    """As it is, if it is one. Raises ValueError."""
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("an instant without a zone means nothing here")
    return text


def next_step(
    answer: Answer, attempts: int, give_up_at: datetime, policy: HookPolicy, now: datetime, jitter: float
) -> NextStep:
    """After the `attempts`-th attempt; `jitter` (0 to 1) lengthens the wait by up to a half."""
    if answer.outcome == "delivered":
        return NextStep("delivered", now)
    if now >= give_up_at:
        return NextStep("failed", now)
    delay = min(policy.first_delay * (1 << min(attempts - 1, 16)), policy.longest_delay) * (1 + jitter / 2)
    asked = min(answer.retry_after or timedelta(0), policy.longest_delay)
    return NextStep("queued", min(now + max(delay, asked), give_up_at))


def rest_of(failures: int, policy: HookPolicy, now: datetime) -> datetime | None:
    """Until when a receiver is left in peace after so many failures in a row; None if it need not be."""
    if failures < policy.rests_after:
        return None
    rest: timedelta = policy.first_rest * (1 << min(failures - policy.rests_after, 16))
    return now + min(rest, policy.longest_rest)


def check_url(url: str, *, http_allowed: bool) -> str:
    """The address, if hooks may go there as far as its text tells. Raises UnusableHook."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise UnusableHook("url", "not_an_address") from None
    if parts.scheme not in ("https", "http") or not host or len(url) > LONGEST_URL or not url.isascii():
        raise UnusableHook("url", "not_an_address")
    if parts.scheme == "http" and not http_allowed:
        raise UnusableHook("url", "https_needed")
    if parts.username is not None or parts.fragment or any(character <= " " for character in url):
        raise UnusableHook("url", "not_allowed_here")
    return url


def check_types(event_types: Sequence[str]) -> tuple[str, ...]:
    """The types, each one that is offered. Raises UnusableHook."""
    unknown = [name for name in event_types if name not in OFFERED]
    if unknown:
        raise UnusableHook("event_types", f"unknown: {', '.join(unknown)}")
    return tuple(sorted(set(event_types)))


def _body(event: HookEvent, data: Any) -> bytes:
    told = {
        "type": event.type,
        "timestamp": event.time,
        "data": data,
        "id": str(event.id),
        "source": event.source,
        "subject": event.subject,
        "key": event.key,
        "sequence": event.sequence,
    }
    present = {name: value for name, value in told.items() if value is not None}
    return json.dumps(present, ensure_ascii=False, separators=(",", ":")).encode()
