"""Programs of an office: their tokens, and posts that have one effect however often they are sent."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.intake import store
from services.intake.domain.application import Application, Content
from services.intake.domain.office_facts import FormRules
from services.intake.store.tokens import ApiAnswer as ApiAnswer
from services.intake.store.tokens import ApiToken as ApiToken
from services.intake.workflows.account_orders import AccountOrder
from services.intake.workflows.correcting import CorrectionForm, correct_locked
from services.intake.workflows.refusals import AccountUnknown, NotFound
from services.intake.workflows.withdrawing import Withdrawal, withdraw_in
from shared.kernel.identifiers import OfficeCode
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.ids import NewId
from shared.runtime.web.tokens import NewToken, new_token

TOKEN_PREFIX = "nss_"  # noqa: S105  scanners of repositories recognise a leaked token by it
ANSWERS_KEPT = timedelta(days=7)
ANSWERS_FORGOTTEN_AT_ONCE = 500

Tell = Callable[[Application, Content], dict[str, Any]]
"""What a program is answered about an application."""
Act = Callable[[Connection], Awaitable[tuple[Application, Content]]]


class TokenUnknown(LookupError):
    """No live token of an open account."""


class KeyReused(RuntimeError):
    """The idempotency key stands for another post."""


@dataclass(frozen=True, slots=True)
class ProgramPost:
    """A post of a program: whose, its key, the digest of everything it asks, and how to word the answer."""

    office_code: OfficeCode
    idempotency_key: str
    request_sha256: bytes
    tell: Tell


async def find_calling_office(pool: Pool, token: str, now: datetime) -> OfficeCode:
    """The office whose program calls. Raises TokenUnknown."""
    digest = digest_of_token(token)
    async with pool.acquire() as db:
        callers = await store.find_callers(db, [digest], now)
    if digest not in callers:
        raise TokenUnknown
    return callers[digest]


async def make_token(
    pool: Pool, order: AccountOrder, name: str, lives: timedelta, new_id: NewId, new: NewToken = new_token
) -> tuple[ApiToken, str]:
    """A token for a program of the office; the token itself is returned once. Raises AccountUnknown."""
    text = TOKEN_PREFIX + new()
    made = ApiToken(new_id(), order.office_code, name, order.at, order.operator, order.at + lives)
    async with transaction(pool) as db:
        if await store.find_password(db, order.office_code) is None:
            raise AccountUnknown(order.office_code)
        await store.insert_token(db, made, digest_of_token(text))
    return made, text


async def list_tokens(pool: Pool, office_code: OfficeCode) -> Sequence[ApiToken]:
    """The office's tokens, ended ones too."""
    async with pool.acquire() as db:
        return await store.list_tokens(db, office_code)


async def revoke_token(pool: Pool, order: AccountOrder, token_id: UUID) -> None:
    """The token works no more. Raises NotFound."""
    async with transaction(pool) as db:
        if not await store.revoke_token(db, order.office_code, token_id, order.at):
            raise NotFound(str(token_id))


async def correct_once(
    pool: Pool, post: ProgramPost, form: CorrectionForm, rules: FormRules, now: datetime, new_id: NewId
) -> ApiAnswer:
    """Answer a question by a corrected form. Raises KeyReused and what `correct_locked` raises."""

    async def correct(db: Connection) -> tuple[Application, Content]:
        application = await correct_locked(db, form, rules, now, new_id)
        return application, await _content(db, application)

    return await _once(pool, post, 200, now, correct)


async def withdraw_once(
    pool: Pool, post: ProgramPost, withdrawal: Withdrawal, now: datetime, new_id: NewId
) -> ApiAnswer:
    """Withdraw, or ask review to. Raises KeyReused and what `withdraw_application` raises."""

    async def withdraw(db: Connection) -> tuple[Application, Content]:
        await withdraw_in(db, withdrawal, now, new_id)
        application = await store.find_application(db, withdrawal.receipt_number, withdrawal.office_code)
        assert application is not None
        return application, await _content(db, application)

    return await _once(pool, post, 200, now, withdraw)


async def forget_answers(pool: Pool, now: datetime) -> int:
    """A post that is sent again after a week is a new one; how many answers were forgotten."""
    async with transaction(pool) as db:
        return await store.delete_old_answers(db, now - ANSWERS_KEPT, ANSWERS_FORGOTTEN_AT_ONCE)


async def _once(pool: Pool, post: ProgramPost, status: int, now: datetime, act: Act) -> ApiAnswer:
    """Act and keep the answer in one transaction; a refusal keeps nothing, so that the same post may try again."""
    async with transaction(pool) as db:
        if not await store.claim_key(db, post.office_code, post.idempotency_key, post.request_sha256, now):
            return await _first_answer(db, post)
        answer = answer_of(post.request_sha256, status, post.tell(*await act(db)))
        await store.update_answer(db, post.office_code, post.idempotency_key, answer)
    return answer


async def _first_answer(db: Connection, post: ProgramPost) -> ApiAnswer:
    return same_answer(await store.find_answer(db, post.office_code, post.idempotency_key), post.request_sha256)


def answer_of(request_sha256: bytes, status: int, told: dict[str, Any]) -> ApiAnswer:
    """The answer as it is sent and kept."""
    return ApiAnswer(request_sha256, status, json.dumps(told, ensure_ascii=False))


def same_answer(known: ApiAnswer, request_sha256: bytes) -> ApiAnswer:
    """The answer that the key has led to. Raises KeyReused where it led there with another request."""
    if known.request_sha256 != request_sha256:
        raise KeyReused
    return known


async def _content(db: Connection, application: Application) -> Content:
    content = await store.find_content(db, application.receipt_number, application.revision)
    assert content is not None
    return content


def digest_of_token(token: str) -> bytes:
    """What is kept of a token: it is random, so one round of SHA-256 tells nothing about it."""
    return hashlib.sha256(token.encode()).digest()
