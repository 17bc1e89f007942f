"""Sealing and keys: a seal fits its row and its day alone; a destroyed key opens nothing again."""

import asyncio
import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import argon2
import pytest
from prometheus_client import REGISTRY

from services.provisioning.domain.passwords import MailboxPassword, new_password
from services.provisioning.vault import (
    Argon2idHasher,
    DirectoryKeyStore,
    KeyDestroyed,
    KeyStoreFault,
    KeyStoreUnavailable,
    MeasuredKeyStore,
    SealBroken,
    move_to_day,
    open_passwords,
    seal_passwords,
)
from shared.kernel.identifiers import MailboxId

DAY = date(2018, 11, 5)
FIRST, SECOND = MailboxId("NAC00102"), MailboxId("NAC00103")
PASSWORDS = {FIRST: MailboxPassword("AAAABBBBCCCC2222"), SECOND: MailboxPassword("DDDDEEEEFFFF3333")}


@pytest.fixture
def key_store(tmp_path: Path) -> DirectoryKeyStore:
    (tmp_path / "keys").mkdir(mode=0o700)
    return DirectoryKeyStore(tmp_path / "keys")


async def test_what_was_sealed_opens_to_the_same_passwords(key_store: DirectoryKeyStore) -> None:
    assert await open_passwords(key_store, await seal_passwords(key_store, DAY, PASSWORDS)) == PASSWORDS


async def test_every_mailbox_has_a_data_key_of_its_own(key_store: DirectoryKeyStore) -> None:
    first, second = await seal_passwords(key_store, DAY, PASSWORDS)
    keys = await key_store.unwrap(DAY, [first.wrapped_key, second.wrapped_key])
    assert keys[0] != keys[1]


async def test_a_seal_moved_to_another_row_does_not_open(key_store: DirectoryKeyStore) -> None:
    first, second = await seal_passwords(key_store, DAY, PASSWORDS)
    moved = [
        replace(first, mailbox_id=SECOND),
        replace(second, ciphertext=first.ciphertext),
        replace(second, wrapped_key=first.wrapped_key),
        replace(second, ciphertext=first.ciphertext, wrapped_key=first.wrapped_key),
        replace(first, ciphertext=first.ciphertext[:-1] + bytes([first.ciphertext[-1] ^ 1])),
    ]
    for sealed in moved:
        with pytest.raises(SealBroken):
            await open_passwords(key_store, [sealed])


async def test_a_key_wrapped_for_one_day_does_not_open_under_another(key_store: DirectoryKeyStore) -> None:
    (sealed, _) = await seal_passwords(key_store, DAY, PASSWORDS)
    other = date(2018, 11, 6)
    await seal_passwords(key_store, other, PASSWORDS)
    with pytest.raises(SealBroken):
        await open_passwords(key_store, [replace(sealed, closing_day=other)])


async def test_a_destroyed_day_opens_nothing_even_from_a_copy_of_the_rows(key_store: DirectoryKeyStore) -> None:
    backup = await seal_passwords(key_store, DAY, PASSWORDS)
    await key_store.destroy(DAY)
    await key_store.destroy(DAY)
    with pytest.raises(KeyDestroyed):
        await open_passwords(key_store, backup)


async def test_the_directory_and_its_files_are_for_their_owner_alone(
    key_store: DirectoryKeyStore, tmp_path: Path
) -> None:
    await seal_passwords(key_store, DAY, PASSWORDS)
    directory = tmp_path / "keys"
    assert directory.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in directory.iterdir()} == {"2018-11-05.key": 0o600}


async def test_a_directory_others_may_enter_is_refused(key_store: DirectoryKeyStore, tmp_path: Path) -> None:
    (tmp_path / "keys").chmod(0o750)
    with pytest.raises(KeyStoreUnavailable, match="it must be 700") as refused:
        await key_store.wrap(DAY, [b"k" * 32])
    assert refused.value.code is KeyStoreFault.EXPOSED


async def test_a_missing_directory_is_refused_and_not_made(key_store: DirectoryKeyStore, tmp_path: Path) -> None:
    (tmp_path / "keys").rmdir()
    for use in (key_store.wrap(DAY, [b"k" * 32]), key_store.unwrap(DAY, []), key_store.destroy(DAY), key_store.check()):
        with pytest.raises(KeyStoreUnavailable) as refused:
            await use
        assert refused.value.code is KeyStoreFault.MISSING
    assert not (tmp_path / "keys").exists()


