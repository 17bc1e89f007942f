"""Hypothesis strategies for any event model, made from its own fields."""

from datetime import UTC, date, datetime, timedelta
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, NewType, Union, get_args, get_origin
from uuid import UUID

from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel, StringConstraints

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ANY_INSTANT = st.builds(
    lambda days, zone: (EPOCH + days).astimezone(zone),
    st.timedeltas(timedelta(0), timedelta(days=80_000)),
    st.timezones(),
)
SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: st.integers(-(2**53), 2**53),
    str: st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    date: st.dates(date(1900, 1, 1), date(2199, 12, 31)),
    datetime: ANY_INSTANT,
    AwareDatetime: ANY_INSTANT,
    UUID: st.uuids(),
}


def instances_of(model: type[BaseModel]) -> st.SearchStrategy[Any]:
    """Instances of the model with any value of each field; optional fields are there or not."""
    fields = {name: _values(field.annotation, field.metadata) for name, field in model.model_fields.items()}
    required = {name: values for name, values in fields.items() if model.model_fields[name].is_required()}
    optional = {name: values for name, values in fields.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional).map(model.model_validate)


def _values(annotation: Any, metadata: list[Any]) -> st.SearchStrategy[Any]:
    pattern = next((m.pattern for m in metadata if isinstance(m, StringConstraints)), None)
    if pattern is not None:
        return st.from_regex(str(pattern).replace("$", r"\Z"), fullmatch=True)
    if isinstance(annotation, NewType):
        return _values(annotation.__supertype__, metadata)
    if get_origin(annotation) is not None:
        return _values_of_generic(annotation)
    if issubclass(annotation, BaseModel):
        return instances_of(annotation)
    if issubclass(annotation, Enum):
        return st.sampled_from(list(annotation))
    return SIMPLE[annotation]


def _values_of_generic(annotation: Any) -> st.SearchStrategy[Any]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _values(arguments[0], list(arguments[1:]))
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, UnionType):
        return st.one_of(*(st.none() if part is type(None) else _values(part, []) for part in arguments))
    assert origin is list, f"no strategy for {annotation}"
    return st.lists(_values(arguments[0], []), max_size=3)
