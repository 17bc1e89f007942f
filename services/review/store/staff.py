"""Staff accounts, and logins that are under way at the identity provider."""

from datetime import datetime

import asyncpg

from services.review.domain.staff import StaffAccount, StaffMember, a_staff_member
from shared.runtime.database import Connection

_COLUMNS = """
    login, display_name, roles, password_hash, failed_logins, locked_until, must_change_password,
    disabled_at is not null as is_disabled, oidc_subject
"""


async def upsert_staff_account(db: Connection, member: StaffMember, password_hash: str, now: datetime) -> None:
    """Create the account, or give the existing one this name, these roles and this password, enabled and unlocked."""
    await db.execute(
        """
        insert into staff_accounts (login, display_name, roles, password_hash, created_at)
        values ($1, $2, $3, $4, $5)
        on conflict (login) do update set
            display_name = excluded.display_name,
            roles = excluded.roles,
            password_hash = excluded.password_hash,
            failed_logins = 0,
            locked_until = null,
            must_change_password = false,
            disabled_at = null
        """,
        member.login,
        member.display_name,
        sorted(member.roles),
        password_hash,
        now,
    )


async def insert_staff_account(db: Connection, member: StaffMember, password_hash: str, now: datetime) -> bool:
    """Create the account with a password that must be changed at the first login; whether the login was free."""
    created = await db.fetchval(
        """
        insert into staff_accounts (login, display_name, roles, password_hash, created_at, must_change_password)
        values ($1, $2, $3, $4, $5, true)
        on conflict (login) do nothing returning true
        """,
        member.login,
        member.display_name,
        sorted(member.roles),
        password_hash,
        now,
    )
    return bool(created)


async def find_staff_account(db: Connection, login: str) -> StaffAccount | None:
    """The account, disabled or not; None for a login that does not exist."""
    row = await db.fetchrow(f"select {_COLUMNS} from staff_accounts where login = $1", login)  # noqa: S608
    return _account(row) if row else None


async def lock_staff_account(db: Connection, login: str) -> StaffAccount | None:
    """The account, its row locked, so that attempts to log in are counted one after another."""
    row = await db.fetchrow(
        f"select {_COLUMNS} from staff_accounts where login = $1 for update",  # noqa: S608
        login,
    )
    return _account(row) if row else None


async def find_staff_account_by_subject(db: Connection, oidc_subject: str) -> StaffAccount | None:
    """The account that is bound to a person at the identity provider."""
    row = await db.fetchrow(f"select {_COLUMNS} from staff_accounts where oidc_subject = $1", oidc_subject)  # noqa: S608
    return _account(row) if row else None


async def find_staff_accounts(db: Connection) -> list[StaffAccount]:
    """Every account, by login."""
    rows = await db.fetch(f"select {_COLUMNS} from staff_accounts order by login")  # noqa: S608
    return [_account(row) for row in rows]


async def update_staff_account(db: Connection, account: StaffAccount, now: datetime) -> None:
    """Write what may change about an account but its password. The caller holds the row's lock."""
    await db.execute(
        """
        update staff_accounts set
            display_name = $2, roles = $3, failed_logins = $4, locked_until = $5, oidc_subject = $6,
            disabled_at = case when $7 then coalesce(disabled_at, $8) end
        where login = $1
        """,
        account.member.login,
        account.member.display_name,
        sorted(account.member.roles),
        account.failed_logins,
        account.locked_until,
        account.oidc_subject,
        account.is_disabled,
        now,
    )


async def update_password(db: Connection, login: str, password_hash: str, now: datetime, *, must_change: bool) -> None:
    """Replace the password; a lock and the count of failed logins end with it."""
    await db.execute(
        """
        update staff_accounts set
            password_hash = $2, password_changed_at = $3, must_change_password = $4, failed_logins = 0,
            locked_until = null
        where login = $1
        """,
        login,
        password_hash,
        now,
        must_change,
    )


async def insert_oidc_login(db: Connection, state_hash: bytes, begun: "tuple[str, str, str]", until: datetime) -> None:
    """Remember a login that was begun: nonce, code verifier, and where it leads afterwards."""
    await db.execute(
        "insert into oidc_logins (state_hash, nonce, code_verifier, target, expires_at) values ($1, $2, $3, $4, $5)",
        state_hash,
        *begun,
        until,
    )


async def take_oidc_login(db: Connection, state_hash: bytes, now: datetime) -> "tuple[str, str, str] | None":
    """What was begun under that state, once and in time; it is gone afterwards."""
    row = await db.fetchrow(
        "delete from oidc_logins where state_hash = $1 and expires_at > $2 returning nonce, code_verifier, target",
        state_hash,
        now,
    )
    return (row["nonce"], row["code_verifier"], row["target"]) if row else None


async def delete_old_oidc_logins(db: Connection, now: datetime) -> int:
    """Forget logins that never came back; says how many."""
    rows = await db.fetch("delete from oidc_logins where expires_at <= $1 returning 1", now)
    return len(rows)


def _account(row: asyncpg.Record) -> StaffAccount:
    return StaffAccount(
        member=a_staff_member(row["login"], row["display_name"], row["roles"]),
        password_hash=row["password_hash"],
        failed_logins=row["failed_logins"],
        locked_until=row["locked_until"],
        must_change_password=row["must_change_password"],
        is_disabled=row["is_disabled"],
        oidc_subject=row["oidc_subject"],
    )