async def test_a_damaged_key_file_stops_issuing_instead_of_wrapping_badly(
    key_store: DirectoryKeyStore, tmp_path: Path
) -> None:
    await key_store.wrap(DAY, [b"k" * 32])
    os.truncate(tmp_path / "keys" / "2018-11-05.key", 5)
    with pytest.raises(KeyStoreUnavailable, match="damaged"):
        await key_store.wrap(DAY, [b"k" * 32])


async def test_twenty_replicas_at_once_make_one_key(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o700)
    replicas = [DirectoryKeyStore(tmp_path / "keys") for _ in range(20)]
    wrapped = await asyncio.gather(*(replica.wrap(DAY, [b"k" * 32]) for replica in replicas))
    opened = await replicas[0].unwrap(DAY, [each for (each,) in wrapped])
    assert set(opened) == {b"k" * 32}


async def test_the_mail_server_gets_argon2id_with_the_parameters_asked_for() -> None:
    """Each at its password's place, also when there are more of them than are handed over at once."""
    passwords = [new_password(secrets.randbelow, 16) for _ in range(7)]
    hashes = await Argon2idHasher().hash_all(passwords)
    for password, told in zip(passwords, hashes, strict=True):
        assert told.startswith("{ARGON2ID}$argon2id$v=19$m=19456,t=2,p=1$")
        argon2.PasswordHasher().verify(told.removeprefix("{ARGON2ID}"), password.reveal())


async def test_a_large_batch_is_handed_to_the_threads_little_by_little() -> None:
    handed_over = 0

    class Counting(ThreadPoolExecutor):
        def submit(self, *arguments: Any, **named: Any) -> Any:
            nonlocal handed_over
            handed_over += 1
            return super().submit(*arguments, **named)

    hasher = Argon2idHasher()
    hasher._executor = Counting(2)
    hashing = asyncio.create_task(hasher.hash_all([PASSWORDS[FIRST]] * 40))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert 0 < handed_over < 10
    assert len(await hashing) == 40


async def test_hashing_leaves_the_event_loop_free() -> None:
    longest, done = 0.0, asyncio.Event()

    async def watch() -> None:
        nonlocal longest
        loop = asyncio.get_running_loop()
        while not done.is_set():
            before = loop.time()
            await asyncio.sleep(0.001)
            longest = max(longest, loop.time() - before)

    watcher = asyncio.create_task(watch())
    await asyncio.sleep(0.01)
    began = asyncio.get_running_loop().time()
    await Argon2idHasher().hash_all([PASSWORDS[FIRST]] * 40)
    elapsed = asyncio.get_running_loop().time() - began
    done.set()
    await watcher
    # On the loop, forty hashes would block it the whole time; beside it, for moments, however busy the machine is.
    assert longest < elapsed / 2


async def test_what_fails_is_counted_by_its_code_and_the_gauge_falls_and_rises(tmp_path: Path) -> None:
    watched = MeasuredKeyStore(DirectoryKeyStore(tmp_path / "keys"))
    missing = {"service": "provisioning", "code": "key_store_missing"}
    before = REGISTRY.get_sample_value("nss_key_store_failures_total", missing) or 0.0
    with pytest.raises(KeyStoreUnavailable):
        await watched.wrap(DAY, [b"k" * 32])
    assert REGISTRY.get_sample_value("nss_key_store_failures_total", missing) == before + 1
    assert REGISTRY.get_sample_value("nss_key_store_usable", {"service": "provisioning"}) == 0
    (tmp_path / "keys").mkdir(mode=0o700)
    wrapped = await watched.wrap(DAY, [b"k" * 32])
    assert await watched.unwrap(DAY, wrapped) == [b"k" * 32]
    assert REGISTRY.get_sample_value("nss_key_store_usable", {"service": "provisioning"}) == 1
    await watched.destroy(DAY)
    with pytest.raises(KeyDestroyed):
        await watched.unwrap(DAY, wrapped)


async def test_seals_moved_to_another_day_open_there_alone(key_store: DirectoryKeyStore) -> None:
    sealed = await seal_passwords(key_store, DAY, PASSWORDS)
    later = date(2018, 11, 12)
    moved = await move_to_day(key_store, sealed, later)
    await key_store.destroy(DAY)
    assert await open_passwords(key_store, moved) == PASSWORDS
    assert [each.ciphertext for each in moved] == [each.ciphertext for each in sealed]
    with pytest.raises(KeyDestroyed):
        await open_passwords(key_store, sealed)
    with pytest.raises(KeyDestroyed):
        await move_to_day(key_store, sealed, later)
