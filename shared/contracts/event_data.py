"""The base of every event model: immutable, tolerant of unknown fields, every field with a class and a description."""

from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal, Self, get_args, get_origin

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    Secret,
    SecretBytes,
    SecretStr,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from shared.contracts.topics import Topic
from shared.kernel import identifiers

DataClass = Literal["public", "business", "personal"]


SECRET_TYPES: tuple[type, ...] = (SecretStr, SecretBytes, Secret)


class SecretInEvent(TypeError):
    """An event model was given a field of a secret type: events are kept longer than any secret may live (E25)."""


class _Immutable(BaseModel):
    """Frozen, tolerant of unknown fields, and never a holder of secrets."""

    model_config = ConfigDict(frozen=True, extra="ignore", json_schema_serialization_defaults_required=True)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        for name, field in cls.model_fields.items():
            if _holds_secret(field.annotation):
                raise SecretInEvent(f"{cls.__name__}.{name} is of a secret type")


def _holds_secret(annotation: Any) -> bool:
    outermost = get_origin(annotation) or annotation
    if isinstance(outermost, type) and issubclass(outermost, SECRET_TYPES):
        return True
    return any(_holds_secret(argument) for argument in get_args(annotation))


class EventData(_Immutable):
    """What an event says. Concrete models name their CloudEvents type and their topic."""

    ce_type: ClassVar[str]
    topic: ClassVar[Topic]


class EventPart(_Immutable):
    """A nested value inside an event."""


class OpenEnum(StrEnum):
    """A list of codes that may grow within a major: a value this reader does not know is kept as it is.

    Such a value is equal to no member and compares as its text, so readers look codes up with a default. Codes that
    decide what a reader has to do are plain StrEnums instead: it must refuse those it does not know.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        unknown = str.__new__(cls, value)
        unknown._name_ = "UNKNOWN"
        unknown._value_ = value
        return unknown

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        # A closed `enum` in a published schema would call a later addition invalid.
        schema = handler.resolve_ref_schema(handler(core_schema))
        schema["x-known-values"] = schema.pop("enum", [member.value for member in cls])
        return schema


def public(description: str) -> FieldInfo:
    """A code, state, date or count that anybody with access to the topic may see."""
    return _classified("public", description)


def business(description: str) -> FieldInfo:
    """A company or office name, a reason, a question: hidden by default in operators' tools."""
    return _classified("business", description)


def personal(description: str) -> FieldInfo:
    """A person's name, telephone or address: only in the contract and application topics."""
    return _classified("personal", description)


def _classified(data_class: DataClass, description: str) -> FieldInfo:
    extra: dict[str, Any] = {"x-data-class": data_class}
    field: FieldInfo = Field(description=description, json_schema_extra=extra)
    return field


# Events of one batch share their instants.
@lru_cache(maxsize=256)
def _to_utc_milliseconds(instant: datetime) -> datetime:
    utc = instant.astimezone(UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


@lru_cache(maxsize=256)
@lru_cache(maxsize=256)
def format_instant(instant: datetime) -> str:
    """RFC 3339 in UTC with milliseconds: `2026-11-23T06:07:08.123Z`."""
    return _to_utc_milliseconds(instant).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


Instant = Annotated[
    AwareDatetime,
    AfterValidator(_to_utc_milliseconds),
    PlainSerializer(format_instant, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
OfficeCode = Annotated[identifiers.OfficeCode, StringConstraints(pattern=identifiers.OFFICE_CODE_PATTERN)]
MailboxId = Annotated[identifiers.MailboxId, StringConstraints(pattern=identifiers.MAILBOX_ID_PATTERN)]
ReceiptNumber = Annotated[identifiers.ReceiptNumber, StringConstraints(pattern=identifiers.RECEIPT_NUMBER_PATTERN)]


class MailboxKind(StrEnum):
    """How results are collected from a mailbox; one number space for both (E5)."""

    SMTP_POP3 = "smtp_pop3"
    EDIFACT = "edifact"


class ApplicationKind(StrEnum):
    """What an application asks for."""

    MAILBOX_CHANGE = "mailbox_change"
    PASSWORD_REISSUE = "password_reissue"  # noqa: S105  a kind of application, not a secret


class MailboxRef(EventPart):
    """A mailbox and its kind."""

    mailbox_id: Annotated[MailboxId, public("Mailbox ID: office code and serial.")]
    kind: Annotated[MailboxKind, public("How results are collected.")]
