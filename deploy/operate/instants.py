"""Points in time as people type them at the command, and spans as they read them."""

import re
from datetime import datetime, timedelta

from deploy.errors import CommandError
from shared.runtime.clock import SystemClock

SPAN = re.compile(r"([1-9][0-9]*)([smhd])")
MINUTE, HOUR, DAY = 60, 3600, 86_400
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def instant_of(text: str, now: datetime) -> datetime:
    """An instant in RFC 3339, or so long before now. Raises CommandError."""
    span = SPAN.fullmatch(text)
    if span:
        return now - timedelta(**{UNITS[span[2]]: int(span[1])})
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text}: neither an instant nor a span such as 15m") from None
    return instant if instant.tzinfo else instant.astimezone()


def arrival_of(text: str) -> datetime:
    """The same for arrivals at the broker, whose stamps know nothing of a clock that a demo has moved."""
    return instant_of(text, SystemClock(None).now())


def duration(seconds: float) -> str:
    """As people say it: the two largest units."""
    if seconds < MINUTE:
        return f"{seconds:.0f} s"
    if seconds < HOUR:
        return f"{seconds // MINUTE:.0f} min {seconds % MINUTE:.0f} s"
    if seconds < DAY:
        return f"{seconds // HOUR:.0f} h {seconds % HOUR // MINUTE:.0f} min"
    return f"{seconds // DAY:.0f} d {seconds % DAY // HOUR:.0f} h"
