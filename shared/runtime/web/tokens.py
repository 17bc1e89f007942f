"""Where random tokens of sessions and one-use links come from."""

import secrets
from collections.abc import Callable

NewToken = Callable[[], str]

TOKEN_BYTES = 32


def new_token() -> str:
    """256 random bits, URL-safe."""
    return secrets.token_urlsafe(TOKEN_BYTES)


LEGIBLE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Nothing that reads like something else on paper or by telephone: no 0 and O, no 1 and I."""
LEGIBLE_LENGTH = 16


def new_initial_password() -> str:
    """A password that somebody is told and changes at the first login: 80 random bits."""
    return "".join(secrets.choice(LEGIBLE_LETTERS) for _ in range(LEGIBLE_LENGTH))
