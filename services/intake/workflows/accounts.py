"""Office accounts: opening one, and logging in without telling whether an office is known."""

from dataclasses import dataclass
from datetime import datetime

from services.intake import store
from services.intake.domain.login import delay_after
from services.intake.store.accounts import LoginFailures
from services.intake.workflows.refusals import LoginRefused
from shared.kernel.identifiers import InvalidIdentifier, OfficeCode, parse_office_code
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.web.passwords import PasswordHasher


@dataclass(frozen=True, slots=True)
class OfficeAccount:
    """Who is logged in; the names stand on every page and are empty before the contract is registered."""

    office_code: OfficeCode
    company_name: str
    office_name: str


async def create_office_account(
    db: Connection, office_code: str, password: str, hasher: PasswordHasher, now: datetime
) -> None:
    """A login for the office, or a new password for the one it has."""
    await store.insert_office_account(db, office_code, await hasher.hash(password), now)


async def log_in(pool: Pool, hasher: PasswordHasher, office_code: str, password: str, now: datetime) -> OfficeAccount:
    """The account whose password this is. Raises LoginRefused, for an unknown office as for a wrong password."""
    password_hash = await _start_attempt(pool, office_code, now) if _may_be_known(office_code) else None
    if not await hasher.verify(password_hash, password):
        raise LoginRefused
    async with transaction(pool) as db:
        await store.clear_login_failures(db, office_code)
        contract = await store.find_contract(db, office_code)
    company_name, office_name = (contract.company_name, contract.office_name) if contract else ("", "")
    return OfficeAccount(OfficeCode(office_code), company_name, office_name)


def _may_be_known(office_code: str) -> bool:
    # What cannot be an office code is not counted: anybody could fill the table with it.
    try:
        parse_office_code(office_code)
    except InvalidIdentifier:
        return False
    return True


async def _start_attempt(pool: Pool, office_code: str, now: datetime) -> str | None:
    async with transaction(pool) as db:
        blocked_until = await _count_attempt(db, office_code, now)
        password_hash = await store.find_password_hash(db, office_code)
    if blocked_until is not None:
        raise LoginRefused(blocked_until)
    return password_hash


async def _count_attempt(db: Connection, office_code: str, now: datetime) -> datetime | None:
    # Counted before the password is looked at: otherwise guesses sent at once would all pass before the first counts.
    so_far = await store.lock_login_failures(db, office_code, now)
    if so_far.blocked_until > now:
        return so_far.blocked_until
    failures = so_far.failures + 1
    await store.update_login_failures(db, office_code, LoginFailures(failures, now + delay_after(failures)), now)
    return None
