"""What a register must hold beside its fields' types before it is published."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from shared.contracts.intake_events import ContractPublished, ProcessingMode, SystemClass
from shared.kernel.identifiers import office_of_mailbox


class RegisterProblemCode(StrEnum):
    """Stable codes of the operators' API."""

    FOREIGN_MAILBOX = "foreign_mailbox"
    REPEATED_MAILBOX = "repeated_mailbox"
    FOREIGN_ABBREVIATION = "foreign_abbreviation"
    UNKNOWN_VALUE = "unknown_value"


@dataclass(frozen=True, slots=True)
class RegisterProblem:
    """One thing that cannot be right, and where it stands."""

    field: str
    code: RegisterProblemCode


def register_problems(contract: ContractPublished) -> list[RegisterProblem]:
    """Values this register does not know, and contradictions between the office code and what hangs on it."""
    problems = [RegisterProblem(field, RegisterProblemCode.UNKNOWN_VALUE) for field in _unknown_values(contract)]
    if contract.company_abbreviation != contract.office_code[:3]:
        problems.append(RegisterProblem("company_abbreviation", RegisterProblemCode.FOREIGN_ABBREVIATION))
    times = Counter(box.mailbox_id for box in contract.opening_mailboxes)
    for index, box in enumerate(contract.opening_mailboxes):
        field = f"opening_mailboxes.{index}.mailbox_id"
        if office_of_mailbox(box.mailbox_id) != contract.office_code:
            problems.append(RegisterProblem(field, RegisterProblemCode.FOREIGN_MAILBOX))
        elif times[box.mailbox_id] > 1:
            problems.append(RegisterProblem(field, RegisterProblemCode.REPEATED_MAILBOX))
    return problems


def _unknown_values(contract: ContractPublished) -> Iterator[str]:
    # Readers of the event keep values they do not know; whoever writes the register must not invent any.
    if contract.system_class not in set(SystemClass):
        yield "system_class"
    for index, user in enumerate(contract.users):
        if user.processing_mode not in set(ProcessingMode):
            yield f"users.{index}.processing_mode"
