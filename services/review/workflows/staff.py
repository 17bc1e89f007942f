"""Staff accounts: logging in, changing passwords, and keeping who works at the desk."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import Enum

from services.review import store
from services.review.domain.audit import AuditAction, AuditEntry
from services.review.domain.staff import (
    PasswordProblem,
    StaffAccount,
    StaffMember,
    a_new_login,
    a_staff_member,
    after_login,
    new_password_problems,
)
from services.review.workflows.dependencies import Dependencies
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.web.passwords import PasswordHasher


class AccountChange(Enum):
    """What an operator may do to an account besides its roles."""

    DISABLE = AuditAction.ACCOUNT_DISABLED
    ENABLE = AuditAction.ACCOUNT_ENABLED


async def create_staff_account(
    db: Connection,
    login: str,
    display_name: str,
    roles: Collection[str],
    password: str,
    hasher: PasswordHasher,
    now: datetime,
) -> None:
    """Create the account, or reset it: name, roles and password become these. Raises InvalidStaffAccount."""
    member = a_staff_member(login, display_name, roles)
    await store.upsert_staff_account(db, member, await hasher.hash(password), now)


async def authenticate(deps: Dependencies, login: str, password: str) -> StaffAccount | None:
    """Who logs in; None for a wrong password, an unknown, disabled or locked login alike, at the same cost.

    Every attempt on an existing account is audited, and the fifth wrong one in a row locks it for a while.
    """
    async with deps.pool.acquire() as db:
        found = await store.find_staff_account(db, login.strip())
    fits = await deps.hasher.verify(found.password_hash if found else None, password)
    if found is None or found.is_disabled:
        return None
    now = deps.clock.now()
    async with transaction(deps.pool) as db:
        account = await store.lock_staff_account(db, found.member.login)
        if account is None or account.is_disabled:
            return None
        # A password replaced in between is not the one that was checked.
        is_right = fits and account.password_hash == found.password_hash and not account.is_locked(now)
        after = after_login(account, is_right, now)
        if after != account:
            await store.update_staff_account(db, after, now)
        await _audit(db, deps, account.member.login, _attempt(account, after, is_right, now))
        return after if is_right else None


async def find_staff_member(pool: Pool, login: str) -> StaffMember | None:
    """The person behind a session or token, with today's roles; None when the account is disabled."""
    account = await find_account(pool, login)
    return account.member if account else None


async def find_account(pool: Pool, login: str) -> StaffAccount | None:
    """The account behind a session; None when it is disabled or has gone."""
    async with pool.acquire() as db:
        account = await store.find_staff_account(db, login)
    return account if account and not account.is_disabled else None


async def change_password(
    deps: Dependencies, login: str, current: str, new: str, repeated: str
) -> Sequence[PasswordProblem]:
    """Replace one's own password, or every reason why not."""
    async with deps.pool.acquire() as db:
        account = await store.find_staff_account(db, login)
    fits = await deps.hasher.verify(account.password_hash if account else None, current)
    wrong = [] if fits else [PasswordProblem.CURRENT_WRONG]
    problems = [*wrong, *new_password_problems(login, current, new, repeated)]
    if problems or account is None:
        return problems
    hashed = await deps.hasher.hash(new)
    async with transaction(deps.pool) as db:
        await store.update_password(db, login, hashed, deps.clock.now(), must_change=False)
        await _audit(db, deps, login, AuditAction.PASSWORD_CHANGED)
    return ()


async def list_staff_accounts(pool: Pool) -> Sequence[StaffAccount]:
    """Every account, disabled ones among them."""
    async with pool.acquire() as db:
        return await store.find_staff_accounts(db)


async def add_staff_account(
    deps: Dependencies, operator: str, login: str, display_name: str, roles: Collection[str]
) -> tuple[StaffMember, str] | None:
    """A new account with a password to be changed at the first login; None where the login is taken.

    Raises InvalidStaffAccount.
    """
    member, password = a_new_login(login, display_name, roles), deps.new_password()
    hashed = await deps.hasher.hash(password)
    async with transaction(deps.pool) as db:
        if not await store.insert_staff_account(db, member, hashed, deps.clock.now()):
            return None
        details = {"account": member.login, "roles": " ".join(sorted(member.roles))}
        await _audit(db, deps, operator, AuditAction.ACCOUNT_CREATED, details)
    return member, password


async def change_roles(
    deps: Dependencies, operator: str, login: str, display_name: str, roles: Collection[str]
) -> StaffMember | None:
    """Other roles, and another name unless it is empty; None: no such login. Raises InvalidStaffAccount."""
    async with transaction(deps.pool) as db:
        account = await store.lock_staff_account(db, login)
        if account is None:
            return None
        member = a_staff_member(login, display_name or account.member.display_name, roles)
        await store.update_staff_account(db, replace(account, member=member), deps.clock.now())
        details = {"account": login, "roles": " ".join(sorted(member.roles))}
        await _audit(db, deps, operator, AuditAction.ROLES_CHANGED, details)
    return member


async def reset_password(deps: Dependencies, operator: str, login: str) -> str | None:
    """A new first password, every session ended, any lock lifted; None: no such login."""
    password = deps.new_password()
    hashed = await deps.hasher.hash(password)
    async with transaction(deps.pool) as db:
        if await store.lock_staff_account(db, login) is None:
            return None
        await store.update_password(db, login, hashed, deps.clock.now(), must_change=True)
        await _audit(db, deps, operator, AuditAction.PASSWORD_RESET, {"account": login})
    await deps.sessions.close_all(login)
    return password


async def change_account(deps: Dependencies, operator: str, login: str, change: AccountChange) -> bool:
    """Disable or enable an account; False: no such login. Sessions and tokens of a disabled one end at once."""
    async with transaction(deps.pool) as db:
        account = await store.lock_staff_account(db, login)
        if account is None:
            return False
        changed = replace(account, is_disabled=change is AccountChange.DISABLE, failed_logins=0, locked_until=None)
        await store.update_staff_account(db, changed, deps.clock.now())
        await _audit(db, deps, operator, change.value, {"account": login})
    if changed.is_disabled:
        await deps.sessions.close_all(login)
    return True


async def record_logout(deps: Dependencies, login: str) -> None:
    """Remember that somebody went."""
    async with transaction(deps.pool) as db:
        await _audit(db, deps, login, AuditAction.LOGGED_OUT)


def _attempt(before: StaffAccount, after: StaffAccount, is_right: bool, now: datetime) -> AuditAction:
    if is_right:
        return AuditAction.LOGGED_IN
    locks = after.is_locked(now) and not before.is_locked(now)
    return AuditAction.ACCOUNT_LOCKED if locks else AuditAction.LOGIN_FAILED


async def _audit(
    db: Connection, deps: Dependencies, login: str, action: AuditAction, details: Mapping[str, str] | None = None
) -> None:
    entry = AuditEntry(deps.new_id(), deps.clock.now(), login, action, details=details or {})
    await store.insert_audit_entries(db, [entry])
