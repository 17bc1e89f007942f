"""A key store under watch: what fails is counted by its code, and a gauge says whether nothing can be issued."""

from collections.abc import Awaitable, Sequence
from datetime import date
from typing import TypeVar

import structlog

from services.provisioning.vault.key_store import KeyStore, KeyStoreUnavailable
from shared.runtime import metrics

T = TypeVar("T")
SERVICE = "provisioning"
log = structlog.get_logger(__name__)


class MeasuredKeyStore:
    """Any key store, told of in logs and metrics. Whoever retries reports the class alone; the code is told here."""

    def __init__(self, key_store: KeyStore) -> None:
        self._key_store = key_store

    async def wrap(self, closing_day: date, data_keys: Sequence[bytes]) -> list[bytes]:
        """As the protocol says."""
        return await _told(self._key_store.wrap(closing_day, data_keys))

    async def unwrap(self, closing_day: date, wrapped_keys: Sequence[bytes]) -> list[bytes]:
        """As the protocol says."""
        return await _told(self._key_store.unwrap(closing_day, wrapped_keys))

    async def destroy(self, closing_day: date) -> None:
        """As the protocol says."""
        await _told(self._key_store.destroy(closing_day))

    async def check(self) -> None:
        """As the protocol says."""
        await _told(self._key_store.check())


async def _told(answer: Awaitable[T]) -> T:
    try:
        result = await answer
    except KeyStoreUnavailable as problem:
        metrics.KEY_STORE_USABLE.labels(SERVICE).set(0)
        metrics.KEY_STORE_FAILURES.labels(SERVICE, problem.code.value).inc()
        log.error("the key store is unavailable", code=problem.code.value, reason=str(problem))
        raise
    metrics.KEY_STORE_USABLE.labels(SERVICE).set(1)
    return result
