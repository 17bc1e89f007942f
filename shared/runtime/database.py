"""PostgreSQL: the pool, what a connection is called, and one transaction.

On every connection opened here a jsonb column reads and writes plain Python values (dict, list, str, int, None); a
query never calls json.dumps itself.
"""

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias, TypeVar
from urllib.parse import parse_qs, urlsplit

import asyncpg
from asyncpg.pool import PoolConnectionProxy

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
T = TypeVar("T")

STATEMENT_SECONDS = 10.0
LOCK_SECONDS = 1.5
IDLE_IN_TRANSACTION_SECONDS = 30.0
COMMAND_SECONDS = 20.0
"""The client's own limit, above the server's: it fires only when the server itself does not answer."""

CONNECT_SECONDS = 3.0
ACQUIRE_SECONDS = 5.0
"""How long a page or a batch waits for a free connection before it answers that the database is busy."""
GIVE_UP_SECONDS = 15.0
RETRY_SECONDS = 0.25

NOT_WORTH_RETRYING = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.ClientConfigurationError,
)
DATABASE_ERRORS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""What a database that is away, restarting or overloaded raises; OSError includes TimeoutError."""


class DatabaseUnreachable(RuntimeError):
    """The database did not answer in time at start; the message says what to check."""


async def open_pool(
    url: str,
    *,
    application_name: str,
    min_size: int = 2,
    max_size: int = 10,
    give_up_seconds: float = GIVE_UP_SECONDS,
) -> Pool:
    """A pool whose connections have statement, lock and idle-in-transaction time limits. Raises DatabaseUnreachable."""

    async def attempt() -> Pool:
        return await asyncpg.create_pool(
            url,
            min_size=min_size,
            max_size=max_size,
            init=_read_jsonb_as_python,
            timeout=CONNECT_SECONDS,
            command_timeout=COMMAND_SECONDS,
            server_settings=_limits(application_name),
        )

    return await _within(give_up_seconds, url, attempt)


async def open_connection(
    url: str, *, application_name: str, give_up_seconds: float = GIVE_UP_SECONDS
) -> "asyncpg.Connection[asyncpg.Record]":
    """One connection outside any pool, with the same limits; for what holds a session lock. Raises DatabaseUnreachable.

    TCP keepalives let the server notice within about 25 s that the holder's machine is gone.
    """
    keepalives = {"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3"}

    async def attempt() -> "asyncpg.Connection[asyncpg.Record]":
        connection = await asyncpg.connect(
            url,
            timeout=CONNECT_SECONDS,
            command_timeout=COMMAND_SECONDS,
            server_settings=_limits(application_name) | keepalives,
        )
        await _read_jsonb_as_python(connection)
        return connection

    return await _within(give_up_seconds, url, attempt)


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """One connection in one transaction: committed when the block ends, rolled back when it raises.

    Raises TimeoutError when no connection is free within 5 s.
    """
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as connection, connection.transaction():
        yield connection


def describe_database(url: str) -> str:
    """Where a database URL points, without its password: `intake at 127.0.0.1:5432 as nss_intake`."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    host = parts.hostname or query.get("host", ["local socket"])[0]
    port = f":{parts.port}" if parts.port else ""
    user = parts.username or query.get("user", ["default user"])[0]
    return f"{parts.path.lstrip('/') or 'default database'} at {host}{port} as {user}"


def _limits(application_name: str) -> dict[str, str]:
    return {
        "application_name": application_name,
        "statement_timeout": _milliseconds(STATEMENT_SECONDS),
        "lock_timeout": _milliseconds(LOCK_SECONDS),
        "idle_in_transaction_session_timeout": _milliseconds(IDLE_IN_TRANSACTION_SECONDS),
    }


def _milliseconds(seconds: float) -> str:
    return str(int(seconds * 1000))


async def _read_jsonb_as_python(connection: Any) -> None:
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=_dump_json, decoder=json.loads)


def _dump_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


async def _within(seconds: float, url: str, attempt: Callable[[], Awaitable[T]]) -> T:
    """Try until the time is up; the last error's class tells what was wrong, never a password."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            async with asyncio.timeout(max(deadline - time.monotonic(), RETRY_SECONDS)):
                return await attempt()
        except ssl.SSLCertVerificationError as error:
            told = error.verify_message or "it does not fit"
            raise DatabaseUnreachable(
                f"database {describe_database(url)}: its certificate is not trusted ({told})"
            ) from error
        except NOT_WORTH_RETRYING as error:
            raise DatabaseUnreachable(f"database {describe_database(url)} refused the connection: {error}") from error
        except DATABASE_ERRORS as error:
            if time.monotonic() + RETRY_SECONDS >= deadline:
                reason = str(error) or type(error).__name__
                raise DatabaseUnreachable(
                    f"database {describe_database(url)} did not answer within {seconds:.0f} s: {reason}"
                ) from error
        await asyncio.sleep(RETRY_SECONDS)
