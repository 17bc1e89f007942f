"""JSON Schema 2020-12 of every event type and of the headers, as released: `python -m shared.contracts.schemas` writes
the files anew.

A released type gains optional fields only (`shared/contracts/compatibility.py`). Refresh the files in the change that
adds such a field; a change that would break a reader or a stored record is refused.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from shared.contracts.compatibility import Change, breaking_changes
from shared.contracts.envelope import schema_path
from shared.contracts.event_data import EventData
from shared.contracts.headers import headers_schema
from shared.contracts.registry import EVENT_MODELS

RELEASED_FOLDER = Path(__file__).parent / "released"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
OF_HEADERS = "headers"
"""Name of the schema that the headers of every record fit."""


def schema_of(model: type[EventData]) -> dict[str, Any]:
    """The schema of what is published.

    Absent fields are left out, so null is no value of any field; every other field is always there, so it is required.
    """
    schema = _without_null(model.model_json_schema(mode="serialization"))
    described = {"$schema": DIALECT, "$id": schema_path(model.ce_type), **schema}
    return {**described, "title": model.ce_type, "x-topic": model.topic.name}


def definition_of(field: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a field's reference leads to within its schema; the field itself where it has none."""
    reference = field.get("$ref")
    found: Mapping[str, Any] = schema["$defs"][reference.rpartition("/")[2]] if reference else field
    return found


def published_schemas() -> Mapping[str, Mapping[str, Any]]:
    """Every schema of today by its name: the types', and that of the headers."""
    headers = {"$schema": DIALECT, "$id": schema_path(OF_HEADERS), **headers_schema()}
    return {**{name: schema_of(model) for name, model in EVENT_MODELS.items()}, OF_HEADERS: headers}


def released_path(name: str) -> Path:
    """Where a released schema stands."""
    return RELEASED_FOLDER / f"{name}.json"


def released_text(schema: Mapping[str, Any]) -> str:
    """The content of the released file."""
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


class BreaksReleasedSchemas(ValueError):
    """A model no longer says what was released; the message names each place and what it breaks."""


def breaking_changes_of_today() -> Mapping[str, Sequence[Change]]:
    """By name, what the schemas of today break of the released ones. A type that is gone breaks its readers."""
    found = {}
    today = published_schemas()
    for path in sorted(RELEASED_FOLDER.glob("*.json")):
        released = json.loads(path.read_text(encoding="utf-8"))
        gone = [Change("", "type removed", "the topic holds such records and readers wait for new ones")]
        changes = breaking_changes(released, today[path.stem]) if path.stem in today else gone
        if changes:
            found[path.stem] = changes
    return found


def write_released_schemas() -> None:
    """Writes every schema of today. Raises BreaksReleasedSchemas and then writes nothing."""
    broken = breaking_changes_of_today()
    if broken:
        lines = [f"{name} {change.path}: {change.what}" for name, changes in broken.items() for change in changes]
        raise BreaksReleasedSchemas("\n".join(lines))
    RELEASED_FOLDER.mkdir(exist_ok=True)
    for name, schema in published_schemas().items():
        released_path(name).write_text(released_text(schema), encoding="utf-8")


def _without_null(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_null(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "properties" in schema:
        absent = {name for name, field in schema["properties"].items() if field.get("default", ...) is None}
        schema = {**schema, "required": [name for name in schema["required"] if name not in absent]}
    parts = {name: _without_null(part) for name, part in schema.items() if not (name == "default" and part is None)}
    alternatives = [part for part in parts.pop("anyOf", []) if part != {"type": "null"}]
    if len(alternatives) == 1:
        return {**alternatives[0], **parts}
    return {**parts, "anyOf": alternatives} if alternatives else parts


if __name__ == "__main__":
    write_released_schemas()
