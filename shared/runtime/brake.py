"""The brake: stops a topic whose records mostly fail, instead of emptying it into the dead letters. Pure.

A braked topic is tried again after a pause that doubles from 30 s to 15 min; the window is kept over the pause, so a
single further failure brakes again, while successes heal it. A restart forgets everything and tries at once.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

WINDOW = 20
MOST_FAILURES = WINDOW // 2
FIRST_PAUSE_SECONDS = 30.0
LONGEST_PAUSE_SECONDS = 15 * 60.0


@dataclass(slots=True)
class _TopicRecord:
    failed: deque[bool] = field(default_factory=lambda: deque(maxlen=WINDOW))
    pause_seconds: float = field(default_factory=lambda: FIRST_PAUSE_SECONDS)
    paused_until: float | None = None


class Brake:
    """Watches the last 20 records of each topic; times are seconds of a monotonic clock."""

    def __init__(self) -> None:
        self._topics: dict[str, _TopicRecord] = {}

    def record_successes(self, topic: str, count: int) -> None:
        """`count` records of the topic were handled, one after the other."""
        record = self._of(topic)
        record.failed.extend([False] * min(count, WINDOW))
        if not any(record.failed):
            record.pause_seconds = FIRST_PAUSE_SECONDS

    def record_failure(self, topic: str, now: float) -> bool:
        """A record failed for good; True if that brakes the topic."""
        record = self._of(topic)
        record.failed.append(True)
        if not _is_too_much(record.failed):
            return False
        record.paused_until = now + record.pause_seconds
        record.pause_seconds = min(2 * record.pause_seconds, LONGEST_PAUSE_SECONDS)
        return True

    def first_braking(self, topic: str, outcomes: Iterable[bool]) -> int | None:
        """Index of the record at which the topic would brake, given which of the next records fail; changes nothing."""
        failed = deque(self._of(topic).failed, maxlen=WINDOW)
        for index, is_failure in enumerate(outcomes):
            failed.append(is_failure)
            if is_failure and _is_too_much(failed):
                return index
        return None

    def release_due(self, now: float) -> list[str]:
        """Topics whose pause has ended: they are no longer braked."""
        due = [name for name, record in self._topics.items() if _is_due(record, now)]
        for name in due:
            self._topics[name].paused_until = None
        return due

    def is_braked(self, topic: str) -> bool:
        """Whether records of the topic must not be handled now."""
        record = self._topics.get(topic)
        return record is not None and record.paused_until is not None

    @property
    def braked_topics(self) -> tuple[str, ...]:
        """Every topic that stands still."""
        return tuple(name for name, record in self._topics.items() if record.paused_until is not None)

    def _of(self, topic: str) -> _TopicRecord:
        return self._topics.setdefault(topic, _TopicRecord())


def _is_too_much(failed: deque[bool]) -> bool:
    return len(failed) == WINDOW and sum(failed) > MOST_FAILURES


def _is_due(record: _TopicRecord, now: float) -> bool:
    return record.paused_until is not None and now >= record.paused_until
