"""Office accounts at the door: logging in without telling whether an office is known, and changing the password."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.intake import store
from services.intake.domain.accounts import BY_OFFICE, AccountAct, AuditEntry
from services.intake.domain.login import ACCOUNT_RULE, ADDRESS_FORGETS_AFTER, ADDRESS_RULE
from services.intake.domain.new_password import NewPasswordProblem, PasswordChange, problems_of
from services.intake.store.accounts import StoredPassword
from services.intake.workflows.refusals import InitialPasswordExpired, LoginRefused, NewPasswordRefused
from shared.contracts.intake_events import ContractPublished
from shared.kernel.identifiers import InvalidIdentifier, OfficeCode, parse_office_code
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.web.passwords import PasswordHasher

AUDIT_BATCH = 500
ADDRESSES_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OfficeAccount:
    """Who is logged in; the names stand on every page and are empty before the contract is registered.

    `must_change_password`: the password came from an operator, and opens the page that replaces it and nothing else.
    """

    office_code: OfficeCode
    company_name: str
    office_name: str
    must_change_password: bool = False


async def create_office_account(
    db: Connection, office_code: str, password: str, hasher: PasswordHasher, now: datetime
) -> None:
    """A login for the office, or a new password for the one it has; for the first accounts of an installation."""
    await store.insert_office_account(db, office_code, await hasher.hash(password), now)


async def log_in(
    pool: Pool, hasher: PasswordHasher, office_code: str, password: str, now: datetime, *, address: str = ""
) -> OfficeAccount:
    """The account whose password this is. `address` is where the attempt came from, empty if nobody counts it.

    Raises LoginRefused, for an unknown office as for a wrong password, and InitialPasswordExpired.
    """
    stored = await _verify(pool, hasher, office_code, password, now, address=address)
    if stored.initial_ends_at and stored.initial_ends_at <= now:
        raise InitialPasswordExpired
    async with transaction(pool) as db:
        contract = await store.find_contract(db, office_code)
        await store.insert_audit_entry(db, AuditEntry(office_code, AccountAct.LOGGED_IN, BY_OFFICE, now))
    company_name, office_name = (contract.company_name, contract.office_name) if contract else ("", "")
    return OfficeAccount(OfficeCode(office_code), company_name, office_name, stored.must_change)


async def change_password(
    pool: Pool, hasher: PasswordHasher, office_code: str, change: PasswordChange, now: datetime, *, address: str = ""
) -> None:
    """Replace the office's password by its own new one; every session of the office ends (S17).

    Raises NewPasswordRefused with every field's problem, and LoginRefused while no attempt is accepted.
    """
    async with pool.acquire() as db:
        contract = await store.find_contract(db, office_code)
    problems = problems_of(change, _office_words(office_code, contract))
    stored = None
    if change.current:
        try:
            stored = await _verify(pool, hasher, office_code, change.current, now, address=address)
        except LoginRefused as refused:
            if refused.blocked_until:
                raise
            problems = {"current_password": NewPasswordProblem.CURRENT_WRONG, **problems}
    if problems or stored is None:
        raise NewPasswordRefused(problems)
    new_hash = await hasher.hash(change.new)
    async with transaction(pool) as db:
        if not await store.update_own_password(db, office_code, new_hash, stored.password_hash, now):
            raise NewPasswordRefused({"current_password": NewPasswordProblem.CURRENT_WRONG})
        await store.delete_sessions(db, office_code)
        await store.insert_audit_entry(db, AuditEntry(office_code, AccountAct.PASSWORD_CHANGED, BY_OFFICE, now))


async def forget_address_failures(pool: Pool, now: datetime) -> int:
    """Forget addresses that have been quiet for a day; returns how many."""
    async with transaction(pool) as db:
        return await store.delete_old_address_failures(db, now - ADDRESSES_KEPT, AUDIT_BATCH)


async def forget_account_audit(pool: Pool, audited_before: datetime) -> int:
    """Delete audit entries whose years are over; returns how many."""
    async with transaction(pool) as db:
        return await store.delete_old_audit_entries(db, audited_before, AUDIT_BATCH)


async def _verify(
    pool: Pool, hasher: PasswordHasher, office_code: str, password: str, now: datetime, *, address: str
) -> StoredPassword:
    stored = await _start_attempt(pool, office_code, now, address) if _may_be_known(office_code) else None
    if not await hasher.verify(stored.password_hash if stored else None, password):
        await _count_for_address(pool, address, now)
        raise LoginRefused
    assert stored is not None, "no password fits an account that is not there"
    async with transaction(pool) as db:
        await store.clear_login_failures(db, office_code)
    return stored


def _may_be_known(office_code: str) -> bool:
    # What cannot be an office code is not counted: anybody could fill the table with it.
    try:
        parse_office_code(office_code)
    except InvalidIdentifier:
        return False
    return True


async def _start_attempt(pool: Pool, office_code: str, now: datetime, address: str) -> StoredPassword | None:
    async with transaction(pool) as db:
        address_block = await store.find_address_block(db, address)
        blocked_until = await _count_attempt(db, office_code, now) if not _lies_ahead(address_block, now) else None
        stored = await store.find_password(db, office_code)
    for block in (address_block, blocked_until):
        if _lies_ahead(block, now):
            raise LoginRefused(block)
    return stored


async def _count_attempt(db: Connection, office_code: str, now: datetime) -> datetime | None:
    # Counted before the password is looked at: otherwise guesses sent at once would all pass before the first counts.
    so_far = await store.lock_login_failures(db, office_code, now)
    if so_far.blocked_until > now:
        return so_far.blocked_until
    await store.update_login_failures(db, office_code, so_far.one_more(ACCOUNT_RULE, now), now)
    return None


async def _count_for_address(pool: Pool, address: str, now: datetime) -> None:
    # Counted after: many people behind one address may log in at the same moment.
    if not address:
        return
    async with transaction(pool) as db:
        so_far = await store.lock_address_failures(db, address, now, now - ADDRESS_FORGETS_AFTER)
        await store.update_address_failures(db, address, so_far.one_more(ADDRESS_RULE, now), now)


def _lies_ahead(instant: datetime | None, now: datetime) -> bool:
    return instant is not None and instant > now


def _office_words(office_code: str, contract: ContractPublished | None) -> Collection[str]:
    names = (contract.company_name, contract.office_name, contract.billing_code) if contract else ()
    return (office_code, office_code[:3], *names)
