"""What review keeps of an office's contract: names and the processing modes in use; no personal data."""

from dataclasses import dataclass
from datetime import date

from shared.contracts.intake_events import ContractPublished, ProcessingMode
from shared.kernel.identifiers import OfficeCode


@dataclass(frozen=True, slots=True)
class Contract:
    """The contract of one office at one version."""

    office_code: OfficeCode
    contract_version: int
    company_name: str
    office_name: str
    processing_modes: frozenset[ProcessingMode]
    contract_ends_on: date | None = None
    closed_on: date | None = None


def contract_of(published: ContractPublished) -> Contract:
    """Review's part of a published contract."""
    return Contract(
        office_code=published.office_code,
        contract_version=published.contract_version,
        company_name=published.company_name,
        office_name=published.office_name,
        processing_modes=frozenset(user.processing_mode for user in published.users),
        contract_ends_on=published.contract_ends_on,
        closed_on=published.closed_on,
    )
