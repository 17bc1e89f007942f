"""Staff accounts."""

from datetime import datetime

from services.review.domain.staff import StaffMember, a_staff_member
from shared.runtime.database import Connection


async def upsert_staff_account(db: Connection, member: StaffMember, password_hash: str, now: datetime) -> None:
    """Create the account, or give the existing one this name, these roles and this password, enabled again."""
    await db.execute(
        """
        insert into staff_accounts (login, display_name, roles, password_hash, created_at)
        values ($1, $2, $3, $4, $5)
        on conflict (login) do update set
            display_name = excluded.display_name,
            roles = excluded.roles,
            password_hash = excluded.password_hash,
            disabled_at = null
        """,
        member.login,
        member.display_name,
        sorted(member.roles),
        password_hash,
        now,
    )


async def find_staff_account(db: Connection, login: str) -> tuple[StaffMember, str] | None:
    """The enabled account and its password hash, or None."""
    row = await db.fetchrow(
        "select login, display_name, roles, password_hash from staff_accounts where login = $1 and disabled_at is null",
        login,
    )
    return (a_staff_member(row["login"], row["display_name"], row["roles"]), row["password_hash"]) if row else None
