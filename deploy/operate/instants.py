"""Points in time as people type them at the command: an instant, or how long ago."""

import re
from datetime import datetime, timedelta

from deploy.errors import CommandError

SPAN = re.compile(r"([1-9][0-9]*)([smhd])")
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
