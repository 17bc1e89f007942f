"""Server-side sessions: a 256-bit token in a cookie, its hash in the service's `web_sessions` table."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from shared.runtime.clock import Clock
from shared.runtime.database import Pool

IDLE: Final = timedelta(minutes=30)
ABSOLUTE: Final = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Session:
    """Who is logged in. `attributes` holds small public texts of the service (office name, role …)."""

    token_hash: bytes
    account: str
    attributes: Mapping[str, str]
    authenticated_at: datetime
    ends_at: datetime
    """When it ends unless something is asked for before; the absolute end, when that comes first."""
    seconds_left: int
    """Until then."""


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """How long a session lives and under which cookie name; `__Host-` and Secure follow the base URL's scheme."""

    cookie: str
    secure: bool
    idle: timedelta = IDLE
    absolute: timedelta = ABSOLUTE

    @property
    def cookie_name(self) -> str:
        """The name on the wire: a browser binds a `__Host-` cookie to this very host, path / and https."""
        return f"__Host-{self.cookie}" if self.secure else self.cookie


class Sessions:
    """Opens, finds and ends the sessions of one service."""

    def __init__(self, pool: Pool, clock: Clock, policy: SessionPolicy, new_token: Callable[[], str]) -> None:
        self._pool = pool
        self._clock = clock
        self._policy = policy
        self._new_token = new_token

    async def open(
        self,
        response: Response,
        account: str,
        attributes: Mapping[str, str] | None = None,
        *,
        replacing: Request | None = None,
    ) -> None:
        """Start a session under a new token and set its cookie; an old one is never continued (fixation).

        The session that the request `replacing` came with, if any, ends at once.
        """
        now = self._clock.now()
        token = self._new_token()
        if replacing is not None:
            await self._delete(replacing)
        await self._pool.execute(
            "insert into web_sessions (token_hash, account, attributes, authenticated_at, last_seen_at, expires_at)"
            " values ($1, $2, $3::text::jsonb, $4, $4, $5)",
            _hash(token),
            account,
            json.dumps(dict(attributes or {}), ensure_ascii=False),
            now,
            now + self._policy.absolute,
        )
        response.set_cookie(
            self._policy.cookie_name, token, path="/", httponly=True, samesite="lax", secure=self._policy.secure
        )

    async def find(self, request: Request) -> Session | None:
        """The live session of the request, its idle time renewed; None when there is none or it has ended."""
        token = request.cookies.get(self._policy.cookie_name)
        if not token:
            return None
        now = self._clock.now()
        token_hash = _hash(token)
        row = await self._pool.fetchrow(
            "update web_sessions set last_seen_at = greatest(last_seen_at, $2)"
            " where token_hash = $1 and expires_at > $2 and last_seen_at > $3"
            " returning account, attributes::text as attributes, authenticated_at, expires_at",
            token_hash,
            now,
            now - self._policy.idle,
        )
        if row is None:
            return None
        ends_at = min(now + self._policy.idle, row["expires_at"])
        return Session(
            token_hash=token_hash,
            account=row["account"],
            attributes=json.loads(row["attributes"]),
            authenticated_at=row["authenticated_at"],
            ends_at=ends_at,
            seconds_left=int((ends_at - now).total_seconds()),
        )

    async def close(self, request: Request, response: Response) -> None:
        """End the request's session and clear its cookie."""
        await self._delete(request)
        response.delete_cookie(
            self._policy.cookie_name, path="/", httponly=True, samesite="lax", secure=self._policy.secure
        )

    async def close_all(self, account: str, *, but: Session | None = None) -> None:
        """End every session of an account, for example after a password change."""
        await self._pool.execute(
            "delete from web_sessions where account = $1 and token_hash is distinct from $2",
            account,
            but.token_hash if but else None,
        )

    async def delete_ended(self, at_most: int = 1000) -> int:
        """Delete rows of sessions that have ended, and say how many: the batch of a scheduled job."""
        now = self._clock.now()
        deleted = await self._pool.fetch(
            "delete from web_sessions where token_hash in ("
            " select token_hash from web_sessions where expires_at <= $1 or last_seen_at <= $2"
            " limit $3 for update skip locked) returning account",
            now,
            now - self._policy.idle,
            at_most,
        )
        return len(deleted)

    async def _delete(self, request: Request) -> None:
        token = request.cookies.get(self._policy.cookie_name)
        if token:
            await self._pool.execute("delete from web_sessions where token_hash = $1", _hash(token))


def _hash(token: str) -> bytes:
    # A fast hash is enough: the token has 256 random bits, nobody can guess through it.
    return hashlib.sha256(token.encode()).digest()
