"""Which offices an office may apply for."""

from shared.contracts.intake_events import ContractPublished
from shared.kernel.identifiers import OfficeCode


def offices_to_apply_for(contract: ContractPublished) -> list[OfficeCode]:
    """The office itself and the sister offices it was granted (B5)."""
    sisters = [office for office in contract.sister_offices if office[:3] == contract.office_code[:3]]
    return [contract.office_code, *sorted(set(sisters) - {contract.office_code})]
