"""Tells failures of the infrastructure, retried in place, from those of a workflow, which end in a dead letter."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TypeVar

import asyncpg
import structlog

T = TypeVar("T")
log = structlog.get_logger(__name__)

FIRST_DELAY_SECONDS = 0.2
LONGEST_DELAY_SECONDS = 30.0
UNREADY_AFTER_SECONDS = 10.0

# Data exceptions, broken constraints, wrong statements, raised by a function: trying again later does not help.
WORKFLOW_SQLSTATES = ("0A", "21", "22", "23", "42", "44", "P0")


class Leaving(Exception):
    """The partitions are being handed over, or the process stops: give up without an effect."""


def is_infrastructure(error: BaseException) -> bool:
    """Whether the same work may succeed later: connections, locks, serialization, timeouts, files."""
    if isinstance(error, asyncpg.InvalidCachedStatementError | asyncpg.InsufficientPrivilegeError):
        return True
    if isinstance(error, asyncpg.PostgresError):
        return not (error.sqlstate or "").startswith(WORKFLOW_SQLSTATES)
    if isinstance(error, asyncpg.InterfaceError):
        # The client's own DataError is a value that does not fit its column.
        return not isinstance(error, ValueError)
    return isinstance(error, OSError | asyncpg.OutdatedSchemaCacheError)


def code_of(error: BaseException) -> str:
    """A stable code: the class of the exception. Its text may quote data and is never kept."""
    return type(error).__name__


class RetryInPlace:
    """Repeats work while the infrastructure fails: 0.2 s to 30 s apart, with jitter, until told to leave."""

    def __init__(self) -> None:
        self.leaving = asyncio.Event()
        self.retries = 0
        self.tried_at = monotonic()
        self._failing_since: float | None = None

    @property
    def is_failing(self) -> bool:
        """Whether it has failed for more than 10 s now."""
        return self._failing_since is not None and monotonic() - self._failing_since > UNREADY_AFTER_SECONDS

    async def run(self, work: Callable[[], Awaitable[T]], *, whatever_fails: bool = False) -> T:
        """The result of the work; its errors of other kinds pass, unless `whatever_fails`. Raises Leaving."""
        delay = FIRST_DELAY_SECONDS
        while True:
            self.raise_if_leaving()
            self.tried_at = monotonic()
            try:
                result = await work()
            except Leaving:
                raise
            except Exception as error:
                if not (whatever_fails or is_infrastructure(error)):
                    raise
                self._note(error, delay)
            else:
                self._failing_since = None
                return result
            await self.pause(delay * random.uniform(0.5, 1.0))  # noqa: S311  jitter, not a secret
            delay = min(2 * delay, LONGEST_DELAY_SECONDS)

    async def pause(self, seconds: float) -> None:
        """Wait, but not once it is time to leave. Raises Leaving."""
        try:
            async with asyncio.timeout(seconds):
                await self.leaving.wait()
        except TimeoutError:
            return
        raise Leaving

    def raise_if_leaving(self) -> None:
        """Raises Leaving once it is time."""
        if self.leaving.is_set():
            raise Leaving

    def _note(self, error: Exception, delay: float) -> None:
        self.retries += 1
        if self._failing_since is None:
            self._failing_since = monotonic()
        log.warning("consumer.infrastructure_failed", error=code_of(error), retry_within_seconds=delay)
