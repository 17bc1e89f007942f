"""Office accounts and the count of wrong passwords."""

from dataclasses import dataclass
from datetime import datetime

from shared.runtime.database import Connection


@dataclass(frozen=True, slots=True)
class LoginFailures:
    """Wrong passwords in a row for one office code, and until when no further one is tried."""

    failures: int
    blocked_until: datetime


async def insert_office_account(db: Connection, office_code: str, password_hash: str, now: datetime) -> None:
    """A login for the office; an account that exists gets the new password."""
    await db.execute(
        """
        insert into office_accounts (office_code, password_hash, created_at, password_changed_at)
        values ($1, $2, $3, $3)
        on conflict (office_code) do update
            set password_hash = excluded.password_hash, password_changed_at = excluded.password_changed_at
        """,
        office_code,
        password_hash,
        now,
    )


async def find_password_hash(db: Connection, office_code: str) -> str | None:
    """The encoded hash, or None where there is no such account."""
    found: str | None = await db.fetchval(
        "select password_hash from office_accounts where office_code = $1", office_code
    )
    return found


async def lock_login_failures(db: Connection, office_code: str, now: datetime) -> LoginFailures:
    """The count so far, for known and unknown office codes alike.

    Attempts for one office code queue here, so that parallel guesses count one by one. One statement: a row that
    another attempt has just deleted is made anew.
    """
    row = await db.fetchrow(
        """
        insert into login_failures (office_code, failures, blocked_until, last_failed_at)
        values ($1, 0, $2, $2)
        on conflict (office_code) do update set office_code = excluded.office_code
        returning failures, blocked_until
        """,
        office_code,
        now,
    )
    assert row is not None
    return LoginFailures(row["failures"], row["blocked_until"])


async def update_login_failures(db: Connection, office_code: str, failures: LoginFailures, now: datetime) -> None:
    """Store the new count."""
    await db.execute(
        """
        update login_failures set failures = $2, blocked_until = $3, last_failed_at = $4 where office_code = $1
        """,
        office_code,
        failures.failures,
        failures.blocked_until,
        now,
    )


async def clear_login_failures(db: Connection, office_code: str) -> None:
    """Forget the count after a right password."""
    await db.execute("delete from login_failures where office_code = $1", office_code)


async def delete_old_login_failures(db: Connection, failed_before: datetime, at_most: int) -> int:
    """Forget counts nobody has added to for long; returns how many."""
    rows = await db.fetch(
        """
        delete from login_failures where office_code in (
            select office_code from login_failures where last_failed_at < $1 limit $2 for update skip locked
        ) returning office_code
        """,
        failed_before,
        at_most,
    )
    return len(rows)
