"""Versions of contracts, the offices of a company, and which contracts are due to be sent again."""

from collections.abc import Sequence
from datetime import datetime

from shared.contracts.intake_events import ContractPublished
from shared.runtime.database import Connection


async def find_contract_version(db: Connection, office_code: str, version: int) -> ContractPublished | None:
    """What the register said about the office under that version."""
    register = await db.fetchval(
        "select register from contract_versions where office_code = $1 and contract_version = $2", office_code, version
    )
    return ContractPublished.model_validate(register) if register else None


async def lock_contracts_of_companies(db: Connection, abbreviations: Sequence[str]) -> list[ContractPublished]:
    """The contracts of every office of the companies, locked in one order."""
    rows = await db.fetch(
        """
        select register from contracts where left(office_code, 3) = any($1::text[])
        order by office_code for no key update
        """,
        list(abbreviations),
    )
    return [ContractPublished.model_validate(row["register"]) for row in rows]


async def list_contracts(db: Connection, after: str, at_most: int) -> list[ContractPublished]:
    """Contracts by office code, those behind `after`."""
    rows = await db.fetch(
        "select register from contracts where office_code > $1 order by office_code limit $2", after, at_most
    )
    return [ContractPublished.model_validate(row["register"]) for row in rows]


async def claim_contracts_to_republish(db: Connection, sent_before: datetime, at_most: int) -> list[ContractPublished]:
    """Contracts last sent before that instant, locked; those that somebody else has claimed are left out."""
    rows = await db.fetch(
        """
        select register from contracts where published_at < $1
        order by published_at limit $2 for no key update skip locked
        """,
        sent_before,
        at_most,
    )
    return [ContractPublished.model_validate(row["register"]) for row in rows]


async def mark_republished(db: Connection, office_codes: Sequence[str], now: datetime) -> None:
    """Note that the contracts were sent again."""
    await db.execute(
        "update contracts set published_at = $2 where office_code = any($1::text[])", list(office_codes), now
    )
