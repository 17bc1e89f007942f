"""Review's part of the contract register."""

from collections.abc import Collection, Mapping, Sequence

import asyncpg

from services.review.domain.contract import Contract
from shared.contracts.intake_events import ProcessingMode
from shared.kernel.identifiers import OfficeCode
from shared.runtime.database import Connection


async def upsert_contracts(db: Connection, contracts: Sequence[Contract]) -> None:
    """Keep each contract unless a newer version is known; at most one contract per office in a call."""
    await db.execute(
        """
        insert into contracts (
            office_code, contract_version, company_name, office_name, processing_modes, contract_ends_on, closed_on)
        select office_code, contract_version, company_name, office_name, string_to_array(modes, ','),
            contract_ends_on, closed_on
        from unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::text[], $6::date[], $7::date[])
            as row (office_code, contract_version, company_name, office_name, modes, contract_ends_on, closed_on)
        on conflict (office_code) do update set
            contract_version = excluded.contract_version,
            company_name = excluded.company_name,
            office_name = excluded.office_name,
            processing_modes = excluded.processing_modes,
            contract_ends_on = excluded.contract_ends_on,
            closed_on = excluded.closed_on
        where contracts.contract_version < excluded.contract_version
        """,
        [contract.office_code for contract in contracts],
        [contract.contract_version for contract in contracts],
        [contract.company_name for contract in contracts],
        [contract.office_name for contract in contracts],
        [",".join(sorted(contract.processing_modes)) for contract in contracts],
        [contract.contract_ends_on for contract in contracts],
        [contract.closed_on for contract in contracts],
    )


async def find_contracts(db: Connection, office_codes: Collection[OfficeCode]) -> Mapping[OfficeCode, Contract]:
    """The known contracts of the offices."""
    rows = await db.fetch(
        """
        select office_code, contract_version, company_name, office_name, processing_modes, contract_ends_on, closed_on
        from contracts where office_code = any($1::text[])
        """,
        list(office_codes),
    )
    return {OfficeCode(row["office_code"]): _contract(row) for row in rows}


def _contract(row: asyncpg.Record) -> Contract:
    return Contract(
        office_code=row["office_code"],
        contract_version=row["contract_version"],
        company_name=row["company_name"],
        office_name=row["office_name"],
        processing_modes=frozenset(ProcessingMode(mode) for mode in row["processing_modes"]),
        contract_ends_on=row["contract_ends_on"],
        closed_on=row["closed_on"],
    )
