"""The AsyncAPI document against the standard's own JSON Schema.

`asyncapi/3.0.0.schema.json` is `schemas/3.0.0-without-$id.json` of the AsyncAPI Initiative's repository
`spec-json-schemas` (commit 7dd3990), unchanged, under the Apache License 2.0 that stands beside it with its notice.
"""

import copy
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from deploy.catalogue.build import catalogue_files

OFFICIAL = Path(__file__).parent / "asyncapi" / "3.0.0.schema.json"
SHA256 = "acefdddecb7909e2e6335f49b5acf222cf6170e303e51ab7824123981d7adfa0"
DOCUMENT = json.loads(catalogue_files()["asyncapi.json"])
RECEIVED = "application.received.v1"
CHANNEL = "nss.application.v1"

Fault = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def official() -> jsonschema_rs.Draft7Validator:
    """The standard's schema, which is written in draft 7."""
    return jsonschema_rs.Draft7Validator(json.loads(OFFICIAL.read_text(encoding="utf-8")))


def test_the_standards_schema_is_the_published_one() -> None:
    assert hashlib.sha256(OFFICIAL.read_bytes()).hexdigest() == SHA256
    assert {path.name for path in OFFICIAL.parent.iterdir()} == {OFFICIAL.name, "LICENSE", "NOTICE"}


def test_the_document_is_valid_by_the_standards_schema(official: jsonschema_rs.Draft7Validator) -> None:
    assert [f"{error.instance_path}: {error.kind.name}" for error in official.iter_errors(DOCUMENT)] == []


FAULTS: dict[str, Fault] = {
    "another version": lambda document: document.update(asyncapi="3.9.0"),
    "no title": lambda document: document["info"].pop("title"),
    "an unknown part": lambda document: document.update(topics={}),
    "a message without a reference or a body": lambda document: document["channels"][CHANNEL]["messages"].update(x=1),
    "a number of partitions in words": lambda document: kafka(document).update(partitions="six"),
    "an unknown clean-up": lambda document: kafka(document)["topicConfiguration"].update({"cleanup.policy": ["burn"]}),
    "an operation without an action": lambda document: operation(document).pop("action"),
    "an action that is none": lambda document: operation(document).update(action="publish"),
    "examples that are no list": lambda document: message(document).update(examples={}),
    "headers that are no object": lambda document: message(document).update(headers="ce_id"),
    "a field's type that is none": lambda document: payload(document).update(type="text"),
}


def kafka(document: dict[str, Any]) -> Any:
    return document["channels"][CHANNEL]["bindings"]["kafka"]


def operation(document: dict[str, Any]) -> Any:
    return next(iter(document["operations"].values()))


def message(document: dict[str, Any]) -> Any:
    return document["components"]["messages"][RECEIVED]


def payload(document: dict[str, Any]) -> Any:
    return document["components"]["schemas"][RECEIVED]


@pytest.mark.parametrize("name", FAULTS)
def test_a_document_with_a_fault_is_not_valid(name: str, official: jsonschema_rs.Draft7Validator) -> None:
    faulty = copy.deepcopy(DOCUMENT)
    FAULTS[name](faulty)
    assert faulty != DOCUMENT
    assert not official.is_valid(faulty)
