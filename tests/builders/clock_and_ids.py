"""A clock that stands still, ids in order, and events around event data."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, TypeVar
from uuid import UUID

from shared.contracts.envelope import Event, source_of
from shared.contracts.event_data import EventData
from shared.contracts.registry import producers_of
from shared.kernel.identifiers import MailboxId, OfficeCode, ReceiptNumber

OFFICE = OfficeCode("NAC001")
RECEIPT = ReceiptNumber("180012A")
OPENING_MAILBOX = MailboxId("NAC00101")
NEW_MAILBOX = MailboxId("NAC00102")
START_DATE = date(2018, 11, 1)
NOW = datetime(2018, 10, 24, 1, 0, tzinfo=UTC)
"""Wednesday 24 October 2018, 10:00 in Japan."""

DataT = TypeVar("DataT", bound=EventData)

_event_numbers = count(1)


class FixedClock:
    """A clock that moves only when told."""

    def __init__(self, now: datetime = NOW) -> None:
        self._now = now

    def now(self) -> datetime:
        """The instant it was set to."""
        return self._now

    def advance(self, **parts: float) -> datetime:
        """Move forward by a timedelta's keywords, for example `advance(minutes=31)`."""
        self._now += timedelta(**parts)
        return self._now

    def set(self, now: datetime) -> None:
        """Move to an instant."""
        self._now = now


def numbered_id(number: int) -> UUID:
    """The n-th id of the tests: a valid UUIDv7 that shows its number."""
    return UUID(int=(0x7 << 76) | (0x2 << 62) | number)


def new_ids(first: int = 1_000_000) -> Callable[[], UUID]:
    """An id source that counts up from `first`."""
    numbers = count(first)
    return lambda: numbered_id(next(numbers))


def an_event(
    data: DataT,
    *,
    key: str = OFFICE,
    event_id: UUID | None = None,
    time: datetime = NOW,
    sequence: int | None = 1,
    **fields: Any,
) -> Event[DataT]:
    """An event as its producer publishes it; each gets the next id unless one is given."""
    subject = fields.pop("subject", None) or str(getattr(data, "receipt_number", None) or key)
    return Event(
        data=data,
        id=event_id or numbered_id(next(_event_numbers)),
        key=key,
        subject=subject,
        time=time,
        source=fields.pop("source", source_of(producers_of(type(data))[0])),
        sequence=sequence,
        correlation_id=fields.pop("correlation_id", subject if subject != key else None),
        **fields,
    )
