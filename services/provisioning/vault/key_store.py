"""Keys per closing day, outside the database: destroying one makes every copy of that day's passwords unreadable."""

import asyncio
import os
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Protocol, TypeVar

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

T = TypeVar("T")
log = structlog.get_logger(__name__)

KEY_BYTES = 32
NONCE_BYTES = 12
ERASED_KEY = bytes(KEY_BYTES)
"""What a key file holds between being overwritten and being unlinked."""


class KeyStoreUnavailable(OSError):
    """The key store cannot be used now; nothing may be issued. Infrastructure: to be tried again."""


class KeyDestroyed(LookupError):
    """The closing day's key no longer exists: what it wrapped is gone for good."""


class KeyStore(Protocol):
    """A key management service in three verbs. Keys are named by the last day of a password window."""

    async def wrap(self, closing_day: date, data_keys: Sequence[bytes]) -> list[bytes]:
        """Encrypt data keys under the day's key, which is made at first use. Raises KeyStoreUnavailable."""
        ...

    async def unwrap(self, closing_day: date, wrapped_keys: Sequence[bytes]) -> list[bytes]:
        """Decrypt what `wrap` gave. Raises KeyDestroyed, KeyStoreUnavailable, or ValueError for forged input."""
        ...

    async def destroy(self, closing_day: date) -> None:
        """Destroy the day's key; a key that is gone already is fine. Raises KeyStoreUnavailable."""
        ...


class DirectoryKeyStore:
    """One file per day in a directory that only the service's user may enter, shared by its replicas."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def wrap(self, closing_day: date, data_keys: Sequence[bytes]) -> list[bytes]:
        """As the protocol says."""
        day_key = await _off_the_loop(self._read_or_create, closing_day)
        return [_encrypt(day_key, closing_day, data_key) for data_key in data_keys]

    async def unwrap(self, closing_day: date, wrapped_keys: Sequence[bytes]) -> list[bytes]:
        """As the protocol says."""
        day_key = await _off_the_loop(self._read, closing_day)
        if day_key is None:
            raise KeyDestroyed(f"no key for {closing_day}")
        return [_decrypt(day_key, closing_day, wrapped) for wrapped in wrapped_keys]

    async def destroy(self, closing_day: date) -> None:
        """As the protocol says."""
        await _off_the_loop(self._destroy, closing_day)

    def _read_or_create(self, closing_day: date) -> bytes:
        key = self._read(closing_day)
        if key is not None:
            return key
        self._create(closing_day)
        key = self._read(closing_day)
        if key is None:
            raise KeyStoreUnavailable(f"the key for {closing_day} vanished while it was made")
        return key

    def _read(self, closing_day: date) -> bytes | None:
        self._check_directory()
        try:
            key = self._path(closing_day).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise KeyStoreUnavailable(f"cannot read the key for {closing_day}: {error.strerror}") from error
        if key == ERASED_KEY:
            return None
        if len(key) != KEY_BYTES:
            raise KeyStoreUnavailable(f"the key file for {closing_day} is damaged: {len(key)} bytes")
        return key

    def _create(self, closing_day: date) -> None:
        # Written and fsynced under a name of its own, then linked: the day's name appears complete or not at all,
        # and of two replicas exactly one link succeeds; the other reads the winner's key.
        draft = self._directory / f".{closing_day}.{secrets.token_hex(8)}"
        try:
            _write_exclusively(draft, secrets.token_bytes(KEY_BYTES))
            with suppress(FileExistsError):
                os.link(draft, self._path(closing_day))
            draft.unlink()
            self._fsync_directory()
        except OSError as error:
            raise KeyStoreUnavailable(f"cannot make the key for {closing_day}: {error.strerror}") from error

    def _destroy(self, closing_day: date) -> None:
        self._check_directory()
        path = self._path(closing_day)
        try:
            with path.open("r+b") as file:
                file.write(ERASED_KEY)
                file.flush()
                os.fsync(file.fileno())
            path.unlink(missing_ok=True)
            self._fsync_directory()
        except FileNotFoundError:
            return
        except OSError as error:
            raise KeyStoreUnavailable(f"cannot destroy the key for {closing_day}: {error.strerror}") from error

    def _check_directory(self) -> None:
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            mode = self._directory.stat().st_mode & 0o777
        except OSError as error:
            raise KeyStoreUnavailable(f"cannot use the key directory: {error.strerror}") from error
        if mode & 0o077:
            raise KeyStoreUnavailable(f"the key directory's mode is {mode:o}; it must be 700")

    def _fsync_directory(self) -> None:
        descriptor = os.open(self._directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _path(self, closing_day: date) -> Path:
        return self._directory / f"{closing_day.isoformat()}.key"


async def _off_the_loop(work: Callable[[date], T], closing_day: date) -> T:
    try:
        return await asyncio.to_thread(work, closing_day)
    except KeyStoreUnavailable as problem:
        # Whoever retries reports the class alone; this line tells the operator what to mend.
        log.error("the key store is unavailable", reason=str(problem))
        raise


def _write_exclusively(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _encrypt(day_key: bytes, closing_day: date, data_key: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(day_key).encrypt(nonce, data_key, closing_day.isoformat().encode())


def _decrypt(day_key: bytes, closing_day: date, wrapped: bytes) -> bytes:
    nonce, sealed = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
    try:
        return AESGCM(day_key).decrypt(nonce, sealed, closing_day.isoformat().encode())
    except InvalidTag as error:
        raise ValueError(f"not a key wrapped for {closing_day}") from error
