"""CloudEvents 1.0 in Kafka binary mode: an event and the record (key, value, headers) that carries it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from shared.contracts.event_data import EventData, format_instant

SPEC_VERSION = "1.0"
CONTENT_TYPE = "application/json"
SEQUENCE_DIGITS = 10

DataT = TypeVar("DataT", bound=EventData)
DataT_co = TypeVar("DataT_co", bound=EventData, covariant=True)

Headers = Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Event(Generic[DataT_co]):
    """Something that happened.

    `subject` is the receipt number, or the office code where no application is meant; `key` orders it within its
    topic. `sequence` is consecutive per (source, subject); None until the outbox has numbered the event.
    """

    data: DataT_co
    id: UUID
    key: str
    subject: str
    time: datetime
    source: str = ""
    sequence: int | None = None
    causation_id: UUID | None = None
    correlation_id: str | None = None
    traceparent: str | None = None

    @property
    def type(self) -> str:
        """The CloudEvents type, for example `nss.application.received.v1`."""
        return self.data.ce_type


@dataclass(frozen=True, slots=True)
class Record:
    """What goes to Kafka. A `value` of None is a tombstone (only in compacted topics)."""

    topic: str
    key: bytes
    value: bytes | None
    headers: Headers


def new_event(
    data: DataT,
    *,
    event_id: UUID,
    key: str,
    now: datetime,
    caused_by: Event[EventData] | None = None,
    causation_id: UUID | None = None,
    traceparent: str | None = None,
) -> Event[DataT]:
    """An event that has just been decided. Causation and trace follow from the event that caused it.

    Where only that event's id was kept, `causation_id` and `traceparent` say the same.
    """
    subject = str(getattr(data, "receipt_number", None) or key)
    return Event(
        data=data,
        id=event_id,
        key=key,
        subject=subject,
        time=now,
        causation_id=caused_by.id if caused_by else causation_id,
        correlation_id=subject if subject != key else None,
        traceparent=caused_by.traceparent if caused_by else traceparent,
    )


def source_of(service: str) -> str:
    """The CloudEvents source of a service."""
    return f"/nss/{service}"


def schema_path(event_type: str) -> str:
    """Where the JSON Schema of a type stands in the catalogue."""
    return f"/schemas/{event_type}.json"


def format_sequence(sequence: int) -> str:
    """Zero-padded, because the CloudEvents sequence extension compares as text."""
    return f"{sequence:0{SEQUENCE_DIGITS}d}"


def encode_data(data: EventData) -> bytes:
    """The record value: JSON of the data alone, UTF-8, unescaped, absent fields left out."""
    return data.model_dump_json(exclude_none=True).encode()


def to_headers(event: Event[EventData]) -> list[tuple[str, bytes]]:
    """The `ce_*` headers of an event, in a fixed order; optional ones only when present."""
    texts = {
        "ce_specversion": SPEC_VERSION,
        "ce_id": str(event.id),
        "ce_source": event.source,
        "ce_type": event.type,
        "ce_time": format_instant(event.time),
        "ce_subject": event.subject,
        "ce_partitionkey": event.key,
        "ce_sequence": None if event.sequence is None else format_sequence(event.sequence),
        "ce_dataschema": schema_path(event.type),
        "ce_causationid": None if event.causation_id is None else str(event.causation_id),
        "ce_correlationid": event.correlation_id,
        "content-type": CONTENT_TYPE,
        "traceparent": event.traceparent,
    }
    return [(name, text.encode()) for name, text in texts.items() if text is not None]


def to_record(event: Event[EventData], topic_prefix: str = "") -> Record:
    """The Kafka record of an event."""
    return Record(
        topic=event.data.topic.name_with(topic_prefix),
        key=event.key.encode(),
        value=encode_data(event.data),
        headers=to_headers(event),
    )
