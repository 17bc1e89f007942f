"""Staff accounts: creating them, and finding out who is there."""

from collections.abc import Collection
from datetime import datetime

from services.review import store
from services.review.domain.staff import StaffMember, a_staff_member
from shared.runtime.database import Connection, Pool
from shared.runtime.web.passwords import PasswordHasher


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


async def authenticate(pool: Pool, login: str, password: str, hasher: PasswordHasher) -> StaffMember | None:
    """Who logs in; None for a wrong password and for an unknown or disabled login alike, at the same cost."""
    async with pool.acquire() as db:
        account = await store.find_staff_account(db, login.strip())
    fits = await hasher.verify(account[1] if account else None, password)
    return account[0] if account and fits else None


async def find_staff_member(pool: Pool, login: str) -> StaffMember | None:
    """The person behind a session or token, with today's roles; None when the account is disabled."""
    async with pool.acquire() as db:
        account = await store.find_staff_account(db, login)
    return account[0] if account else None
