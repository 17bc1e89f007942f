"""How long logins stay closed after wrong passwords, and how long an initial password lives."""

from dataclasses import dataclass
from datetime import datetime, timedelta

FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(minutes=15)
HARD_STOP = timedelta(hours=24)
INITIAL_PASSWORD_LIVES = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class LockoutRule:
    """How many wrong passwords cost nothing, and after how many the door stays shut for a day."""

    free: int
    hard_stop: int

    def delay_after(self, failures: int) -> timedelta:
        """Nothing while failures are free, then 5 s, 10 s, 20 s … up to 15 minutes, and a day from the hard stop on."""
        if failures <= self.free:
            return timedelta(0)
        if failures >= self.hard_stop:
            return HARD_STOP
        doublings = min(failures - self.free - 1, 16)
        return min(FIRST_DELAY * int(2**doublings), LONGEST_DELAY)


ACCOUNT_RULE = LockoutRule(free=4, hard_stop=100)
ADDRESS_RULE = LockoutRule(free=50, hard_stop=1000)
"""Far above an account's: many people of one company may share an address."""
ADDRESS_FORGETS_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Failures:
    """Wrong passwords in a row, and until when no further one is tried."""

    count: int
    blocked_until: datetime

    def one_more(self, rule: LockoutRule, now: datetime) -> "Failures":
        """After another wrong password."""
        count = self.count + 1
        return Failures(count, now + rule.delay_after(count))
