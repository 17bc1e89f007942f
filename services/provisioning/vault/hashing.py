"""Argon2id for the mail server, off the event loop: one hash costs about 23 ms of a core."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import argon2

from services.provisioning.domain.passwords import MailboxPassword

SCHEME = "{ARGON2ID}"


class MailServerHasher(Protocol):
    """Makes the hashes that the mail server checks logins against."""

    async def hash_all(self, passwords: Sequence[MailboxPassword]) -> list[str]:
        """One `{ARGON2ID}$argon2id$…` text per password, in their order."""
        ...


class Argon2idHasher:
    """OWASP's parameters (19 MiB, two passes, one lane) on a fixed number of threads."""

    def __init__(self, threads: int = 2) -> None:
        self._lanes = 2 * threads
        self._executor = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="argon2id")
        self._argon2 = argon2.PasswordHasher(
            time_cost=2, memory_cost=19456, parallelism=1, type=argon2.low_level.Type.ID
        )

    async def hash_all(self, passwords: Sequence[MailboxPassword]) -> list[str]:
        """As the protocol says; never more hashes at once than there are threads, so memory stays bounded.

        Passwords are handed over one by one, a little ahead of the threads: a large batch at once would hold the loop.
        """
        loop = asyncio.get_running_loop()
        hashes = [""] * len(passwords)
        todo = iter(enumerate(passwords))

        async def hash_the_next() -> None:
            for place, password in todo:
                hashes[place] = await loop.run_in_executor(self._executor, self._hash, password)

        await asyncio.gather(*(hash_the_next() for _ in range(self._lanes)))
        return hashes

    def _hash(self, password: MailboxPassword) -> str:
        return SCHEME + self._argon2.hash(password.reveal())
