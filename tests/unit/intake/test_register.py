"""The register as one document: every problem at once, each with its path; company facts hold for all offices."""

from copy import deepcopy
from typing import Any

import pytest

from deploy.local.demo.sample_data import sample_register
from services.intake.domain.register import RegisterFile, RegisterProblem, read_register
from services.intake.domain.register_changes import RegisterOutcome, contract_changes, opening_problems
from services.intake.domain.register_schema import register_schema
from shared.contracts.intake_events import ContractPublished
from shared.kernel.japanese_text import unprintable_characters

ABSENT = object()


def read(document: Any) -> RegisterFile | list[RegisterProblem]:
    return read_register(document, unprintable_characters)


def contracts(document: Any) -> list[ContractPublished]:
    found = read(document)
    assert isinstance(found, RegisterFile), found
    return list(found.contracts)


def problems(document: Any) -> list[tuple[str, str]]:
    found = read(document)
    assert not isinstance(found, RegisterFile)
    return [(each.field, each.code) for each in found]


def with_value(path: str, value: Any) -> dict[str, Any]:
    """The sample register with one value replaced, or taken out."""
    document = sample_register()
    *parts, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place: Any = document
    for part in parts:
        place = place[part]
    if value is ABSENT:
        del place[last]
    else:
        place[last] = value
    return document


OFFICE = "companies.0.offices.0"


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("companies.0.company_name", ABSENT, ("companies.0.company_name", "missing")),
        ("companies.0.company_name", "", ("companies.0.company_name", "empty")),
        ("companies.0.company_name", "社" * 71, ("companies.0.company_name", "too_long")),
        ("companies.0.company_name", "会社\u0007", ("companies.0.company_name", "unprintable_character")),
        ("companies.0.company_abbreviation", "NAX", ("companies.0.company_abbreviation", "foreign_abbreviation")),
        ("companies.0.offices", [], ("companies.0.offices", "missing")),
        ("companies.0.colour", "red", ("companies.0.colour", "extra_forbidden")),
        (f"{OFFICE}.customs", ABSENT, (f"{OFFICE}.customs", "missing")),
        (f"{OFFICE}.customs", 5, (f"{OFFICE}.customs", "string_type")),
        (f"{OFFICE}.office_name", "店\n所", (f"{OFFICE}.office_name", "unprintable_character")),
        (f"{OFFICE}.office_code", "nac1", (f"{OFFICE}.office_code", "string_pattern_mismatch")),
        (f"{OFFICE}.sister_offices", ["NAC002"], (f"{OFFICE}.sister_offices", "extra_forbidden")),
        (f"{OFFICE}.contract_version", 3, (f"{OFFICE}.contract_version", "extra_forbidden")),
        (f"{OFFICE}.company_name", "別会社", (f"{OFFICE}.company_name", "extra_forbidden")),
        (f"{OFFICE}.system_class", "space", (f"{OFFICE}.system_class", "unknown_value")),
        (f"{OFFICE}.billing_code", "12345", (f"{OFFICE}.billing_code", "not_of_the_form")),
        (f"{OFFICE}.applied_month", "2012-13", (f"{OFFICE}.applied_month", "not_of_the_form")),
        (f"{OFFICE}.office_phone", "03-5555-0100", (f"{OFFICE}.office_phone", "not_of_the_form")),
        (f"{OFFICE}.contract_ends_on", "2028-02-30", (f"{OFFICE}.contract_ends_on", "date_from_datetime_parsing")),
        (f"{OFFICE}.users.0.user_code", "abc", (f"{OFFICE}.users.0.user_code", "not_of_the_form")),
        (f"{OFFICE}.users.1.processing_mode", "fax", (f"{OFFICE}.users.1.processing_mode", "unknown_value")),
        (f"{OFFICE}.users.0.colour", "red", (f"{OFFICE}.users.0.colour", "extra_forbidden")),
        (f"{OFFICE}.system_administrator.email", "x", (f"{OFFICE}.system_administrator.email", "not_of_the_form")),
        (f"{OFFICE}.system_administrator.fax", "0", (f"{OFFICE}.system_administrator.fax", "extra_forbidden")),
        (f"{OFFICE}.default_contact.phone", "1", (f"{OFFICE}.default_contact.phone", "not_of_the_form")),
        (f"{OFFICE}.lines.0.system_class", "space", (f"{OFFICE}.lines.0.system_class", "unknown_value")),
        (
            f"{OFFICE}.opening_mailboxes.0.mailbox_id",
            "KOB00101",
            (f"{OFFICE}.opening_mailboxes.0.mailbox_id", "foreign_mailbox"),
        ),
    ],
)
def test_a_mistake_is_named_with_its_path(path: str, value: Any, expected: tuple[str, str]) -> None:
    assert problems(with_value(path, value)) == [expected]


