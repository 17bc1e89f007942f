"""What of an event everybody at the command may see: fields of class public; the others show their class instead."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from shared.contracts.registry import EVENT_MODELS
from shared.contracts.schemas import definition_of, schema_of

UNKNOWN = "unknown"


def masked(event_type: str | None, data: Any) -> Any:
    """The data with every business, personal or unknown field replaced by its class in brackets."""
    schema = _schema(event_type) if event_type in EVENT_MODELS else {}
    return _masked_object(data, schema, schema)


@cache
def _schema(event_type: str) -> Mapping[str, Any]:
    return schema_of(EVENT_MODELS[event_type])


def _masked_object(data: Any, part: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:
    if not isinstance(data, dict):
        return f"[{UNKNOWN}]"
    fields = part.get("properties", {})
    return {name: _masked_field(value, fields.get(name), schema) for name, value in data.items()}


def _masked_field(value: Any, field: Mapping[str, Any] | None, schema: Mapping[str, Any]) -> Any:
    data_class = UNKNOWN if field is None else field.get("x-data-class", UNKNOWN)
    if field is None or data_class != "public":
        return f"[{data_class}]"
    if isinstance(value, list):
        members = field.get("items", {})
        return [_masked_object(each, definition_of(members, schema), schema) if isinstance(each, dict) else each
                for each in value]  # fmt: skip
    if isinstance(value, dict):
        return _masked_object(value, definition_of(field, schema), schema)
    return value
