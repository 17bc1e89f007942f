"""The compatibility rule by a table of changes, each with its verdict; and by properties: what it lets pass, parses."""
# ruff: noqa: E501  one change a line, so that the table can be read as one

import copy
import json
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shared.contracts.compatibility import as_readers_apply_it, breaking_changes, changes_between
from shared.contracts.golden import golden_examples
from shared.contracts.registry import EVENT_MODELS
from shared.contracts.schemas import OF_HEADERS, published_schemas, schema_of

Schema = dict[str, Any]
RELEASED: Schema = {
    "$id": "/schemas/nss.sample.v1.json",
    "x-topic": "nss.sample.v1",
    "type": "object",
    "description": "A sample.",
    "properties": {
        "office_code": {"type": "string", "pattern": "^[A-Z]{3}$", "x-data-class": "public", "description": "Office."},
        "count": {"type": "integer", "minimum": 0, "maximum": 99, "x-data-class": "public", "default": 0},
        "on": {"type": "string", "format": "date", "x-data-class": "public"},
        "note": {"type": "string", "minLength": 1, "maxLength": 240, "x-data-class": "business"},
        "kind": {"$ref": "#/$defs/Kind", "x-data-class": "public"},
        "reason": {"$ref": "#/$defs/Reason", "x-data-class": "public"},
        "contact": {"$ref": "#/$defs/Contact", "x-data-class": "personal"},
        "boxes": {"type": "array", "items": {"$ref": "#/$defs/Box"}, "x-data-class": "public", "default": []},
        "codes": {"type": "array", "items": {"type": "string"}, "x-data-class": "public"},
        "either": {"anyOf": [{"type": "string"}, {"type": "integer"}], "x-data-class": "public"},
    },
    "required": ["office_code", "count", "on", "kind", "boxes", "either"],
    "$defs": {
        "Kind": {"type": "string", "enum": ["smtp_pop3", "edifact"]},
        "Reason": {"type": "string", "x-known-values": ["refused", "bounced"]},
        "Contact": {
            "type": "object",
            "properties": {"email": {"type": "string"}, "fax": {"type": "string"}},
            "required": ["email"],
        },
        "Box": {
            "type": "object",
            "properties": {"mailbox_id": {"type": "string"}, "kind": {"$ref": "#/$defs/Kind"}},
            "required": ["mailbox_id", "kind"],
        },
    },
}  # fmt: skip

Edit = Callable[[Schema], object]


def field(schema: Schema, name: str) -> Schema:
    found: Schema = schema["properties"][name]
    return found


def definition(schema: Schema, name: str) -> Schema:
    found: Schema = schema["$defs"][name]
    return found


def add(schema: Schema, name: str, part: Schema, *, required: bool = False) -> Schema:
    schema["properties"][name] = part
    if required:
        schema.setdefault("required", []).append(name)
    return schema


def remove(schema: Schema, name: str) -> Schema:
    del schema["properties"][name]
    schema["required"] = [each for each in schema.get("required", []) if each != name]
    return schema


def rename_definition(schema: Schema, old: str, new: str) -> None:
    text = json.dumps(schema).replace(f'"#/$defs/{old}"', f'"#/$defs/{new}"').replace(f'"{old}":', f'"{new}":')
    schema.clear()
    schema.update(json.loads(text))


