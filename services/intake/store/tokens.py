"""Tokens of programs, and the answers their posts got."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from shared.kernel.identifiers import OfficeCode
from shared.runtime.database import Connection

Key = tuple[OfficeCode, str]
"""An idempotency key with the office whose program made it."""

_CALLERS = """
    select token_hash, api_tokens.office_code from api_tokens join office_accounts using (office_code)
    where token_hash = any($1::bytea[]) and revoked_at is null and api_tokens.expires_at > $2
        and office_accounts.closed_at is null
"""


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token of an office, without the token itself."""

    token_id: UUID
    office_code: OfficeCode
    name: str
    created_at: datetime
    created_by: str
    expires_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """What a post was answered, as JSON text, and the digest of what it asked."""

    request_sha256: bytes
    status: int
    body: str


async def insert_token(db: Connection, token: ApiToken, token_hash: bytes) -> None:
    """A new token."""
    await db.execute(
        """
        insert into api_tokens (token_id, office_code, name, token_hash, created_at, created_by, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        """,
        token.token_id,
        token.office_code,
        token.name,
        token_hash,
        token.created_at,
        token.created_by,
        token.expires_at,
    )


async def find_callers(db: Connection, token_hashes: Sequence[bytes], now: datetime) -> dict[bytes, OfficeCode]:
    """The offices whose live tokens these are; ended ones are missing, and those of closed accounts."""
    rows = await db.fetch(_CALLERS, token_hashes, now)
    return {row["token_hash"]: OfficeCode(row["office_code"]) for row in rows}


async def find_callers_and_lock_free(
    db: Connection, token_hashes: Sequence[bytes], now: datetime
) -> tuple[dict[bytes, OfficeCode], frozenset[OfficeCode]]:
    """The same, and whose contract is locked now: not those that somebody else holds or that have none."""
    rows = await db.fetch(
        f"""
        with callers as ({_CALLERS}), locked as (
            select office_code from contracts where office_code in (select office_code from callers)
            for no key update skip locked
        )
        select token_hash, callers.office_code, locked.office_code is not null as is_locked
        from callers left join locked using (office_code)
        """,  # noqa: S608  a constant query
        token_hashes,
        now,
    )
    return (
        {row["token_hash"]: OfficeCode(row["office_code"]) for row in rows},
        frozenset(OfficeCode(row["office_code"]) for row in rows if row["is_locked"]),
    )


async def list_tokens(db: Connection, office_code: str) -> list[ApiToken]:
    """The office's tokens, oldest first, ended ones too."""
    rows = await db.fetch(
        """
        select token_id, office_code, name, created_at, created_by, expires_at, revoked_at
        from api_tokens where office_code = $1 order by created_at, token_id
        """,
        office_code,
    )
    return [_token(row) for row in rows]


async def revoke_token(db: Connection, office_code: str, token_id: UUID, now: datetime) -> bool:
    """End a token; one that has ended keeps its instant. False where the office has no such token."""
    known = await db.fetchval(
        """
        update api_tokens set revoked_at = coalesce(revoked_at, $3)
        where office_code = $1 and token_id = $2 returning true
        """,
        office_code,
        token_id,
        now,
    )
    return known is True


async def claim_key(
    db: Connection, office_code: str, idempotency_key: str, request_sha256: bytes, now: datetime
) -> bool:
    """Take the key for a post. Posts with one key queue here; False for those that find an answer."""
    claimed = await db.fetchval(
        """
        insert into api_answers (office_code, idempotency_key, request_sha256, status, body, answered_at)
        values ($1, $2, $3, 0, '', $4) on conflict do nothing returning true
        """,
        office_code,
        idempotency_key,
        request_sha256,
        now,
    )
    return claimed is True


async def update_answer(db: Connection, office_code: str, idempotency_key: str, answer: ApiAnswer) -> None:
    """Keep the answer of a claimed key for whoever sends the same post again."""
    await db.execute(
        "update api_answers set status = $3, body = $4 where office_code = $1 and idempotency_key = $2",
        office_code,
        idempotency_key,
        answer.status,
        answer.body,
    )


async def find_answer(db: Connection, office_code: str, idempotency_key: str) -> ApiAnswer:
    """The answer a key has led to."""
    row = await db.fetchrow(
        "select request_sha256, status, body from api_answers where office_code = $1 and idempotency_key = $2",
        office_code,
        idempotency_key,
    )
    assert row is not None
    return ApiAnswer(row["request_sha256"], row["status"], row["body"])


async def delete_old_answers(db: Connection, answered_before: datetime, at_most: int) -> int:
    """Forget answers nobody will ask for again; returns how many."""
    rows = await db.fetch(
        """
        delete from api_answers where (office_code, idempotency_key) in (
            select office_code, idempotency_key from api_answers
            where answered_at < $1 limit $2 for update skip locked
        ) returning office_code
        """,
        answered_before,
        at_most,
    )
    return len(rows)


def _token(row: asyncpg.Record) -> ApiToken:
    return ApiToken(**{**dict(row), "office_code": OfficeCode(row["office_code"])})
