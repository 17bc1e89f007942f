"""What an import would do to each office's contract."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from services.intake.domain.register import COMPANY_FIELDS, RegisterProblem
from services.intake.domain.register_rules import RegisterProblemCode
from shared.contracts.intake_events import ContractPublished


class RegisterOutcome(StrEnum):
    """What becomes of an office's contract."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a contract before and after, as JSON values; None where it is absent."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class ContractChange:
    """One office's contract as it will be, and what differs from the one before."""

    outcome: RegisterOutcome
    contract: ContractPublished
    changes: Sequence[FieldChange]


def contract_changes(
    stored: Iterable[ContractPublished], given: Sequence[ContractPublished]
) -> Sequence[ContractChange]:
    """A change for every office of the companies given, by office code.

    Offices of a company that the file does not name take over what it says about the company (B9).
    """
    known = {str(contract.office_code): contract for contract in stored}
    listed = {contract.office_code for contract in given}
    companies = {contract.company_abbreviation: contract for contract in given}
    merged = [
        *(_with_kept(contract, known.get(contract.office_code)) for contract in given),
        *(
            _of_the_same_company(contract, companies[contract.company_abbreviation])
            for contract in known.values()
            if contract.office_code not in listed and contract.company_abbreviation in companies
        ),
    ]
    changes = [contract_change(known.get(contract.office_code), contract) for contract in merged]
    return sorted(changes, key=lambda change: change.contract.office_code)


def opening_problems(
    stored: Iterable[ContractPublished], given: Sequence[ContractPublished]
) -> Sequence[RegisterProblem]:
    """Offices whose opening mailboxes are not those of their first registration: numbers are counted on from them."""
    known = {contract.office_code: contract.opening_mailboxes for contract in stored}
    code = RegisterProblemCode.OPENING_MAILBOXES_FIXED.value
    return [
        RegisterProblem(f"{contract.office_code}.opening_mailboxes", code)
        for contract in given
        if known.get(contract.office_code, contract.opening_mailboxes) != contract.opening_mailboxes
    ]


def contract_change(before: ContractPublished | None, after: ContractPublished) -> ContractChange:
    """The next version of a contract; the same content keeps its version."""
    version = before.contract_version if before else 0
    if before is not None and before == after.model_copy(update={"contract_version": version}):
        return ContractChange(RegisterOutcome.UNCHANGED, before, ())
    outcome = RegisterOutcome.CHANGED if before else RegisterOutcome.NEW
    return ContractChange(
        outcome, after.model_copy(update={"contract_version": version + 1}), [*_differences(before, after)]
    )


def _with_kept(contract: ContractPublished, stored: ContractPublished | None) -> ContractPublished:
    return contract.model_copy(update={"sister_offices": stored.sister_offices}) if stored else contract


def _of_the_same_company(contract: ContractPublished, company: ContractPublished) -> ContractPublished:
    return contract.model_copy(update={name: getattr(company, name) for name in COMPANY_FIELDS})


def _differences(before: ContractPublished | None, after: ContractPublished) -> Iterator[FieldChange]:
    then = before.model_dump(mode="json", exclude_none=True) if before else {}
    now = after.model_dump(mode="json", exclude_none=True)
    for name in ContractPublished.model_fields:
        if name != "contract_version" and then.get(name) != now.get(name):
            yield FieldChange(name, then.get(name), now.get(name))
