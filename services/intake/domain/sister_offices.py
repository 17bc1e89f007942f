"""Which offices an office may apply for."""

from collections.abc import Collection

from shared.contracts.intake_events import ContractPublished
from shared.kernel.identifiers import InvalidIdentifier, OfficeCode, parse_office_code
from shared.kernel.japanese_text import narrow

COMPANY_LENGTH = 3


def offices_to_apply_for(contract: ContractPublished) -> list[OfficeCode]:
    """The office itself and the sister offices it was granted (B5)."""
    sisters = [office for office in contract.sister_offices if _is_sister(office, contract.office_code)]
    return [contract.office_code, *sorted(set(sisters) - {contract.office_code})]


def may_act_for(own: ContractPublished | None, target: OfficeCode) -> bool:
    """Whether the office with this contract may act for the other one today; a revoked grant ends it."""
    return own is not None and target in offices_to_apply_for(own)


def offices_named(applicant: str, typed: str) -> list[OfficeCode]:
    """Whose records decide what may be done: the applicant and an office typed of the same company."""
    own, target = OfficeCode(applicant), narrow(typed).upper()
    if target == own or not _is_sister(target, own):
        return [own]
    try:
        return sorted((own, parse_office_code(target)))
    except InvalidIdentifier:
        return [own]


def office_applied_for(own: ContractPublished, typed: str, known: Collection[OfficeCode]) -> OfficeCode:
    """The office typed, if the applicant may apply for it and it is known, else its own."""
    target = narrow(typed).upper()
    if target == own.office_code:
        return own.office_code
    granted = [office for office in offices_to_apply_for(own) if office == target and office in known]
    return granted[0] if granted else own.office_code


def _is_sister(office: str, own: OfficeCode) -> bool:
    return office[:COMPANY_LENGTH] == own[:COMPANY_LENGTH]
