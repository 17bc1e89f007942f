"""What a contract must hold beside its fields' types before it is published (domain rules, sections 3 and 7c)."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from services.intake.domain.form_errors import FindUnprintable
from shared.contracts.intake_events import ContractPublished, ProcessingMode, SystemClass
from shared.kernel.identifiers import office_of_mailbox

NAME_LENGTH = 70
TEXT_LENGTH = 200

Place = tuple[str | int, ...]


class RegisterProblemCode(StrEnum):
    """Stable codes of the register, beside those of a field's type."""

    FOREIGN_MAILBOX = "foreign_mailbox"
    REPEATED_MAILBOX = "repeated_mailbox"
    OPENING_MAILBOXES_FIXED = "opening_mailboxes_fixed"
    FOREIGN_ABBREVIATION = "foreign_abbreviation"
    UNKNOWN_VALUE = "unknown_value"
    EMPTY = "empty"
    TOO_LONG = "too_long"
    UNPRINTABLE_CHARACTER = "unprintable_character"
    NOT_OF_THE_FORM = "not_of_the_form"


_FORMS: Mapping[str, re.Pattern[str]] = {
    "billing_code": re.compile("[0-9]{7}"),
    "applied_month": re.compile("[0-9]{4}-(0[1-9]|1[0-2])"),
    "user_code": re.compile("[A-Z0-9]{5}"),
    "identification_number": re.compile("[A-Z0-9]{3}"),
    "email": re.compile(r"[\x21-\x3f\x41-\x7e]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,180}\.[A-Za-z0-9-]{2,60}"),
    **dict.fromkeys(
        ("phone", "fax", "emergency_fax", "office_phone", "billing_phone"), re.compile("0[0-9]{9,10}")
    ),
}  # fmt: skip
"""Field name to its form, wherever in a contract it stands."""
_LENGTHS = {"company_name": NAME_LENGTH, "office_name": NAME_LENGTH}


def rule_problems(
    contract: ContractPublished, find_unprintable: FindUnprintable
) -> Iterator[tuple[Place, RegisterProblemCode]]:
    """Where something is wrong, and what, in the order of the fields."""
    if contract.company_abbreviation != contract.office_code[:3]:
        yield ("company_abbreviation",), RegisterProblemCode.FOREIGN_ABBREVIATION
    yield from _texts(contract.model_dump(mode="json", exclude_none=True), (), find_unprintable)
    yield from ((place, RegisterProblemCode.UNKNOWN_VALUE) for place in _unknown_values(contract))
    yield from _mailboxes(contract)


def _texts(value: Any, place: Place, find_unprintable: FindUnprintable) -> Iterator[tuple[Place, RegisterProblemCode]]:
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _texts(part, (*place, name), find_unprintable)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _texts(part, (*place, index), find_unprintable)
    elif isinstance(value, str) and (code := _text_problem(str(place[-1]), value, find_unprintable)):
        yield place, code


def _text_problem(name: str, text: str, find_unprintable: FindUnprintable) -> RegisterProblemCode | None:
    if not text.strip():
        return RegisterProblemCode.EMPTY
    if name in _FORMS:
        return None if _FORMS[name].fullmatch(text) else RegisterProblemCode.NOT_OF_THE_FORM
    if len(text) > _LENGTHS.get(name, TEXT_LENGTH):
        return RegisterProblemCode.TOO_LONG
    return RegisterProblemCode.UNPRINTABLE_CHARACTER if "\n" in text or find_unprintable(text) else None


def _unknown_values(contract: ContractPublished) -> Iterator[Place]:
    # Readers of the event keep values they do not know; whoever writes the register must not invent any.
    if contract.system_class not in set(SystemClass):
        yield ("system_class",)
    for index, user in enumerate(contract.users):
        if user.processing_mode not in set(ProcessingMode):
            yield "users", index, "processing_mode"
    for index, line in enumerate(contract.lines):
        if line.system_class is not None and line.system_class not in set(SystemClass):
            yield "lines", index, "system_class"


def _mailboxes(contract: ContractPublished) -> Iterator[tuple[Place, RegisterProblemCode]]:
    times = Counter(box.mailbox_id for box in contract.opening_mailboxes)
    for index, box in enumerate(contract.opening_mailboxes):
        place: Place = ("opening_mailboxes", index, "mailbox_id")
        if office_of_mailbox(box.mailbox_id) != contract.office_code:
            yield place, RegisterProblemCode.FOREIGN_MAILBOX
        elif times[box.mailbox_id] > 1:
            yield place, RegisterProblemCode.REPEATED_MAILBOX
