"""New office passwords: long ones of any kind, none that everybody would try, none made of the office's names."""

from itertools import product

import pytest

from services.intake.domain.new_password import (
    COMMON_WORDS,
    LONGEST,
    SHORTEST,
    NewPasswordProblem,
    PasswordChange,
    is_too_common,
    leans_on,
    problems_of,
)

OFFICE_WORDS = ("NAC001", "NAC", "ナックス商事株式会社", "第一営業所", "1234567")
GOOD = "three quiet boats at noon"


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "きょうは三そうの舟が静かにうかぶ",
        "k7#Qw9!zLp2@Vb5x",
        "pássphrase with umbräüts",
        "correct-horse-battery-staple",
    ],
)
def test_long_passwords_of_any_kind_are_taken(password: str) -> None:
    assert problems_of(PasswordChange("old", password, password), OFFICE_WORDS) == {}


@pytest.mark.parametrize(
    "password",
    [
        "password12345678",
        "PASSWORDPASSWORD",
        "P@ssw0rdP@ssw0rd",
        "qwertyuiopasdfgh",
        "123456789012345678",
        "aaaaaaaaaaaaaaaaaaaa",
        "abcabcabcabcabcabc",
        "naccs-password-2026",
        "letmein letmein 1",
        "1qaz2wsx3edc4rfv",
        "zyxwvutsrqponmlk",
        "9483016627549831",
        "Welcome to Tokyo 2026!",
    ],
)
def test_what_everybody_would_try_is_refused(password: str) -> None:
    assert is_too_common(password)


def test_more_than_three_thousand_usual_passwords_are_refused() -> None:
    words = sorted(word for word in COMMON_WORDS if len(word) >= 5)
    usual = {f"{first}{last}{digits}" for first, last in product(words, words) for digits in ("1", "2026", "!")}
    usual = {password for password in usual if len(password) >= SHORTEST}

    assert len(usual) > 3000
    assert [password for password in usual if not is_too_common(password)] == []


@pytest.mark.parametrize(
    "password", ["NAC001-NAC001-NAC001", "nac001 ナックス商事株式会社", "第一営業所第一営業所第一営業所"]
)
def test_the_offices_own_names_are_no_password(password: str) -> None:
    assert leans_on(password, OFFICE_WORDS)
    assert not leans_on(GOOD, OFFICE_WORDS)


@pytest.mark.parametrize(
    ("length", "problem"),
    [(SHORTEST - 1, NewPasswordProblem.TOO_SHORT), (SHORTEST, None), (LONGEST, None), (LONGEST + 1, "too_long")],
)
def test_the_length_counts_characters(length: int, problem: NewPasswordProblem | None) -> None:
    password = ("髙橋の静かな庭に咲く白い花と石" * 10)[:length]

    assert problems_of(PasswordChange("old", password, password), ()).get("new_password") == problem


def test_spaces_at_the_ends_belong_to_the_password() -> None:
    assert "new_password_again" in problems_of(PasswordChange("old", GOOD, GOOD + " "), ())


def test_every_field_has_its_own_problem() -> None:
    assert problems_of(PasswordChange("", "", ""), ()) == {
        "current_password": NewPasswordProblem.REQUIRED,
        "new_password": NewPasswordProblem.REQUIRED,
    }
    assert problems_of(PasswordChange(GOOD, GOOD, "x"), ()) == {
        "new_password": NewPasswordProblem.SAME_AS_CURRENT,
        "new_password_again": NewPasswordProblem.NOT_REPEATED,
    }