@pytest.mark.parametrize("document", [None, 5, [], {}, {"companies": 5}, {"companies": [5]}, {"companies": [{}]}])
def test_what_is_no_register_is_refused(document: Any) -> None:
    assert problems(document)[0][1] == "missing"


def test_all_mistakes_are_told_at_once_and_a_companys_only_once() -> None:
    document = with_value("companies.0.company_name", "")
    document["companies"][0]["offices"][1]["billing_code"] = "x"
    document["companies"][2]["offices"][0]["users"][0]["user_code"] = "x"

    assert problems(document) == [
        ("companies.0.company_name", "empty"),
        ("companies.0.offices.1.billing_code", "not_of_the_form"),
        ("companies.2.offices.0.users.0.user_code", "not_of_the_form"),
    ]


def test_an_office_a_company_and_a_mailbox_stand_there_once() -> None:
    document = sample_register("NAC001")
    document["companies"].append(deepcopy(document["companies"][0]))
    boxes = document["companies"][0]["offices"][0]["opening_mailboxes"]
    boxes.append(deepcopy(boxes[0]))

    codes = [code for _, code in problems(document)]

    assert sorted(set(codes)) == ["repeated_company_abbreviation", "repeated_mailbox", "repeated_office_code"]


def test_new_changed_and_unchanged_offices_are_told_apart() -> None:
    first = contracts(sample_register("NAC001", "NAC002"))
    stored = [change.contract for change in contract_changes([], first)]
    renamed = with_value("companies.0.offices.0.office_name", "本店")
    renamed["companies"] = renamed["companies"][:1]

    changes = {change.contract.office_code: change for change in contract_changes(stored, contracts(renamed))}

    assert {code: change.outcome.value for code, change in changes.items()} == {
        "NAC001": "changed",
        "NAC002": "unchanged",
        "NAC003": "new",
    }
    [difference] = changes[stored[0].office_code].changes
    assert (difference.field, difference.before, difference.after) == ("office_name", "第一営業所", "本店")
    assert [changes[each.office_code].contract.contract_version for each in stored] == [2, 1]


def test_what_the_file_says_of_a_company_holds_for_its_offices_that_are_not_in_the_file() -> None:
    stored = [change.contract for change in contract_changes([], contracts(sample_register("NAC001", "NAC002")))]
    moved = sample_register("NAC001")
    moved["companies"][0]["company_name"] = "ナックス物流株式会社"

    changes = contract_changes(stored, contracts(moved))

    assert [change.contract.company_name for change in changes] == ["ナックス物流株式会社"] * 2
    assert [change.contract.contract_version for change in changes] == [2, 2]
    assert changes[1].contract.office_name == "第二営業所"


def test_an_import_keeps_what_was_granted() -> None:
    [stored] = contracts(sample_register("NAC001"))
    granted = stored.model_copy(update={"sister_offices": ["NAC002"], "contract_version": 4})

    [change] = contract_changes([granted], contracts(sample_register("NAC001")))

    assert change.outcome is RegisterOutcome.UNCHANGED
    assert change.contract.sister_offices == ["NAC002"]


def test_opening_mailboxes_stay_what_they_were_at_the_first_registration() -> None:
    stored = contracts(sample_register("NAC001"))
    other = with_value("companies.0.offices.0.opening_mailboxes", [])

    assert opening_problems(stored, stored) == []
    assert [(each.field, each.code) for each in opening_problems(stored, contracts(other))] == [
        ("NAC001.opening_mailboxes", "opening_mailboxes_fixed")
    ]


def test_the_schema_describes_every_field_and_allows_no_other() -> None:
    schema = register_schema()
    company = schema["properties"]["companies"]["items"]
    office = company["properties"]["offices"]["items"]

    described = {*company["properties"], *office["properties"]} - {"offices"}
    assert described == set(ContractPublished.model_fields) - {"contract_version", "sister_offices"}
    assert {part["additionalProperties"] for part in (schema, company, office)} == {False}
