"""Where random tokens of sessions and one-use links come from."""

import secrets
from collections.abc import Callable

NewToken = Callable[[], str]

TOKEN_BYTES = 32


def new_token() -> str:
    """256 random bits, URL-safe."""
    return secrets.token_urlsafe(TOKEN_BYTES)
