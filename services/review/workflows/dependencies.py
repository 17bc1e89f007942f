"""What the edges of the service hand to its workflows; made once, in main."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from services.review.domain.review import NO_SECOND_APPROVER, SecondApproverRule
from shared.runtime.clock import Clock
from shared.runtime.database import Pool
from shared.runtime.ids import NewId
from shared.runtime.web.passwords import PasswordHasher
from shared.runtime.web.sessions import Sessions
from shared.runtime.web.tokens import new_token


class RefusedByProvider(ValueError):
    """The identity provider did not vouch for anybody; the message is for the log and holds no secret."""


@dataclass(frozen=True, slots=True)
class ProvenIdentity:
    """Whom the identity provider vouches for: `subject` is its issuer and its own id, `login` the claim we match."""

    subject: str
    login: str


class IdentityProvider(Protocol):
    """OpenID Connect, code flow with PKCE and nonce; the client is web.identity_provider."""

    async def authorization_url(self, state: str, nonce: str, code_verifier: str) -> str:
        """Where the browser is sent. Raises RefusedByProvider when the provider cannot be reached."""
        ...

    async def prove(self, code: str, nonce: str, code_verifier: str) -> ProvenIdentity:
        """Who came back with the code. Raises RefusedByProvider."""
        ...


@dataclass(frozen=True, slots=True)
class Dependencies:
    """The world outside: database, time, ids, passwords, sessions, the staff keys, and who else vouches for people."""

    pool: Pool
    clock: Clock
    new_id: NewId
    hasher: PasswordHasher
    sessions: Sessions
    staff_key_file: Path
    staff_keys_dir: Path
    identity_provider: IdentityProvider | None = None
    new_password: Callable[[], str] = new_token
    second_approver: SecondApproverRule = NO_SECOND_APPROVER