TEXT = {"type": "string", "x-data-class": "public"}
COMPATIBLE: dict[str, Edit] = {
    "an optional field added": lambda s: add(s, "channel", TEXT),
    "a field with a default added": lambda s: add(s, "tries", {**TEXT, "default": "x"}, required=True),
    "an optional nested field added": lambda s: add(definition(s, "Contact"), "phone", {"type": "string"}),
    "an optional field added to the members of a list": lambda s: add(definition(s, "Box"), "size", {"type": "integer"}),
    "a value added to an open list": lambda s: definition(s, "Reason")["x-known-values"].append("gave_up"),
    "the values of an open list in another order": lambda s: definition(s, "Reason")["x-known-values"].reverse(),
    "a description changed": lambda s: field(s, "office_code").update(description="The office."),
    "the type's description changed": lambda s: s.update(description="Another sample."),
    "a title added": lambda s: field(s, "count").update(title="Count"),
    "an example added": lambda s: field(s, "count").update(examples=[3]),
    "a definition renamed": lambda s: rename_definition(s, "Box", "Mailbox"),
    "an unused definition added": lambda s: s["$defs"].update(Spare={"type": "string"}),
    "the required names in another order": lambda s: s["required"].reverse(),
    "a definition written in place": lambda s: add(s, "kind", {**definition(s, "Kind"), "x-data-class": "public"}),
}  # fmt: skip
BREAKING: dict[str, tuple[Edit, str]] = {
    "a required field added": (lambda s: add(s, "channel", TEXT, required=True), "channel"),
    "a required nested field added": (lambda s: add(definition(s, "Contact"), "phone", TEXT, required=True), "contact.phone"),
    "a required field added to members": (lambda s: add(definition(s, "Box"), "size", TEXT, required=True), "boxes[].size"),
    "a required field removed": (lambda s: remove(s, "on"), "on"),
    "an optional field removed": (lambda s: remove(s, "note"), "note"),
    "a nested field removed": (lambda s: remove(definition(s, "Contact"), "fax"), "contact.fax"),
    "a field of members removed": (lambda s: remove(definition(s, "Box"), "kind"), "boxes[].kind"),
    "a field renamed": (lambda s: (remove(s, "on"), add(s, "day", TEXT)), "on"),
    "a required field made optional": (lambda s: s["required"].remove("on"), "on"),
    "an optional field made required": (lambda s: s["required"].append("note"), "note"),
    "a default taken away": (lambda s: field(s, "count").pop("default"), "count"),
    "a default changed": (lambda s: field(s, "count").update(default=1), "count"),
    "a type changed": (lambda s: field(s, "count").update(type="string"), "count"),
    "a type widened": (lambda s: field(s, "count").update(type=["integer", "null"]), "count"),
    "a list made a single value": (lambda s: s["properties"].update(codes=TEXT), "codes"),
    "the type of members changed": (lambda s: field(s, "codes")["items"].update(type="integer"), "codes[]"),
    "members no longer described": (lambda s: field(s, "codes").pop("items"), "codes[]"),
    "a value added to a closed list": (lambda s: definition(s, "Kind")["enum"].append("web"), "kind"),
    "a value removed from a closed list": (lambda s: definition(s, "Kind")["enum"].remove("edifact"), "kind"),
    "a known value removed": (lambda s: definition(s, "Reason")["x-known-values"].remove("bounced"), "reason"),
    "an open list closed": (lambda s: definition(s, "Reason").update(enum=definition(s, "Reason").pop("x-known-values")), "reason"),
    "a closed list opened": (lambda s: definition(s, "Kind").update({"x-known-values": definition(s, "Kind").pop("enum")}), "kind"),
    "a pattern narrowed": (lambda s: field(s, "office_code").update(pattern="^[A-M]{3}$"), "office_code"),
    "a pattern widened": (lambda s: field(s, "office_code").update(pattern="^[A-Z]{3,4}$"), "office_code"),
    "a pattern taken away": (lambda s: field(s, "office_code").pop("pattern"), "office_code"),
    "a pattern added": (lambda s: field(s, "note").update(pattern="^.+$"), "note"),
    "a lower bound raised": (lambda s: field(s, "count").update(minimum=1), "count"),
    "a lower bound taken away": (lambda s: field(s, "count").pop("minimum"), "count"),
    "an upper bound raised": (lambda s: field(s, "count").update(maximum=999), "count"),
    "an upper bound lowered": (lambda s: field(s, "count").update(maximum=9), "count"),
    "a longest length raised": (lambda s: field(s, "note").update(maxLength=480), "note"),
    "a shortest length raised": (lambda s: field(s, "note").update(minLength=2), "note"),
    "a format changed": (lambda s: field(s, "on").update(format="date-time"), "on"),
    "a format taken away": (lambda s: field(s, "on").pop("format"), "on"),
    "a most-members bound added": (lambda s: field(s, "codes").update(maxItems=3), "codes"),
    "a data class raised": (lambda s: field(s, "office_code").update({"x-data-class": "personal"}), "office_code"),
    "a data class lowered": (lambda s: field(s, "note").update({"x-data-class": "public"}), "note"),
    "a data class taken away": (lambda s: field(s, "note").pop("x-data-class"), "note"),
    "the topic changed": (lambda s: s.update({"x-topic": "nss.sample.v2"}), ""),
    "the id changed": (lambda s: s.update({"$id": "/schemas/nss.sample.v2.json"}), ""),
    "unknown fields refused": (lambda s: s.update(additionalProperties=False), ""),
    "an alternative added": (lambda s: field(s, "either")["anyOf"].append({"type": "boolean"}), "either"),
    "an alternative removed": (lambda s: field(s, "either")["anyOf"].pop(), "either"),
    "an alternative changed": (lambda s: field(s, "either")["anyOf"][0].update(type="number"), "either"),
    "a definition exchanged for another": (lambda s: field(s, "reason").update({"$ref": "#/$defs/Kind"}), "reason"),
}  # fmt: skip


def edited(edit: Edit, released: Schema = RELEASED) -> Schema:
    proposed = copy.deepcopy(released)
    edit(proposed)
    return proposed


@pytest.mark.parametrize("edit", COMPATIBLE.values(), ids=COMPATIBLE)
def test_a_type_may_grow_by(edit: Edit) -> None:
    assert breaking_changes(RELEASED, edited(edit)) == []


@pytest.mark.parametrize(("edit", "path"), BREAKING.values(), ids=BREAKING)
def test_a_released_type_is_broken_by(edit: Edit, path: str) -> None:
    found = breaking_changes(RELEASED, edited(edit))
    assert path in {change.path for change in found}, found
    assert all(change.what and change.breaks for change in found)


