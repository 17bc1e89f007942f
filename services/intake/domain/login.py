"""How long an account stays closed after wrong passwords: the delay doubles from the fifth failure on."""

from datetime import timedelta

FAILURES_WITHOUT_DELAY = 4
FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(minutes=15)


def delay_after(failures: int) -> timedelta:
    """No delay up to four failures, then 5 s, 10 s, 20 s … and never more than 15 minutes."""
    if failures <= FAILURES_WITHOUT_DELAY:
        return timedelta(0)
    doublings = min(failures - FAILURES_WITHOUT_DELAY - 1, 16)
    return min(FIRST_DELAY * int(2**doublings), LONGEST_DELAY)
