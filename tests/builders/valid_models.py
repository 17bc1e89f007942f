"""Event models with defaults: a builder may set any field of its model, and no other."""

from typing import Any, TypeVar

from pydantic import BaseModel

ModelT = TypeVar("ModelT", bound=BaseModel)


def valid(model: type[ModelT], fields: dict[str, Any], **defaults: Any) -> ModelT:
    """The model with the defaults and, over them, the fields of a test."""
    unknown = fields.keys() - model.model_fields.keys()
    if unknown:
        raise TypeError(f"{model.__name__} has no field {sorted(unknown)}")
    return model(**{**defaults, **fields})
