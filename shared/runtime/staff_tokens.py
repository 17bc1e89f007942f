"""Staff tokens: short EdDSA-signed JWS that review issues and every service verifies with public keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from shared.runtime import signed_tokens

TOKEN_LIFETIME = timedelta(minutes=15)
ISSUER = "/nss/review"
AUDIENCE = "nss-staff-api"


class InvalidStaffToken(ValueError):
    """The token is missing, forged, expired or meant for somebody else."""


@dataclass(frozen=True, slots=True)
class StaffIdentity:
    """Who calls and what they may do."""

    login: str
    roles: Sequence[str]


def sign_staff_token(identity: StaffIdentity, private_key: Path, now: datetime) -> str:
    """A token for every service, valid for 15 minutes from `now`; the key file's stem is its kid."""
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": identity.login,
        "roles": list(identity.roles),
        "iat": int(now.timestamp()),
        "exp": int((now + TOKEN_LIFETIME).timestamp()),
    }
    return signed_tokens.sign(claims, private_key)


def verify_staff_token(token: str, public_keys: Path, now: datetime) -> StaffIdentity:
    """Who signed in. `public_keys` is a directory of `<kid>.pem`. Raises InvalidStaffToken."""
    try:
        claims = signed_tokens.verify(
            token, public_keys, audience=AUDIENCE, issuer=ISSUER, required=("sub", "roles"), now=now
        )
    except ValueError as error:
        raise InvalidStaffToken(str(error)) from error
    roles = claims["roles"]
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise InvalidStaffToken("roles is no list of texts")
    return StaffIdentity(claims["sub"], tuple(roles))


def verify_bearer(authorization: str | None, public_keys: Path, now: datetime) -> StaffIdentity:
    """Who signed in, from an `Authorization: Bearer …` header. Raises InvalidStaffToken."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise InvalidStaffToken("no bearer token")
    return verify_staff_token(token.strip(), public_keys, now)
