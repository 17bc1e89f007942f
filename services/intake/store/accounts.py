"""Office accounts, the counts of wrong passwords, the sessions of an office, and the audit."""

from dataclasses import dataclass
from datetime import datetime

from services.intake.domain.accounts import AuditEntry
from services.intake.domain.login import Failures
from shared.runtime.database import Connection


@dataclass(frozen=True, slots=True)
class StoredPassword:
    """An account's hash; `initial_ends_at` is set while the password is one that an operator gave out."""

    password_hash: str
    must_change: bool
    initial_ends_at: datetime | None


async def insert_office_account(db: Connection, office_code: str, password_hash: str, now: datetime) -> None:
    """A login with a password of its own; an account that exists gets the new password and is open again."""
    await db.execute(
        """
        insert into office_accounts (office_code, password_hash, created_at, password_changed_at)
        values ($1, $2, $3, $3)
        on conflict (office_code) do update
            set password_hash = excluded.password_hash, password_changed_at = excluded.password_changed_at,
                must_change_password = false, initial_password_ends_at = null, closed_at = null
        """,
        office_code,
        password_hash,
        now,
    )


async def insert_account_to_be_opened(
    db: Connection, office_code: str, password_hash: str, now: datetime, ends_at: datetime
) -> bool:
    """A login with an initial password; a closed account is opened again. False where an open one exists."""
    opened = await db.fetchval(
        """
        insert into office_accounts (
            office_code, password_hash, created_at, password_changed_at, must_change_password, initial_password_ends_at
        ) values ($1, $2, $3, $3, true, $4)
        on conflict (office_code) do update
            set password_hash = excluded.password_hash, password_changed_at = excluded.password_changed_at,
                must_change_password = true, initial_password_ends_at = excluded.initial_password_ends_at,
                closed_at = null
            where office_accounts.closed_at is not null
        returning true
        """,
        office_code,
        password_hash,
        now,
        ends_at,
    )
    return opened is not None


async def update_to_initial_password(
    db: Connection, office_code: str, password_hash: str, now: datetime, ends_at: datetime
) -> bool:
    """Replace the password by an initial one; False where there is no open account."""
    updated = await db.fetchval(
        """
        update office_accounts
        set password_hash = $2, password_changed_at = $3, must_change_password = true, initial_password_ends_at = $4
        where office_code = $1 and closed_at is null returning true
        """,
        office_code,
        password_hash,
        now,
        ends_at,
    )
    return updated is not None


async def update_own_password(
    db: Connection, office_code: str, password_hash: str, replaced_hash: str, now: datetime
) -> bool:
    """The office's own new password; False where the one it replaces is no longer the current one."""
    updated = await db.fetchval(
        """
        update office_accounts
        set password_hash = $2, password_changed_at = $4, must_change_password = false, initial_password_ends_at = null
        where office_code = $1 and password_hash = $3 and closed_at is null returning true
        """,
        office_code,
        password_hash,
        replaced_hash,
        now,
    )
    return updated is not None


async def close_account(db: Connection, office_code: str, now: datetime) -> bool:
    """Nobody logs in any more; False where there is no open account."""
    closed = await db.fetchval(
        "update office_accounts set closed_at = $2 where office_code = $1 and closed_at is null returning true",
        office_code,
        now,
    )
    return closed is not None


async def find_password(db: Connection, office_code: str) -> StoredPassword | None:
    """The hash, or None where there is no such account or it is closed."""
    row = await db.fetchrow(
        """
        select password_hash, must_change_password, initial_password_ends_at
        from office_accounts where office_code = $1 and closed_at is null
        """,
        office_code,
    )
    if row is None:
        return None
    return StoredPassword(row["password_hash"], row["must_change_password"], row["initial_password_ends_at"])


async def lock_login_failures(db: Connection, office_code: str, now: datetime) -> Failures:
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
    return Failures(row["failures"], row["blocked_until"])


async def update_login_failures(db: Connection, office_code: str, failures: Failures, now: datetime) -> None:
    """Store the new count."""
    await db.execute(
        """
        update login_failures set failures = $2, blocked_until = $3, last_failed_at = $4 where office_code = $1
        """,
        office_code,
        failures.count,
        failures.blocked_until,
        now,
    )


async def clear_login_failures(db: Connection, office_code: str) -> None:
    """Forget the count after a right password, or because an operator unlocks the account."""
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


async def find_address_block(db: Connection, address: str) -> datetime | None:
    """Until when no password from this address is tried."""
    blocked_until: datetime | None = await db.fetchval(
        "select blocked_until from address_failures where address = $1", address
    )
    return blocked_until


async def lock_address_failures(db: Connection, address: str, now: datetime, forgotten_before: datetime) -> Failures:
    """The count of this address; it begins anew when its last wrong password is older than `forgotten_before`."""
    row = await db.fetchrow(
        """
        insert into address_failures as known (address, failures, blocked_until, last_failed_at)
        values ($1, 0, $2, $2)
        on conflict (address) do update
            set failures = case when known.last_failed_at < $3 then 0 else known.failures end
        returning failures, blocked_until
        """,
        address,
        now,
        forgotten_before,
    )
    assert row is not None
    return Failures(row["failures"], row["blocked_until"])


async def update_address_failures(db: Connection, address: str, failures: Failures, now: datetime) -> None:
    """Store the new count."""
    await db.execute(
        "update address_failures set failures = $2, blocked_until = $3, last_failed_at = $4 where address = $1",
        address,
        failures.count,
        failures.blocked_until,
        now,
    )


async def delete_old_address_failures(db: Connection, failed_before: datetime, at_most: int) -> int:
    """Forget addresses that have been quiet for long; returns how many."""
    rows = await db.fetch(
        """
        delete from address_failures where address in (
            select address from address_failures where last_failed_at < $1 limit $2 for update skip locked
        ) returning address
        """,
        failed_before,
        at_most,
    )
    return len(rows)


async def delete_sessions(db: Connection, office_code: str) -> None:
    """Whoever is logged in for the office is logged out."""
    await db.execute("delete from web_sessions where account = $1", office_code)


async def insert_audit_entry(db: Connection, entry: AuditEntry) -> None:
    """Keep who did what to an account."""
    await db.execute(
        "insert into account_audit (office_code, act, actor, at, concerns) values ($1, $2, $3, $4, $5)",
        entry.office_code,
        entry.act.value,
        entry.actor,
        entry.at,
        entry.concerns,
    )


async def delete_old_audit_entries(db: Connection, before: datetime, at_most: int) -> int:
    """Delete entries whose years are over; returns how many."""
    rows = await db.fetch(
        """
        delete from account_audit where audit_id in (
            select audit_id from account_audit where at < $1 order by at limit $2 for update skip locked
        ) returning audit_id
        """,
        before,
        at_most,
    )
    return len(rows)
