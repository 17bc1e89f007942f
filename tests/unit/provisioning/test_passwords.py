"""Mailbox passwords: alphabet, composition, uniqueness, and a type that does not leak."""

import copy
import json
import pickle
import random
import re
import secrets
from collections import Counter

import pytest
from pydantic import ValidationError
from pydantic_core import PydanticSerializationError, to_jsonable_python

from services.provisioning.domain.passwords import (
    ALPHABET,
    DIGITS,
    LETTERS,
    Credential,
    MailboxPassword,
    RandomSourceBroken,
    new_password,
)
from shared.contracts.provisioning_events import MailboxesIssued
from shared.contracts.registry import EVENT_MODELS
from shared.runtime.logs import configure_logs, get_log
from tests.builders import mailboxes_issued

SAMPLES = 100_000
MANY_SAMPLES = 1_000_000
CHI_SQUARED_QUANTILES = {LETTERS: 49.73, DIGITS: 24.32}
"""The 0.999 quantiles for 23 and 7 degrees of freedom."""
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


@pytest.mark.full
def test_a_million_passwords_of_the_system_source_do_not_repeat_and_use_every_symbol_alike() -> None:
    texts = [new_password(secrets.randbelow, 16).reveal() for _ in range(MANY_SAMPLES)]
    assert len(set(texts)) == MANY_SAMPLES
    counts = Counter("".join(texts))
    for symbols, quantile in CHI_SQUARED_QUANTILES.items():
        assert chi_squared(counts, symbols) < quantile


@pytest.mark.parametrize("symbols", [LETTERS, DIGITS])
def test_every_symbol_of_a_class_is_equally_likely(symbols: str) -> None:
    counts = Counter("".join(new_password(SEEDED, 16).reveal() for _ in range(SAMPLES // 4)))
    assert chi_squared(counts, symbols) < CHI_SQUARED_QUANTILES[symbols]


def chi_squared(counts: Counter[str], symbols: str) -> float:
    """How far the symbols are from being equally frequent."""
    expected = sum(counts[symbol] for symbol in symbols) / len(symbols)
    return sum((counts[symbol] - expected) ** 2 / expected for symbol in symbols)


@pytest.mark.parametrize("length", [8, 16, 64])
def test_the_length_is_the_one_asked_for_also_with_the_system_source(length: int) -> None:
    assert len(new_password(secrets.randbelow, length).reveal()) == length


def test_a_text_is_one_draw_that_decides_every_symbol() -> None:
    asked: list[int] = []
    draws = iter([0, 31, 31 << 75, (1 << 80) - 1, 8 * 32**15 | 31])

    def scripted(below: int) -> int:
        asked.append(below)
        return next(draws)

    assert new_password(scripted, 16).reveal() == "9" + "A" * 15
    assert new_password(scripted, 16).reveal() == "A" * 15 + "9"
    assert new_password(scripted, 16).reveal() == "9" + "A" * 14 + "J"
    assert set(asked) == {32**16}


def test_a_stuck_random_source_ends_in_an_error_and_not_in_a_loop() -> None:
    with pytest.raises(RandomSourceBroken):
        new_password(lambda _: 0, 16)


def test_a_password_shows_in_no_representation_and_is_never_serialised() -> None:
    password = MailboxPassword("ABCDEFGH23456789")
    credential = Credential(password, "{ARGON2ID}$argon2id$x")
    for text in (repr(password), str(password), f"{password}", repr(credential), str(credential)):
        assert "ABCDEFGH" not in text
        assert "argon2id$" not in text
    for serialise in (pickle.dumps, json.dumps, copy.deepcopy, to_jsonable_python):
        with pytest.raises((TypeError, PydanticSerializationError)):
            serialise(password)


def test_no_event_can_hold_a_password() -> None:
    password = MailboxPassword("ABCDEFGH23456789")
    fields = mailboxes_issued().model_dump()
    for name in fields:
        with pytest.raises(ValidationError) as refused:
            MailboxesIssued.model_validate({**fields, name: password})
        assert "ABCDEFGH" not in str(refused.value)


def test_no_event_of_any_service_has_a_field_for_a_secret() -> None:
    named = {f"{model.__name__}.{field}" for model in EVENT_MODELS.values() for field in model.model_fields}
    suspects = {name for name in named if re.search("password|secret|hash|key", name.partition(".")[2])}
    assert suspects == {"ApplicationReceived.password_reissue", "ApplicationCorrected.password_reissue"}


def test_a_password_in_a_log_line_reads_as_asterisks(capfd: pytest.CaptureFixture[str]) -> None:
    configure_logs("provisioning")
    password = MailboxPassword("ABCDEFGH23456789")
    get_log().warning("careless", password=password, credential=Credential(password, "x"), listed=[password])
    printed = "".join(capfd.readouterr())
    assert "careless" in printed
    assert "********" in printed
    assert "ABCDEFGH" not in printed
