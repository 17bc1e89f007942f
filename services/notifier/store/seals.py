"""Addresses and texts of mails at rest: encrypted with a key outside the database; addresses compare by a keyed hash.

A directory of mode 0700 holds `addresses.key` (for the hash, never changed) and one or more `archive-<name>.key`, each
64 hexadecimal digits; the last by name seals, all of them open. Removing an old one makes what it sealed unreadable.
"""

import hashlib
import hmac
import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ADDRESS_KEY = "addresses.key"
ARCHIVE_KEYS = "archive-*.key"
KEY_BYTES = 32
NONCE_BYTES = 12


class InvalidKeys(ValueError):
    """The directory holds no usable keys; the message names the file."""


class UnreadableSeal(ValueError):
    """Sealed with a key that is gone, for something else, or changed since."""


class Seals:
    """Seals, opens and hashes."""

    def __init__(self, keys_dir: Path) -> None:
        """Raises InvalidKeys."""
        self._hash_key = _read_key(keys_dir / ADDRESS_KEY)
        self._archive: Mapping[bytes, AESGCM] = {
            path.stem.encode(): AESGCM(_read_key(path)) for path in sorted(keys_dir.glob(ARCHIVE_KEYS))
        }
        if not self._archive:
            raise InvalidKeys(f"{keys_dir} holds no {ARCHIVE_KEYS}")
        self._current = list(self._archive)[-1]

    def seal(self, content: bytes, about: str) -> bytes:
        """Encrypted with the current key; opens only for the same `about`."""
        nonce = os.urandom(NONCE_BYTES)
        return self._current + b"\0" + nonce + self._archive[self._current].encrypt(nonce, content, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """What was sealed. Raises UnreadableSeal."""
        name, _, rest = sealed.partition(b"\0")
        key = self._archive.get(name)
        if key is None:
            raise UnreadableSeal("the key is gone")
        try:
            return key.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], about.encode())
        except InvalidTag as error:
            raise UnreadableSeal("not what was sealed") from error

    def hash_address(self, address: str) -> bytes:
        """Equal for equal addresses, whatever their case; tells nothing without the key."""
        return hmac.digest(self._hash_key, address.casefold().encode(), hashlib.sha256)


def _read_key(path: Path) -> bytes:
    try:
        if path.stat().st_mode & 0o077:
            raise InvalidKeys(f"{path} may be read by others: chmod 600")
        key = bytes.fromhex(path.read_text().strip())
    except (OSError, ValueError) as error:
        raise InvalidKeys(error if isinstance(error, InvalidKeys) else f"{path} is no key file") from error
    if len(key) != KEY_BYTES:
        raise InvalidKeys(f"{path} must hold {2 * KEY_BYTES} hexadecimal digits")
    return key
