"""A key store for one machine or a shared volume: one file per closing day, in a directory for its owner alone."""

import asyncio
import os
import secrets
import stat
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.provisioning.vault.key_store import KeyDestroyed, KeyStoreFault, KeyStoreUnavailable

KEY_BYTES = 32
NONCE_BYTES = 12
ERASED_KEY = bytes(KEY_BYTES)
"""What a key file holds between being overwritten and being unlinked."""


class DirectoryKeyStore:
    """One file per day in a directory that only the service's user may enter, shared by its replicas."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def wrap(self, closing_day: date, data_keys: Sequence[bytes]) -> list[bytes]:
        """As the protocol says."""
        day_key = await asyncio.to_thread(self._read_or_create, closing_day)
        return [_encrypt(day_key, closing_day, data_key) for data_key in data_keys]

    async def unwrap(self, closing_day: date, wrapped_keys: Sequence[bytes]) -> list[bytes]:
        """As the protocol says."""
        day_key = await asyncio.to_thread(self._read, closing_day)
        if day_key is None:
            raise KeyDestroyed(f"no key for {closing_day}")
        return [_decrypt(day_key, closing_day, wrapped) for wrapped in wrapped_keys]

    async def destroy(self, closing_day: date) -> None:
        """As the protocol says."""
        await asyncio.to_thread(self._destroy, closing_day)

    async def check(self) -> None:
        """As the protocol says."""
        await asyncio.to_thread(self._check)

    def _read_or_create(self, closing_day: date) -> bytes:
        key = self._read(closing_day)
        if key is not None:
            return key
        self._create(closing_day)
        key = self._read(closing_day)
        if key is None:
            raise KeyStoreUnavailable(KeyStoreFault.DAMAGED, f"the key for {closing_day} vanished while it was made")
        return key

    def _read(self, closing_day: date) -> bytes | None:
        self._check_directory()
        try:
            key = self._path(closing_day).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise KeyStoreUnavailable(
                KeyStoreFault.UNREADABLE, f"cannot read the key for {closing_day}: {error.strerror}"
            ) from error
        if key == ERASED_KEY:
            return None
        if len(key) != KEY_BYTES:
            raise KeyStoreUnavailable(
                KeyStoreFault.DAMAGED, f"the key file for {closing_day} is damaged: {len(key)} bytes"
            )
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
            raise KeyStoreUnavailable(
                KeyStoreFault.UNWRITABLE, f"cannot make the key for {closing_day}: {error.strerror}"
            ) from error

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
            raise KeyStoreUnavailable(
                KeyStoreFault.UNWRITABLE, f"cannot destroy the key for {closing_day}: {error.strerror}"
            ) from error

    def _check(self) -> None:
        self._check_directory()
        if not os.access(self._directory, os.R_OK | os.W_OK | os.X_OK):
            raise KeyStoreUnavailable(KeyStoreFault.UNWRITABLE, f"no right to write to {self._directory}")

    def _check_directory(self) -> None:
        # Never made here: a volume that is not mounted would leave keys where nobody destroys them.
        try:
            found = self._directory.stat()
        except FileNotFoundError:
            raise KeyStoreUnavailable(KeyStoreFault.MISSING, f"there is no directory {self._directory}") from None
        except OSError as error:
            raise KeyStoreUnavailable(KeyStoreFault.UNREADABLE, f"cannot enter it: {error.strerror}") from error
        if not stat.S_ISDIR(found.st_mode):
            raise KeyStoreUnavailable(KeyStoreFault.MISSING, f"{self._directory} is no directory")
        if found.st_mode & 0o077:
            mode = stat.S_IMODE(found.st_mode)
            raise KeyStoreUnavailable(KeyStoreFault.EXPOSED, f"the key directory's mode is {mode:o}; it must be 700")

    def _fsync_directory(self) -> None:
        descriptor = os.open(self._directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _path(self, closing_day: date) -> Path:
        return self._directory / f"{closing_day.isoformat()}.key"


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
