"""Mailbox passwords: alphabet, composition, uniqueness, and a type that does not leak."""

import pickle
import random
import secrets
from collections import Counter

import pytest

from services.provisioning.domain.passwords import (
    ALPHABET,
    DIGITS,
    LETTERS,
    Credential,
    MailboxPassword,
    RandomSourceBroken,
    new_password,
)

SAMPLES = 100_000
SEEDED = random.Random(20261123).randrange  # noqa: S311  a test that repeats itself exactly


def test_the_alphabet_has_no_look_alikes() -> None:
    assert len(ALPHABET) == len(set(ALPHABET)) == 32
    assert not set("0O1I") & set(ALPHABET)


def test_a_hundred_thousand_passwords_keep_every_promise() -> None:
    texts = [new_password(SEEDED, 16).reveal() for _ in range(SAMPLES)]
    assert len(set(texts)) == SAMPLES
    assert {len(text) for text in texts} == {16}
    assert set().union(*texts) == set(ALPHABET)
    assert all(set(text) & set(DIGITS) and set(text) & set(LETTERS) for text in texts)


@pytest.mark.parametrize("symbols", [LETTERS, DIGITS])
def test_every_symbol_of_a_class_is_equally_likely(symbols: str) -> None:
    counts = Counter("".join(new_password(SEEDED, 16).reveal() for _ in range(SAMPLES // 4)))
    expected = sum(counts[symbol] for symbol in symbols) / len(symbols)
    chi_squared = sum((counts[symbol] - expected) ** 2 / expected for symbol in symbols)
    # The 0.999 quantiles of chi squared for 23 and 7 degrees of freedom.
    assert chi_squared < {23: 49.73, 7: 24.32}[len(symbols) - 1]


@pytest.mark.parametrize("length", [8, 16, 64])
def test_the_length_is_the_one_asked_for_also_with_the_system_source(length: int) -> None:
    assert len(new_password(secrets.randbelow, length).reveal()) == length


def test_a_stuck_random_source_ends_in_an_error_and_not_in_a_loop() -> None:
    with pytest.raises(RandomSourceBroken):
        new_password(lambda _: 0, 16)


def test_a_password_shows_in_no_representation_and_is_never_serialised() -> None:
    password = MailboxPassword("ABCDEFGH23456789")
    credential = Credential(password, "{ARGON2ID}$argon2id$x")
    for text in (repr(password), str(password), f"{password}", repr(credential), str(credential)):
        assert "ABCDEFGH" not in text
        assert "argon2id$" not in text
    with pytest.raises(TypeError):
        pickle.dumps(password)
