"""Mailbox passwords: how they are made, and a type that cannot be printed or stored by accident."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import NoReturn

from shared.kernel.identifiers import MailboxId

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
DIGITS = "23456789"
ALPHABET = LETTERS + DIGITS
"""32 symbols, five bits each; 0, O, 1 and I are left out because people mix them up."""
BITS_PER_SYMBOL = 5
LAST_SYMBOL = len(ALPHABET) - 1

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 64
SHORT_PASSWORD = 12
"""Below this length a password is allowed by setting, with a warning at start."""

# One draw in a hundred lacks a digit at length 16, one in ten at length 8: 500 misses in a row mean a broken source.
MOST_DRAWS = 500

RandomBelow = Callable[[int], int]
"""Draws a number from 0 up to, not including, the argument; cryptographically secure outside tests."""


class RandomSourceBroken(RuntimeError):
    """The random source keeps giving passwords without a letter or without a digit."""


class MailboxPassword:
    """A secret text. Printing shows asterisks, pickling is refused; only `reveal` gives the text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The clear text: for sealing, hashing and the revealed ID notice alone."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MailboxPassword) and other._text == self._text

    def __hash__(self) -> int:
        return hash((MailboxPassword, self._text))

    def __repr__(self) -> str:
        return "MailboxPassword('********')"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a mailbox password is never serialised")


@dataclass(frozen=True, slots=True)
class Credential:
    """A new password and the hash the mail server gets of it; neither shows in a representation."""

    password: MailboxPassword = field(repr=False)
    mail_server_hash: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SealedPassword:
    """A password that only its own mailbox and its closing day's key can open."""

    mailbox_id: MailboxId
    closing_day: date
    """Last day of the password window; names the key outside the database."""
    wrapped_key: bytes = field(repr=False)
    ciphertext: bytes = field(repr=False)


def new_password(random_source: RandomBelow, length: int) -> MailboxPassword:
    """A password of `length` symbols with at least one letter and one digit, all such texts being equally likely.

    Raises RandomSourceBroken.
    """
    bits = length * BITS_PER_SYMBOL
    for _ in range(MOST_DRAWS):
        # One number for the whole text: drawing each symbol would hold the event loop ten times as long.
        drawn = random_source(1 << bits)
        text = "".join(ALPHABET[drawn >> place & LAST_SYMBOL] for place in range(0, bits, BITS_PER_SYMBOL))
        if _has_letter_and_digit(text):
            return MailboxPassword(text)
    raise RandomSourceBroken(f"{MOST_DRAWS} draws without a letter or without a digit")


def _has_letter_and_digit(text: str) -> bool:
    return any(symbol in DIGITS for symbol in text) and any(symbol in LETTERS for symbol in text)
