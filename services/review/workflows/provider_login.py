"""Logging in through the identity provider: begun here, proven there, matched with an account that exists."""

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

from services.review import store
from services.review.domain.audit import AuditAction, AuditEntry
from services.review.domain.staff import StaffAccount
from services.review.workflows.dependencies import Dependencies, ProvenIdentity
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.web.tokens import new_token

BEGUN_FOR = timedelta(minutes=10)


async def begin_provider_login(deps: Dependencies, target: str) -> tuple[str, str] | None:
    """Where to send the browser, and the state it must bring back; None where no provider is configured.

    Raises RefusedByProvider when the provider cannot be reached.
    """
    if deps.identity_provider is None:
        return None
    state, nonce, code_verifier = new_token(), new_token(), new_token()
    url = await deps.identity_provider.authorization_url(state, nonce, code_verifier)
    async with transaction(deps.pool) as db:
        until = deps.clock.now() + BEGUN_FOR
        await store.insert_oidc_login(db, _hash(state), (nonce, code_verifier, target), until)
    return url, state


async def finish_provider_login(deps: Dependencies, state: str, code: str) -> tuple[StaffAccount, str] | None:
    """Who has logged in, and where they wanted to go; None for a state that is unknown, used or too old.

    None, too, for a person without an account: the provider says who somebody is, not that they work at the desk.
    Raises RefusedByProvider.
    """
    if deps.identity_provider is None:
        return None
    async with transaction(deps.pool) as db:
        begun = await store.take_oidc_login(db, _hash(state), deps.clock.now())
    if begun is None:
        return None
    nonce, code_verifier, target = begun
    identity = await deps.identity_provider.prove(code, nonce, code_verifier)
    async with transaction(deps.pool) as db:
        account = await _account_of(db, identity, deps.clock.now())
        if account is None:
            return None
        entry = AuditEntry(
            deps.new_id(), deps.clock.now(), account.member.login, AuditAction.LOGGED_IN, details={"by": "provider"}
        )
        await store.insert_audit_entries(db, [entry])
    return account, target


async def forget_old_provider_logins(pool: Pool, now: datetime) -> int:
    """Delete logins that were begun and never came back: the batch of a scheduled job."""
    async with transaction(pool) as db:
        return await store.delete_old_oidc_logins(db, now)


async def _account_of(db: Connection, identity: ProvenIdentity, now: datetime) -> StaffAccount | None:
    """The account bound to the person; else the one of that login that nobody is bound to yet, bound from now on."""
    bound = await store.find_staff_account_by_subject(db, identity.subject)
    if bound is not None:
        return None if bound.is_disabled else bound
    account = await store.lock_staff_account(db, identity.login)
    if account is None or account.is_disabled or account.oidc_subject is not None:
        return None
    account = replace(account, oidc_subject=identity.subject, must_change_password=False)
    await store.update_staff_account(db, account, now)
    return account


def _hash(state: str) -> bytes:
    return hashlib.sha256(state.encode()).digest()
