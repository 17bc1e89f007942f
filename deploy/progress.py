"""Talk on stderr: one line when a step starts, one with its time when it ends."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache


def say(line: str) -> None:
    """One line for the person in front of the terminal; stdout is for data alone."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


@cache
def say_once(line: str) -> None:
    """The same line only once in a run of the command."""
    say(line)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Announce a step, then say how long it took or that it failed."""
    say(f"  ..  {name}")
    started = time.monotonic()
    try:
        yield
    except BaseException:
        say(f"  no  {name} ({time.monotonic() - started:.1f} s)")
        raise
    say(f"  ok  {name} ({time.monotonic() - started:.1f} s)")
