"""Which failures are the infrastructure's, and how long they are retried."""

import asyncio

import asyncpg
import pytest

from shared.runtime import consumer_failures
from shared.runtime.consumer_failures import Leaving, RetryInPlace, code_of, is_infrastructure

INFRASTRUCTURE = [
    asyncpg.ConnectionDoesNotExistError("gone"),
    asyncpg.AdminShutdownError("57P01"),
    asyncpg.SerializationError("40001"),
    asyncpg.DeadlockDetectedError("40P01"),
    asyncpg.LockNotAvailableError("55P03"),
    asyncpg.QueryCanceledError("57014"),
    asyncpg.TooManyConnectionsError("53300"),
    asyncpg.DiskFullError("53100"),
    asyncpg.ReadOnlySQLTransactionError("25006"),
    asyncpg.InsufficientPrivilegeError("42501"),
    asyncpg.InvalidCachedStatementError("0A000"),
    asyncpg.InterfaceError("connection is closed"),
    TimeoutError(),
    ConnectionResetError(),
    FileNotFoundError(),
]
WORKFLOW = [
    asyncpg.UniqueViolationError("23505"),
    asyncpg.NumericValueOutOfRangeError("22003"),
    asyncpg.UndefinedColumnError("42703"),
    asyncpg.exceptions._base.DataError("a value that does not fit"),
    KeyError("x"),
    AssertionError(),
]


@pytest.mark.parametrize("error", INFRASTRUCTURE, ids=code_of)
def test_what_may_succeed_later_is_the_infrastructures(error: Exception) -> None:
    assert is_infrastructure(error)


@pytest.mark.parametrize("error", WORKFLOW, ids=code_of)
def test_what_fails_again_is_the_workflows(error: Exception) -> None:
    assert not is_infrastructure(error)


async def test_work_is_repeated_until_the_infrastructure_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer_failures, "FIRST_DELAY_SECONDS", 0.001)
    outcomes: list[Exception | str] = [OSError(), TimeoutError(), "done"]

    async def work() -> str:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    retry = RetryInPlace()
    assert await retry.run(work) == "done"
    assert retry.retries == 2


async def test_a_retry_ends_at_once_when_partitions_go() -> None:
    retry = RetryInPlace()

    async def work() -> None:
        raise OSError

    running = asyncio.create_task(retry.run(work))
    await asyncio.sleep(0.05)
    retry.leaving.set()
    async with asyncio.timeout(0.1):
        with pytest.raises(Leaving):
            await running


async def test_a_workflows_error_is_not_retried() -> None:
    async def work() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await RetryInPlace().run(work)
