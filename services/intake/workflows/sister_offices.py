"""Sister offices: which offices of its company an office may apply for beside itself."""

from collections.abc import Sequence
from datetime import datetime

from services.intake import store
from services.intake.domain.register_changes import contract_change
from services.intake.workflows.refusals import NotFound
from services.intake.workflows.register import write_changes
from shared.kernel.identifiers import OfficeCode
from shared.runtime.database import Pool, transaction
from shared.runtime.ids import NewId


class NotOfThisCompany(ValueError):
    """An office may be granted offices of its own company only (B9)."""


async def set_sister_offices(
    pool: Pool, office_code: str, sisters: Sequence[OfficeCode], now: datetime, new_id: NewId
) -> Sequence[OfficeCode]:
    """Exactly these offices may be applied for beside its own; published as the contract's next version.

    Raises NotFound, and NotOfThisCompany for an office of another abbreviation or one that is not registered.
    """
    async with transaction(pool) as db:
        contract = await store.lock_contract(db, office_code)
        if contract is None:
            raise NotFound(office_code)
        known = {each.office_code for each in await store.lock_contracts_of_companies(db, [office_code[:3]])}
        if foreign := sorted(set(sisters) - known):
            raise NotOfThisCompany(", ".join(foreign))
        wanted = sorted(set(sisters) - {contract.office_code})
        change = contract_change(contract, contract.model_copy(update={"sister_offices": wanted}))
        await write_changes(db, [change], now, new_id)
    return wanted