HEADERS: Schema = dict(published_schemas()[OF_HEADERS])
HEADERS_MAY: dict[str, Edit] = {
    "gain one that may be absent": lambda s: add(s, "ce_severity", {"type": "string"}),
    "be explained anew": lambda s: field(s, "ce_id").update(description="Who it is."),
    "stand in another order": lambda s: s["required"].reverse(),
}  # fmt: skip
HEADERS_MAY_NOT: dict[str, tuple[Edit, str]] = {
    "gain a required one": (lambda s: add(s, "ce_severity", {"type": "string"}, required=True), "ce_severity"),
    "lose one": (lambda s: remove(s, "traceparent"), "traceparent"),
    "lose their duty to be there": (lambda s: s["required"].remove("ce_subject"), "ce_subject"),
    "be asked for where they may be absent": (lambda s: s["required"].append("ce_sequence"), "ce_sequence"),
    "have another pattern": (lambda s: field(s, "ce_sequence").update(pattern="^[0-9]+$"), "ce_sequence"),
    "have another constant": (lambda s: field(s, "ce_specversion").update(const="2.0"), "ce_specversion"),
    "be renamed": (lambda s: (remove(s, "ce_id"), add(s, "id", {"type": "string"}, required=True)), "ce_id"),
}  # fmt: skip


@pytest.mark.parametrize("edit", HEADERS_MAY.values(), ids=HEADERS_MAY)
def test_the_headers_may(edit: Edit) -> None:
    assert breaking_changes(HEADERS, edited(edit, HEADERS)) == []


@pytest.mark.parametrize(("edit", "path"), HEADERS_MAY_NOT.values(), ids=HEADERS_MAY_NOT)
def test_the_headers_may_not(edit: Edit, path: str) -> None:
    assert path in {change.path for change in breaking_changes(HEADERS, edited(edit, HEADERS))}


def test_a_schema_is_compatible_with_itself() -> None:
    assert changes_between(RELEASED, copy.deepcopy(RELEASED)) == []


def test_several_changes_are_all_named() -> None:
    def edit(schema: Schema) -> None:
        remove(schema, "on")
        field(schema, "count").update(type="string")
        add(definition(schema, "Contact"), "phone", TEXT)

    found = changes_between(RELEASED, edited(edit))
    assert {(change.path, change.is_breaking) for change in found} == {
        ("on", True), ("contact.phone", False), ("count", True),
    }  # fmt: skip


KINDS = st.sampled_from(["smtp_pop3", "edifact"])
RECORDS = st.fixed_dictionaries(
    {
        "office_code": st.from_regex("^[A-Z]{3}$", fullmatch=True), "count": st.integers(0, 99),
        "on": st.dates().map(str), "kind": KINDS, "either": st.text() | st.integers(),
        "boxes": st.lists(st.fixed_dictionaries({"mailbox_id": st.text(), "kind": KINDS}), max_size=3),
    },
    optional={
        "note": st.text(min_size=1, max_size=240), "reason": st.text(), "codes": st.lists(st.text(), max_size=3),
        "contact": st.fixed_dictionaries({"email": st.text()}, optional={"fax": st.text()}),
    },
)  # fmt: skip
"""What a writer of the released schema may write."""
GROWTH = st.lists(st.sampled_from(list(COMPATIBLE)), unique=True, max_size=6)


def grown(names: list[str]) -> Schema:
    schema = copy.deepcopy(RELEASED)
    for name in names:
        try:
            COMPATIBLE[name](schema)
        except KeyError:
            assume(False)  # one edit took away what the other one edits
    return schema


@settings(deadline=None)
@given(growth=GROWTH, record=RECORDS)
def test_records_of_the_past_parse_after_whatever_may_be_changed(growth: list[str], record: dict[str, Any]) -> None:
    assert jsonschema_rs.is_valid(dict(as_readers_apply_it(RELEASED)), record)
    proposed = grown(growth)
    assert breaking_changes(RELEASED, proposed) == []
    assert jsonschema_rs.is_valid(dict(as_readers_apply_it(proposed)), record)


@settings(deadline=None)
@given(growth=GROWTH, broken=st.sampled_from([edit for edit, _ in BREAKING.values()]))
def test_no_growth_hides_what_breaks(growth: list[str], broken: Edit) -> None:
    proposed = grown(growth)
    try:
        broken(proposed)
    except KeyError:
        assume(False)
    assert breaking_changes(RELEASED, proposed) != []


@pytest.mark.parametrize("example", list(golden_examples()), ids=lambda example: f"{example.event_type}-{example.case}")
def test_every_golden_example_parses_as_readers_apply_the_published_schema(example: Any) -> None:
    schema = as_readers_apply_it(schema_of(EVENT_MODELS[example.event_type]))
    assert [error.message for error in jsonschema_rs.iter_errors(dict(schema), example.data)] == []
