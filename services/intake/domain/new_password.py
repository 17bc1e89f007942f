"""What a new office password must be: long, not one of the usual ones, not made of the office's own names.

Length counts characters, and nothing is trimmed or normalised: the password is exactly what was typed.
"""

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SHORTEST: Final = 15
LONGEST: Final = 128
SHORTEST_OFFICE_WORD: Final = 3
LEAST_LEFT: Final = 8
LEAST_DIFFERENT: Final = 5
DISGUISES = str.maketrans("013457@$!", "oieastasi")

COMMON_WORDS: Final = frozenset(
    [
        "admin",
        "administrator",
        "asdfgh",
        "asdfghjkl",
        "baseball",
        "batman",
        "changeme",
        "computer",
        "corporation",
        "customer",
        "default",
        "dragon",
        "football",
        "guest",
        "hello",
        "iloveyou",
        "internet",
        "japan",
        "japanese",
        "kobe",
        "konnichiwa",
        "letmein",
        "login",
        "mailbox",
        "manager",
        "master",
        "monkey",
        "naccs",
        "nagoya",
        "nihon",
        "nippon",
        "office",
        "osaka",
        "pass",
        "passphrase",
        "passwd",
        "password",
        "passw",
        "princess",
        "private",
        "public",
        "qazwsx",
        "qwert",
        "qwerty",
        "qwertyui",
        "qwertyuiop",
        "sakura",
        "secret",
        "secure",
        "security",
        "server",
        "shadow",
        "sunshine",
        "superman",
        "support",
        "system",
        "temporary",
        "test",
        "tokyo",
        "trustno",
        "unlock",
        "user",
        "welcome",
        "yokohama",
        "zxcvbn",
        "zxcvbnm",
        "abc",
        "abcd",
        "abcde",
        "abcdef",
        "abcdefg",
        "abcdefgh",
        "fuji",
        "yamada",
        "suzuki",
        "tanaka",
        "sato",
        "watanabe",
        "kanri",
        "keiyaku",
        "mail",
        "pop",
        "smtp",
        "edifact",
        "customs",
        "import",
        "export",
        "port",
        "system",
        "spring",
        "summer",
        "autumn",
        "winter",
        "january",
        "february",
        "march",
        "april",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "company",
        "group",
        "account",
        "the",
        "my",
        "your",
        "our",
        "is",
        "and",
        "of",
    ]
)
_SEQUENCES: Final = (
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "01234567890",
    "1qaz2wsx3edc4rfv",
)
_RUN: Final = 4
_WORD: Final = re.compile("|".join(sorted(map(re.escape, COMMON_WORDS), key=len, reverse=True)))


class NewPasswordProblem(StrEnum):
    """Why a new password is not taken."""

    REQUIRED = "required"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    TOO_COMMON = "too_common"
    HOLDS_OFFICE_WORDS = "holds_office_words"
    SAME_AS_CURRENT = "same_as_current"
    NOT_REPEATED = "not_repeated"
    CURRENT_WRONG = "current_wrong"


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """What was typed into the three fields."""

    current: str
    new: str
    again: str


def problems_of(change: PasswordChange, office_words: Collection[str]) -> dict[str, NewPasswordProblem]:
    """Field name to problem, in the order of the page; empty when the new password may be taken."""
    found = {
        "current_password": None if change.current else NewPasswordProblem.REQUIRED,
        "new_password": _problem_of_new(change, office_words),
        "new_password_again": _problem_of_again(change),
    }
    return {field: problem for field, problem in found.items() if problem}


def _problem_of_new(change: PasswordChange, office_words: Collection[str]) -> NewPasswordProblem | None:
    new = change.new
    checks: Sequence[tuple[bool, NewPasswordProblem]] = (
        (not new, NewPasswordProblem.REQUIRED),
        (len(new) < SHORTEST, NewPasswordProblem.TOO_SHORT),
        (len(new) > LONGEST, NewPasswordProblem.TOO_LONG),
        (new == change.current, NewPasswordProblem.SAME_AS_CURRENT),
    )
    if problem := next((problem for wrong, problem in checks if wrong), None):
        return problem
    if is_too_common(new):
        return NewPasswordProblem.TOO_COMMON
    return NewPasswordProblem.HOLDS_OFFICE_WORDS if leans_on(new, office_words) else None


def _problem_of_again(change: PasswordChange) -> NewPasswordProblem | None:
    if change.new == change.again:
        return None
    return NewPasswordProblem.NOT_REPEATED if change.again else NewPasswordProblem.REQUIRED


def is_too_common(password: str) -> bool:
    """Whether little is left once usual words, runs such as 1234 or qwerty, and repetitions are taken away.

    A rule instead of a list: it refuses every combination of the usual words with digits between and around them.
    """
    if len(set(password)) < LEAST_DIFFERENT:
        return True
    folded = _fold(password)
    return min(_left(folded), _left(folded.translate(DISGUISES))) < LEAST_LEFT


def leans_on(password: str, office_words: Collection[str]) -> bool:
    """Whether too little is left once the office's own codes and names are taken away."""
    rest = _fold(password)
    for word in sorted((_fold(word) for word in office_words), key=len, reverse=True):
        if len(word) >= SHORTEST_OFFICE_WORD:
            rest = rest.replace(word, "")
    return len(rest) < LEAST_LEFT


def _fold(text: str) -> str:
    return re.sub(r"[\s_\-./]+", "", unicodedata.normalize("NFKC", text).casefold())


def _left(folded: str) -> int:
    """How many characters say something: a run, a repeated piece and a number at either end count next to nothing."""
    rest = _WORD.sub("", folded)
    rest = re.sub(r"(.{1,6}?)\1+", r"\1", rest)
    for sequence in (*_SEQUENCES, *(each[::-1] for each in _SEQUENCES)):
        for start in range(len(sequence) - _RUN + 1):
            rest = rest.replace(sequence[start : start + _RUN], "")
    return len(re.sub(r"^[\d!?#*+]+|[\d!?#*+]+$", "", rest))
