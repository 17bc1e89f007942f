"""Portal passwords: parameters, equal work for unknown accounts, a bounded queue."""

import asyncio

import argon2
import pytest

from shared.runtime.web.passwords import PasswordHasher, PasswordHasherBusy


@pytest.fixture
def hasher() -> PasswordHasher:
    return PasswordHasher(threads=1, waiting=2)


async def test_hash_is_argon2id_with_the_parameters_of_the_checklist(hasher: PasswordHasher) -> None:
    parameters = argon2.extract_parameters(await hasher.hash("正しい馬の電池"))

    assert parameters.type is argon2.Type.ID
    assert (parameters.time_cost, parameters.memory_cost, parameters.parallelism) == (2, 19_456, 1)


async def test_right_password_fits_and_any_other_byte_does_not(hasher: PasswordHasher) -> None:
    encoded = await hasher.hash("correct horse ")

    assert await hasher.verify(encoded, "correct horse ")
    assert not await hasher.verify(encoded, "correct horse")


async def test_unknown_account_never_fits_and_costs_a_whole_verification(
    hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []
    real = argon2.PasswordHasher.verify

    def noting(self: argon2.PasswordHasher, encoded: str, password: str) -> bool:
        verified.append(encoded)
        return real(self, encoded, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", noting)
    assert not await hasher.verify(None, "anything")
    assert not await hasher.verify(await hasher.hash("known"), "anything")

    unknown, known = (argon2.extract_parameters(encoded) for encoded in verified)
    assert unknown == known, "the dummy hash asks for exactly the work of a real one"


async def test_event_loop_turns_while_a_password_is_checked(hasher: PasswordHasher) -> None:
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.001)
            turns += 1

    counting = asyncio.create_task(count_turns())
    await asyncio.sleep(0)
    before = turns
    await hasher.hash("x")
    during = turns - before
    counting.cancel()

    assert during >= 2


async def test_full_queue_refuses_at_once_and_serves_again_later(hasher: PasswordHasher) -> None:
    answers = await asyncio.gather(*(hasher.hash("x") for _ in range(5)), return_exceptions=True)

    assert [type(answer) for answer in answers] == [str, str, str, PasswordHasherBusy, PasswordHasherBusy]
    assert await hasher.hash("x")


async def test_caller_that_goes_away_does_not_free_the_place_of_running_work(hasher: PasswordHasher) -> None:
    tasks = [asyncio.create_task(hasher.hash("x")) for _ in range(3)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    with pytest.raises(PasswordHasherBusy):
        await hasher.hash("x")


async def test_closed_hasher_leaves_no_thread() -> None:
    hasher = PasswordHasher(threads=1)
    await hasher.hash("x")
    hasher.close()

    with pytest.raises(RuntimeError):
        await hasher.hash("x")
