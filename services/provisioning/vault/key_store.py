"""What a key store does: keys per closing day, outside the database, so that destroying one ends every copy.

A password is sealed under a data key of its own; the day's key wraps that data key. Who has the database, a dump or a
copy of its files, but not the day's key, has nothing; once the key is destroyed, nobody has anything.

To put a key management service in the place of the directory, implement `KeyStore` so that
- a closing day names one symmetric key (an alias `nss-mailbox-2018-11-05`, say), made at the first `wrap` by whichever
  replica comes first; the others use the same one;
- `wrap` and `unwrap` are the service's encrypt and decrypt, with the day in ISO form as associated data, so that what
  was wrapped for one day never opens under another; key material never leaves the service;
- `destroy` is final when it returns: a service that only schedules a deletion for later must also deny all use at once;
- whatever is temporary (network, throttling, permission) is raised as KeyStoreUnavailable, with a code of its own:
  callers then issue nothing and try again; and a key that is gone is KeyDestroyed, which nobody tries again;
- backups of the service are made and kept apart from those of the database, and expire within the window.
"""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Protocol


class KeyStoreFault(StrEnum):
    """Why a key store cannot be used: stable codes for logs, metrics and alerts."""

    MISSING = "key_store_missing"
    EXPOSED = "key_store_exposed"
    UNREADABLE = "key_store_unreadable"
    UNWRITABLE = "key_store_unwritable"
    DAMAGED = "key_store_damaged"


class KeyStoreUnavailable(OSError):
    """The key store cannot be used now; nothing may be issued. Infrastructure: to be tried again."""

    def __init__(self, code: KeyStoreFault, text: str) -> None:
        super().__init__(text)
        self.code = code


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

    async def check(self) -> None:
        """Nothing, if keys could be made, read and destroyed now. Raises KeyStoreUnavailable."""
        ...
