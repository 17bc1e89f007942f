"""Which fields of an event somebody may see, by the data class that every field of a schema carries."""

from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any

from shared.contracts.registry import EVENT_MODELS
from shared.contracts.schemas import definition_of, schema_of

DATA_CLASSES = ("public", "business", "personal")
"""From what everybody may see to what hardly anybody may."""
UNKNOWN = "unknown"
"""Class of what no schema knows: seen by nobody."""

Conceal = Callable[[str], Any]
"""What stands in the place of a field of that class; ABSENT leaves it out."""
ABSENT = object()


def classes_up_to(data_class: str) -> frozenset[str]:
    """The class and every milder one."""
    return frozenset(DATA_CLASSES[: DATA_CLASSES.index(data_class) + 1])


def cleared(event_type: str | None, data: Any, seen: Collection[str]) -> Any:
    """The data with the fields of these classes alone; ABSENT where it is no object."""
    return concealed(event_type, data, seen, lambda _class: ABSENT)


def concealed(event_type: str | None, data: Any, seen: Collection[str], conceal: Conceal) -> Any:
    """The data with `conceal`'s answer in the place of every field of another class."""
    schema = _schema(event_type) if event_type in EVENT_MODELS else {}
    return _Clearing(schema, seen, conceal).of_object(data, schema)


@cache
def _schema(event_type: str) -> Mapping[str, Any]:
    return schema_of(EVENT_MODELS[event_type])


class _Clearing:
    """One walk through data and schema side by side."""

    def __init__(self, schema: Mapping[str, Any], seen: Collection[str], conceal: Conceal) -> None:
        self._schema, self._seen, self._conceal = schema, seen, conceal

    def of_object(self, data: Any, part: Mapping[str, Any]) -> Any:
        """An object and everything below it."""
        if not isinstance(data, dict):
            return self._conceal(UNKNOWN)
        fields = part.get("properties", {})
        kept = {name: self._of_field(value, fields.get(name)) for name, value in data.items()}
        return {name: value for name, value in kept.items() if value is not ABSENT}

    def _of_field(self, value: Any, field: Mapping[str, Any] | None) -> Any:
        data_class = UNKNOWN if field is None else field.get("x-data-class", UNKNOWN)
        if field is None or data_class not in self._seen:
            return self._conceal(data_class)
        if isinstance(value, list):
            members = definition_of(field.get("items", {}), self._schema)
            return [self.of_object(each, members) if isinstance(each, dict) else each for each in value]
        if isinstance(value, dict):
            return self.of_object(value, definition_of(field, self._schema))
        return value
