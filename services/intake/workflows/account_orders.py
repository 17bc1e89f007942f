"""What operators order for office accounts: opening, a new initial password, unlocking, closing, sister offices."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from services.intake import store
from services.intake.domain.accounts import AccountAct, AuditEntry
from services.intake.domain.login import INITIAL_PASSWORD_LIVES
from services.intake.workflows.refusals import (
    AccountExists,
    AccountUnknown,
    OfficeNotRegistered,
    SisterNotAllowed,
)
from services.intake.workflows.register import change_contract
from shared.contracts.intake_events import ContractPublished
from shared.kernel.identifiers import OfficeCode
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.ids import NewId
from shared.runtime.web.passwords import PasswordHasher
from shared.runtime.web.tokens import NewToken, new_initial_password


@dataclass(frozen=True, slots=True)
class AccountOrder:
    """Which office's account, who orders it, and when."""

    office_code: OfficeCode
    operator: str
    at: datetime


async def open_account(
    pool: Pool, hasher: PasswordHasher, order: AccountOrder, new_password: NewToken = new_initial_password
) -> str:
    """A login for the office with an initial password, which is returned once and stored nowhere in this form.

    It works for 14 days and opens only the page that replaces it. A closed account is opened again.
    Raises AccountExists.
    """
    password = new_password()
    password_hash, ends_at = await hasher.hash(password), order.at + INITIAL_PASSWORD_LIVES
    async with transaction(pool) as db:
        if not await store.insert_account_to_be_opened(db, order.office_code, password_hash, order.at, ends_at):
            raise AccountExists(order.office_code)
        await _note(db, order, AccountAct.OPENED)
    return password


async def reset_password(
    pool: Pool, hasher: PasswordHasher, order: AccountOrder, new_password: NewToken = new_initial_password
) -> str:
    """An initial password instead of the forgotten one; locks are lifted, sessions end. Raises AccountUnknown."""
    password = new_password()
    password_hash, ends_at = await hasher.hash(password), order.at + INITIAL_PASSWORD_LIVES
    async with transaction(pool) as db:
        if not await store.update_to_initial_password(db, order.office_code, password_hash, order.at, ends_at):
            raise AccountUnknown(order.office_code)
        await store.clear_login_failures(db, order.office_code)
        await store.delete_sessions(db, order.office_code)
        await _note(db, order, AccountAct.PASSWORD_RESET)
    return password


async def unlock_account(pool: Pool, order: AccountOrder) -> None:
    """Wrong passwords are forgotten; the password stays. Raises AccountUnknown."""
    async with transaction(pool) as db:
        if await store.find_password(db, order.office_code) is None:
            raise AccountUnknown(order.office_code)
        await store.clear_login_failures(db, order.office_code)
        await _note(db, order, AccountAct.UNLOCKED)


async def close_account(pool: Pool, order: AccountOrder) -> None:
    """Nobody logs in for the office any more, and whoever is logged in is out. Raises AccountUnknown."""
    async with transaction(pool) as db:
        if not await store.close_account(db, order.office_code, order.at):
            raise AccountUnknown(order.office_code)
        await store.delete_sessions(db, order.office_code)
        await _note(db, order, AccountAct.CLOSED)


async def grant_sister_office(pool: Pool, order: AccountOrder, sister: OfficeCode, new_id: NewId) -> ContractPublished:
    """The office may apply for a sister office of its company (B5); its contract says so in its next version.

    Raises OfficeNotRegistered for either office, SisterNotAllowed for one of another company or the office itself.
    """
    if sister == order.office_code or sister[:3] != order.office_code[:3]:
        raise SisterNotAllowed(sister)
    async with transaction(pool) as db:
        if await store.find_contract(db, sister) is None:
            raise OfficeNotRegistered(sister)
        await _note(db, order, AccountAct.SISTER_GRANTED, sister)
        return await change_contract(db, order.office_code, partial(_with_sister, sister), order.at, new_id)


async def revoke_sister_office(pool: Pool, order: AccountOrder, sister: OfficeCode, new_id: NewId) -> ContractPublished:
    """The office may no longer apply for it; what it has applied for stays. Raises OfficeNotRegistered."""
    async with transaction(pool) as db:
        await _note(db, order, AccountAct.SISTER_REVOKED, sister)
        return await change_contract(db, order.office_code, partial(_without_sister, sister), order.at, new_id)


def _with_sister(sister: OfficeCode, contract: ContractPublished) -> ContractPublished:
    return contract.model_copy(update={"sister_offices": sorted({*contract.sister_offices, sister})})


def _without_sister(sister: OfficeCode, contract: ContractPublished) -> ContractPublished:
    left = [office for office in contract.sister_offices if office != sister]
    return contract.model_copy(update={"sister_offices": left})


async def _note(db: Connection, order: AccountOrder, act: AccountAct, concerns: str | None = None) -> None:
    await store.insert_audit_entry(db, AuditEntry(order.office_code, act, order.operator, order.at, concerns))
