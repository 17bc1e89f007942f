"""The contract register as an operator hands it in: companies with their offices, checked as a whole.

What belongs to a company (its name, holder, head office) stands once and holds for all its offices (B9). Everything
that is wrong is found at once, each with the path of its field, so that one reading of the list mends the file.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from services.intake.domain.form_errors import FindUnprintable
from services.intake.domain.register_rules import rule_problems
from shared.contracts.intake_events import ContractPublished

COMPANY_FIELDS = ("company_abbreviation", "company_name", "contract_holder", "head_office_address", "representative")
KEPT_ELSEWHERE = frozenset({"contract_version", "sister_offices"})
"""Not part of a register file: the version is counted here, sister offices are granted one by one."""
OFFICE_FIELDS = tuple(name for name in ContractPublished.model_fields if name not in {*COMPANY_FIELDS, *KEPT_ELSEWHERE})

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class RegisterProblem:
    """One thing that cannot be right: its dotted path in the document and a stable code."""

    field: str
    code: str


@dataclass(frozen=True, slots=True)
class RegisterFile:
    """A document without problems: the contracts of its offices, version 0, by office code."""

    contracts: Sequence[ContractPublished]


def read_register(document: Any, find_unprintable: FindUnprintable) -> RegisterFile | list[RegisterProblem]:
    """`{"companies": [{…, "offices": [{…}]}]}` as contracts, or every problem in the document's order."""
    if not isinstance(document, Mapping) or not isinstance(document.get("companies"), list):
        return [RegisterProblem("companies", "missing")]
    problems = [*_unknown(document, ("companies",), ())]
    contracts: list[ContractPublished] = []
    for index, company in enumerate(document["companies"]):
        problems += _read_company(("companies", index), company, contracts, find_unprintable)
    problems += _repeated(document["companies"])
    if problems:
        return problems
    return RegisterFile(sorted(contracts, key=lambda contract: contract.office_code))


def of_company(contract: ContractPublished) -> dict[str, Any]:
    """What the contract shares with every office of its company."""
    return {name: getattr(contract, name) for name in COMPANY_FIELDS}


def _read_company(
    path: Path, company: Any, contracts: list[ContractPublished], find_unprintable: FindUnprintable
) -> Iterator[RegisterProblem]:
    if not isinstance(company, Mapping) or not isinstance(company.get("offices"), list) or not company["offices"]:
        yield _problem((*path, "offices"), "missing")
        return
    yield from _unknown(company, (*COMPANY_FIELDS, "offices"), path)
    facts = {name: value for name, value in company.items() if name in COMPANY_FIELDS}
    told: set[RegisterProblem] = set()
    for index, office in enumerate(company["offices"]):
        place = (*path, "offices", index)
        if not isinstance(office, Mapping):
            yield _problem(place, "dict_type")
            continue
        yield from _unknown(office, OFFICE_FIELDS, place)
        fields = {**{name: value for name, value in office.items() if name in OFFICE_FIELDS}, **facts}
        # A mistake in the company's own facts shows with every office and is told once.
        for problem in _read_office(path, place, fields, contracts, find_unprintable):
            if problem not in told:
                told.add(problem)
                yield problem


def _read_office(
    company: Path,
    office: Path,
    fields: Mapping[str, Any],
    contracts: list[ContractPublished],
    find_unprintable: FindUnprintable,
) -> Iterator[RegisterProblem]:
    def at(place: Path) -> Path:
        return (*(company if place[0] in COMPANY_FIELDS else office), *place)

    yield from (_problem(at(place), "extra_forbidden") for place in _unknown_parts(ContractPublished, fields))
    try:
        contract = ContractPublished.model_validate({**fields, "contract_version": 0})
    except ValidationError as error:
        yield from (_problem(at(each["loc"]), each["type"]) for each in error.errors(include_input=False))
        return
    yield from (_problem(at(place), code.value) for place, code in rule_problems(contract, find_unprintable))
    contracts.append(contract)


def _repeated(companies: Sequence[Any]) -> Iterator[RegisterProblem]:
    """Companies and offices that stand in the document twice."""
    known = [(index, company) for index, company in enumerate(companies) if isinstance(company, Mapping)]
    yield from _twice((("companies", index, "company_abbreviation"), company) for index, company in known)
    yield from _twice(
        (("companies", index, "offices", place, "office_code"), office)
        for index, company in known
        if isinstance(company.get("offices"), list)
        for place, office in enumerate(company["offices"])
        if isinstance(office, Mapping)
    )


def _twice(entries: Iterable[tuple[Path, Mapping[str, Any]]]) -> Iterator[RegisterProblem]:
    listed = [(path, str(entry.get(str(path[-1])))) for path, entry in entries]
    times = Counter(value for _, value in listed)
    yield from (_problem(path, f"repeated_{path[-1]}") for path, value in listed if times[value] > 1)


def _unknown(found: Mapping[str, Any], known: Iterable[str], path: Path) -> Iterator[RegisterProblem]:
    yield from (_problem((*path, str(name)), "extra_forbidden") for name in found if name not in set(known))


def _unknown_parts(model: type[BaseModel], value: Any) -> Iterator[Path]:
    """Paths of fields inside nested parts that no part has: readers of events ignore them, a register may not."""
    if not isinstance(value, Mapping):
        return
    for name, field in model.model_fields.items():
        part = next((each for each in (field.annotation, *_inner(field.annotation)) if _is_model(each)), None)
        if part is None or name not in value:
            continue
        items = enumerate(value[name]) if isinstance(value[name], list) else [(None, value[name])]
        for index, item in items:
            place: Path = (name,) if index is None else (name, index)
            if isinstance(item, Mapping):
                yield from ((*place, str(each)) for each in item if each not in part.model_fields)
                yield from ((*place, *deeper) for deeper in _unknown_parts(part, item))


def _inner(annotation: Any) -> Iterator[Any]:
    for argument in get_args(annotation):
        yield argument
        yield from _inner(argument)


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _problem(path: Path, code: str) -> RegisterProblem:
    return RegisterProblem(".".join(str(part) for part in path), code)
