"""Ed25519-signed tokens (JWS): sign with a private key file, verify with a directory of public keys `<kid>.pem`.

Expiry is checked against the caller's clock, never the machine's.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

ALGORITHM = "EdDSA"
KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
MAX_TOKEN_LENGTH = 4096


class MalformedToken(ValueError):
    """The text is no token of the expected shape."""


class ForgedToken(ValueError):
    """The signature, the key or the audience is not ours."""


class ExpiredToken(ValueError):
    """The token was good, but its time is over."""


def sign(claims: Mapping[str, Any], private_key_file: Path) -> str:
    """A compact JWS over the claims; the key file's stem is its kid."""
    key = _private_key(private_key_file)
    return jwt.encode(dict(claims), key, algorithm=ALGORITHM, headers={"kid": private_key_file.stem})


def verify(
    token: str, public_keys_dir: Path, *, audience: str, issuer: str, required: Sequence[str], now: datetime
) -> Mapping[str, Any]:
    """The claims of a token that is ours, for us and not over. Raises MalformedToken, ForgedToken or ExpiredToken."""
    key = _public_key(_key_id(token), public_keys_dir)
    options: Any = {"require": ["exp", "aud", "iss", *required], "verify_exp": False, "verify_iat": False}
    try:
        claims: Mapping[str, Any] = jwt.decode(
            token, key, algorithms=[ALGORITHM], audience=audience, issuer=issuer, options=options
        )
    except (jwt.InvalidSignatureError, jwt.InvalidAudienceError, jwt.InvalidIssuerError) as error:
        raise ForgedToken(str(error)) from error
    except jwt.InvalidTokenError as error:
        raise MalformedToken(str(error)) from error
    if not isinstance(claims["exp"], int):
        raise MalformedToken("exp is no number")
    if claims["exp"] <= now.timestamp():
        raise ExpiredToken("the token is over")
    return claims


def _key_id(token: str) -> str:
    if len(token) > MAX_TOKEN_LENGTH:
        raise MalformedToken("the token is too long")
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError as error:
        raise MalformedToken(str(error)) from error
    key_id = header.get("kid")
    # The kid becomes a file name: it must not be able to leave the directory.
    if header.get("alg") != ALGORITHM or not isinstance(key_id, str) or KEY_ID.fullmatch(key_id) is None:
        raise ForgedToken("unknown algorithm or key")
    return key_id


def _public_key(key_id: str, directory: Path) -> Ed25519PublicKey:
    path = directory / f"{key_id}.pem"
    try:
        return _load_public_key(path, path.stat().st_mtime_ns)
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise ForgedToken("unknown key") from error


@lru_cache(maxsize=32)
def _load_public_key(path: Path, _changed: int) -> Ed25519PublicKey:
    key = load_pem_public_key(path.read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(f"{path} is no Ed25519 public key")
    return key


def _private_key(path: Path) -> Ed25519PrivateKey:
    return _load_private_key(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _load_private_key(path: Path, _changed: int) -> Ed25519PrivateKey:
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path} is no Ed25519 private key")
    return key
