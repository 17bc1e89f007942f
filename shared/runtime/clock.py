"""The one source of time. Stored instants and expiries come from here; in-process durations use time.monotonic."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

OFFSET_SEEN_WITHIN_SECONDS = 1.0


class Clock(Protocol):
    """Tells the current instant in UTC."""

    def now(self) -> datetime:
        """The current instant, UTC, with a time zone."""
        ...


class SystemClock:
    """The machine's clock, moved forward by the whole seconds in the offset file, where one is given.

    The file is replaced atomically by whoever moves the time (demo and tests only); a missing file means no offset.
    """

    def __init__(self, offset_file: Path | None = None) -> None:
        self._offset_file = offset_file
        self._offset = timedelta(0)
        self._read_at = float("-inf")

    def now(self) -> datetime:
        """The current instant; a moved offset file is seen within one second."""
        return datetime.now(UTC) + self.offset()  # noqa: TID251  the clock itself

    def offset(self) -> timedelta:
        """How far this clock is ahead of the machine's."""
        if self._offset_file is None:
            return self._offset
        elapsed = time.monotonic() - self._read_at
        if elapsed >= OFFSET_SEEN_WITHIN_SECONDS / 2:
            self._offset = _read_offset(self._offset_file)
            self._read_at = time.monotonic()
        return self._offset


def _read_offset(path: Path) -> timedelta:
    try:
        return timedelta(seconds=int(path.read_text()))
    except FileNotFoundError:
        return timedelta(0)
