"""Between instants (UTC) and the dates of Asia/Tokyo, the only time zone in which the rules count days."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

TOKYO = ZoneInfo("Asia/Tokyo")


def local_date(instant: datetime) -> date:
    """The date in Japan at the given instant."""
    return instant.astimezone(TOKYO).date()


def start_of_day(day: date) -> datetime:
    """The instant (UTC) at which the date begins in Japan."""
    return datetime.combine(day, time.min, tzinfo=TOKYO).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """The first instant (UTC) that no longer belongs to the date in Japan: 24:00 (T3)."""
    return start_of_day(day + timedelta(days=1))
