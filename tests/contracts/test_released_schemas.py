"""What is published about a type is what the models say today; a change of it is seen in the change that makes it."""

import json
from typing import Any

import pytest

from shared.contracts import schemas
from shared.contracts.event_data import EventData
from shared.contracts.registry import EVENT_MODELS
from shared.contracts.schemas import (
    RELEASED_FOLDER,
    published_schemas,
    released_path,
    released_text,
    schema_of,
    write_released_schemas,
)

REFRESH = "run `python -m shared.contracts.schemas` and read the difference"

each_model = pytest.mark.parametrize("model", EVENT_MODELS.values(), ids=lambda model: model.ce_type)


def test_exactly_the_registered_types_and_the_headers_are_released() -> None:
    released = {path.name for path in RELEASED_FOLDER.glob("*.json")}
    assert released == {f"{name}.json" for name in [*EVENT_MODELS, "headers"]}


@pytest.mark.parametrize("name", published_schemas())
def test_the_released_schema_is_todays(name: str) -> None:
    assert released_path(name).read_text(encoding="utf-8") == released_text(published_schemas()[name]), REFRESH


@each_model
def test_a_schema_names_its_type_dialect_and_topic_and_knows_no_null(model: type[EventData]) -> None:
    schema = schema_of(model)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert (schema["$id"], schema["title"]) == (f"/schemas/{model.ce_type}.json", model.ce_type)
    assert schema["x-topic"] == model.topic.name
    assert '"null"' not in json.dumps(schema)
    assert "null" not in json.dumps(schema)


@each_model
def test_every_property_of_a_schema_shows_its_data_class_and_description(model: type[EventData]) -> None:
    schema = schema_of(model)
    for part in (schema, *schema.get("$defs", {}).values()):
        for name, field in part.get("properties", {}).items():
            assert field["x-data-class"], name
            assert field["description"], name


def test_lists_of_codes_that_may_grow_are_open_and_the_others_closed() -> None:
    definitions: dict[str, Any] = schema_of(EVENT_MODELS["nss.contract.published.v1"])["$defs"]
    assert "enum" not in definitions["ProcessingMode"]
    assert "netapi" in definitions["ProcessingMode"]["x-known-values"]
    assert definitions["MailboxKind"]["enum"] == ["smtp_pop3", "edifact"]


def test_refreshing_writes_one_file_per_type_and_one_of_the_headers(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schemas, "RELEASED_FOLDER", tmp_path / "released")
    write_released_schemas()
    assert len(list((tmp_path / "released").iterdir())) == len(EVENT_MODELS) + 1


def test_a_change_that_breaks_a_released_type_is_not_written(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas, "RELEASED_FOLDER", tmp_path)
    write_released_schemas()
    name = "nss.mail.sent.v1"
    released = json.loads(released_path(name).read_text(encoding="utf-8"))
    released["properties"]["attempts"]["type"] = "string"
    before = json.dumps(released)
    released_path(name).write_text(before, encoding="utf-8")
    with pytest.raises(schemas.BreaksReleasedSchemas, match=r"nss\.mail\.sent\.v1 attempts: type"):
        write_released_schemas()
    assert released_path(name).read_text(encoding="utf-8") == before


def test_a_type_that_vanished_breaks_its_readers(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas, "RELEASED_FOLDER", tmp_path)
    (tmp_path / "nss.mail.lost.v1.json").write_text("{}", encoding="utf-8")
    assert [change.what for change in schemas.breaking_changes_of_today()["nss.mail.lost.v1"]] == ["type removed"]
