"""The variables of each service, read from its settings class: nothing about them is written twice."""

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import DirectoryPath, FilePath, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from shared.contracts.topics import ServiceName
from shared.runtime.settings import ServiceSettings, variable_of

KINDS: Mapping[Any, str] = {
    str: "text",
    bool: "true or false",
    int: "whole number",
    float: "number",
    SecretStr: "secret",
    DirectoryPath: "folder",
    FilePath: "file",
}
BOUNDS = ((Ge, "ge", "≥"), (Gt, "gt", ">"), (Le, "le", "≤"), (Lt, "lt", "<"))


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of one service. `default` is as it would be typed, "" for none, None where it must be given."""

    name: str
    field: str
    kind: str
    default: str | None
    purpose: str
    secret: bool


def settings_class_of(service: ServiceName) -> type[ServiceSettings]:
    """Found by name: the service's package is not imported before somebody asks about it."""
    found: type[ServiceSettings] = importlib.import_module(f"services.{service}.settings").Settings
    return found


def variables_of(service: ServiceName) -> Sequence[Variable]:
    """Common ones first, then the service's own, each group in the order of the code."""
    settings = settings_class_of(service)
    return [_variable(settings, name, field) for name, field in settings.model_fields.items()]


def _variable(settings: type[ServiceSettings], name: str, field: FieldInfo) -> Variable:
    kinds = _members(field.annotation)
    return Variable(
        name=variable_of(settings, name),
        field=name,
        kind=", ".join([" or ".join(_kind(kind) for kind in kinds), *_bounds(field)]),
        default=None if field.default is PydanticUndefined else _typed(field.default),
        purpose=" ".join((field.description or "").split()),
        secret=SecretStr in kinds,
    )


def _members(annotation: Any) -> Sequence[Any]:
    """What a value may be, apart from not being there."""
    if get_origin(annotation) in (Union, UnionType):
        return [member for member in get_args(annotation) if member is not type(None)]
    return [annotation]


def _kind(kind: Any) -> str:
    if kind in KINDS:
        return KINDS[kind]
    if get_origin(kind) is Literal:
        return " or ".join(f"`{word}`" for word in get_args(kind))
    if get_origin(kind) is Annotated:
        return _kind(get_args(kind)[0])
    return "path"


def _bounds(field: FieldInfo) -> Sequence[str]:
    return [f"{sign} {getattr(limit, name)}" for limit in field.metadata for known, name, sign in BOUNDS
            if isinstance(limit, known)]  # fmt: skip


def _typed(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case SecretStr():
            return value.get_secret_value()
        case _:
            return str(value)
