"""Portal passwords: argon2id with OWASP parameters, off the event loop, in a bounded executor."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import argon2

TIME_COST: Final = 2
MEMORY_KIB: Final = 19_456
PARALLELISM: Final = 1

ResultT = TypeVar("ResultT")


class PasswordHasherBusy(RuntimeError):
    """More passwords wait to be checked than the service takes on: answer 503 and let the caller try again."""


class PasswordHasher:
    """Hashes and verifies; an unknown account costs the same time as a known one.

    One per process. At most `threads` hashes run and `waiting` more queue; what comes on top is refused.
    """

    def __init__(self, *, threads: int = 2, waiting: int = 64) -> None:
        self._argon2 = argon2.PasswordHasher(time_cost=TIME_COST, memory_cost=MEMORY_KIB, parallelism=PARALLELISM)
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="password-hash")
        self._free = threads + waiting
        self._dummy = self._argon2.hash(secrets.token_hex())

    async def hash(self, password: str) -> str:
        """The encoded argon2id hash. Raises PasswordHasherBusy."""
        return await self._run(lambda: self._argon2.hash(password))

    async def verify(self, encoded: str | None, password: str) -> bool:
        """Whether the password fits; None (no such account) is verified against a dummy hash and is never true.

        Raises PasswordHasherBusy.
        """
        fits = await self._run(lambda: self._fits(self._dummy if encoded is None else encoded, password))
        return fits and encoded is not None

    def close(self) -> None:
        """Finish what runs, drop what waits, end the threads."""
        self._executor.shutdown(cancel_futures=True)

    def _fits(self, encoded: str, password: str) -> bool:
        try:
            return self._argon2.verify(encoded, password)
        except argon2.exceptions.VerifyMismatchError:
            return False

    async def _run(self, work: Callable[[], ResultT]) -> ResultT:
        # Counted on the event loop alone, so a plain number needs no lock.
        if self._free == 0:
            raise PasswordHasherBusy("too many passwords are being checked")
        self._free -= 1
        done = asyncio.get_running_loop().run_in_executor(self._executor, work)
        done.add_done_callback(self._release)
        # Shielded: a caller that goes away must not free the place of a hash that still runs.
        return await asyncio.shield(done)

    def _release(self, _done: object) -> None:
        self._free += 1
