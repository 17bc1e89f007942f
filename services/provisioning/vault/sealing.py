"""Sealing: AES-256-GCM under a fresh key per mailbox, bound to the mailbox ID; the closing day's key wraps that key."""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.provisioning.domain.passwords import MailboxPassword, SealedPassword
from services.provisioning.vault.key_directory import KEY_BYTES, NONCE_BYTES
from services.provisioning.vault.key_store import KeyStore
from shared.kernel.identifiers import MailboxId

SEALED_AT_ONCE = 50
"""Between two such handfuls, the rest of the process gets its turn."""


class SealBroken(ValueError):
    """A sealed password does not belong to its mailbox or its day, or was altered."""


async def seal_passwords(
    key_store: KeyStore, closing_day: date, passwords: Mapping[MailboxId, MailboxPassword]
) -> list[SealedPassword]:
    """One seal per mailbox, all for the same closing day. Raises KeyStoreUnavailable."""
    data_keys = [secrets.token_bytes(KEY_BYTES) for _ in passwords]
    wrapped_keys = await key_store.wrap(closing_day, data_keys)
    sealed: list[SealedPassword] = []
    for (mailbox_id, password), data_key, wrapped_key in zip(passwords.items(), data_keys, wrapped_keys, strict=True):
        sealed.append(SealedPassword(mailbox_id, closing_day, wrapped_key, _seal(data_key, mailbox_id, password)))
        if len(sealed) % SEALED_AT_ONCE == 0:
            await asyncio.sleep(0)
    return sealed


async def open_passwords(
    key_store: KeyStore, sealed_passwords: Sequence[SealedPassword]
) -> dict[MailboxId, MailboxPassword]:
    """The clear passwords by mailbox. Raises SealBroken, KeyDestroyed or KeyStoreUnavailable."""
    opened: dict[MailboxId, MailboxPassword] = {}
    for closing_day, of_day in _by_day(sealed_passwords).items():
        data_keys = await _unwrap(key_store, closing_day, of_day)
        opened.update(
            {sealed.mailbox_id: _open(data_key, sealed) for sealed, data_key in zip(of_day, data_keys, strict=True)}
        )
    return opened


async def move_to_day(
    key_store: KeyStore, sealed_passwords: Sequence[SealedPassword], closing_day: date
) -> list[SealedPassword]:
    """The same seals for another closing day: their data keys wrapped anew, no password opened.

    Raises SealBroken, KeyDestroyed or KeyStoreUnavailable.
    """
    moved: list[SealedPassword] = []
    for old_day, of_day in _by_day(sealed_passwords).items():
        data_keys = await _unwrap(key_store, old_day, of_day)
        wrapped_keys = await key_store.wrap(closing_day, data_keys)
        moved += [
            replace(sealed, closing_day=closing_day, wrapped_key=wrapped_key)
            for sealed, wrapped_key in zip(of_day, wrapped_keys, strict=True)
        ]
    return moved


def _by_day(sealed_passwords: Sequence[SealedPassword]) -> Mapping[date, list[SealedPassword]]:
    by_day: dict[date, list[SealedPassword]] = defaultdict(list)
    for sealed in sealed_passwords:
        by_day[sealed.closing_day].append(sealed)
    return by_day


async def _unwrap(key_store: KeyStore, closing_day: date, sealed: Sequence[SealedPassword]) -> list[bytes]:
    try:
        return await key_store.unwrap(closing_day, [each.wrapped_key for each in sealed])
    except ValueError as error:
        raise SealBroken(f"a key of {closing_day} was altered") from error


def _seal(data_key: bytes, mailbox_id: MailboxId, password: MailboxPassword) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(data_key).encrypt(nonce, password.reveal().encode(), mailbox_id.encode())


def _open(data_key: bytes, sealed: SealedPassword) -> MailboxPassword:
    nonce, ciphertext = sealed.ciphertext[:NONCE_BYTES], sealed.ciphertext[NONCE_BYTES:]
    try:
        text = AESGCM(data_key).decrypt(nonce, ciphertext, sealed.mailbox_id.encode())
    except InvalidTag as error:
        raise SealBroken(f"the seal of {sealed.mailbox_id} does not fit its row") from error
    return MailboxPassword(text.decode())
