"""From a Kafka record to the event in it, or to a refusal that names a stable code and never quotes the record."""

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Protocol
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import ValidationError

from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.contracts.registry import EVENT_MODELS, KNOWN_MAJOR
from shared.contracts.topics import Topic

TYPE_PATTERN = re.compile(r"nss\.[a-z0-9-]+\.[a-z0-9-]+\.v([1-9][0-9]{0,3})")
UNKNOWN_VALUE = "unknown-value"
LONGEST_SEQUENCE = 18
LONGEST_HEADER_TEXT = 256
"""Longer texts are no identifiers of ours, and would not fit into the indexes that they are kept in."""


class ReceivedRecord(Protocol):
    """What a Kafka client hands over; headers are still bytes (or null), nothing of it is trusted."""

    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]: ...


@dataclass(frozen=True, slots=True)
class RecordIdentity:
    """What is readable of a record whatever else is wrong with it, so that it can be queued and traced.

    Without a readable id it is a name-based UUID of the record's place; without a readable subject `subject` names
    that place too, so that the record queues alone; without a readable source, `source` is empty.
    """

    event_id: UUID
    source: str
    subject: str
    event_type: str | None


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A keyed null in a compacted topic: what the key named is gone."""

    identity: RecordIdentity


@dataclass(frozen=True, slots=True)
class SkippedRecord:
    """A type of a known major that this reader does not know or does not act on: normal, newer producers exist."""

    identity: RecordIdentity


@dataclass(frozen=True, slots=True)
class FutureRecord:
    """Only a newer reader knows its major, or a value of one of its enumerations: to be kept for it."""

    identity: RecordIdentity


Decoded = Event[EventData] | Tombstone | SkippedRecord | FutureRecord


class ContractError(ValueError):
    """The record breaks the contract; `code` is stable, `identity` is what could be read. Never holds the payload."""

    def __init__(self, code: str, identity: RecordIdentity) -> None:
        super().__init__(code)
        self.code = code
        self.identity = identity


def decode_record(record: ReceivedRecord, topic: Topic, wanted: Container[str] | None = None) -> Decoded:
    """The event in a record of the topic. Raises ContractError.

    Types outside `wanted` are skipped without a look at their data; None means that every known type is wanted.
    A header whose value is null counts as absent: change data capture writes columns without a value like that.
    Codes: null-value, missing-id, malformed-id, missing-key, malformed-key, missing-<header>, malformed-<header>,
    wrong-topic, bad-json, invalid-data.
    """
    headers = {name: raw for name, raw in record.headers if raw is not None}
    if record.value is None:
        return _tombstone(record, topic, headers)
    event_type = _text(headers.get("ce_type"))
    model = EVENT_MODELS.get(event_type) if event_type else None
    if model is None:
        return _without_model(record, topic, headers, event_type)
    if wanted is not None and event_type not in wanted:
        return SkippedRecord(_identity(record, topic, headers))
    return _event(record, topic, headers, model)


def _event(
    record: ReceivedRecord, topic: Topic, headers: Mapping[str, bytes], model: type[EventData]
) -> Event[EventData] | FutureRecord:
    if model.topic.name != topic.name:
        raise _refusal("wrong-topic", record, topic, headers)
    try:
        event = _from_headers(record, headers, model)
    except _Unreadable as unreadable:
        code = unreadable.code
    except ValidationError as error:
        code = _code_of(error)
    else:
        return event
    if code == UNKNOWN_VALUE:
        return FutureRecord(_identity(record, topic, headers))
    # Outside the except block: an exception's text may quote the payload, and context is printed with a traceback.
    raise _refusal(code, record, topic, headers)


def _from_headers(record: ReceivedRecord, headers: Mapping[str, bytes], model: type[EventData]) -> Event[EventData]:
    assert record.value is not None
    event_id = _required_uuid(headers, "ce_id")
    source = _required(headers, "ce_source")
    subject = _required(headers, "ce_subject")
    time = _required_time(headers)
    sequence = _optional_sequence(headers)
    return Event(
        data=model.model_validate_json(record.value),
        id=event_id,
        key=_required_key(record),
        subject=subject,
        time=time,
        source=source,
        sequence=sequence,
        causation_id=_required_uuid(headers, "ce_causationid") if "ce_causationid" in headers else None,
        correlation_id=_optional(headers, "ce_correlationid"),
        # Foreign: an unreadable trace is no reason to refuse an event.
        traceparent=_text(headers.get("traceparent")),
    )


def _without_model(
    record: ReceivedRecord, topic: Topic, headers: Mapping[str, bytes], event_type: str | None
) -> SkippedRecord | FutureRecord:
    if event_type is None:
        raise _refusal("malformed-type" if "ce_type" in headers else "missing-type", record, topic, headers)
    form = TYPE_PATTERN.fullmatch(event_type)
    if form is None:
        raise _refusal("malformed-type", record, topic, headers)
    identity = _identity(record, topic, headers)
    return FutureRecord(identity) if int(form[1]) > KNOWN_MAJOR else SkippedRecord(identity)


def _tombstone(record: ReceivedRecord, topic: Topic, headers: Mapping[str, bytes]) -> Tombstone:
    if not topic.compacted or not record.key:
        raise _refusal("null-value", record, topic, headers)
    identity = _identity(record, topic, headers)
    # A tombstone may be written by a tool that knows no envelope: in a compacted topic the key is the subject.
    key = _text(record.key)
    if key is None or "ce_subject" in headers:
        return Tombstone(identity)
    return Tombstone(RecordIdentity(identity.event_id, identity.source, key, identity.event_type))


def _identity(record: ReceivedRecord, topic: Topic, headers: Mapping[str, bytes]) -> RecordIdentity:
    place = f"{topic.name}/{record.partition}/{record.offset}"
    return RecordIdentity(
        event_id=_uuid(headers.get("ce_id")) or uuid5(NAMESPACE_URL, place),
        source=_text(headers.get("ce_source")) or "",
        subject=_text(headers.get("ce_subject")) or place,
        event_type=_text(headers.get("ce_type")),
    )


def _refusal(code: str, record: ReceivedRecord, topic: Topic, headers: Mapping[str, bytes]) -> ContractError:
    return ContractError(code, _identity(record, topic, headers))


class _Unreadable(Exception):
    """A header or the key is missing or malformed."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@lru_cache(maxsize=4096)
def _text(raw: bytes | None) -> str | None:
    """The text of a header, or None where it is absent, empty, overlong, not UTF-8 or holds a null character."""
    if not raw or len(raw) > LONGEST_HEADER_TEXT or b"\0" in raw:
        return None
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return None


def _uuid(raw: bytes | None) -> UUID | None:
    try:
        return UUID(raw.decode()) if raw else None
    except ValueError:
        return None


def _required(headers: Mapping[str, bytes], name: str) -> str:
    text = _text(headers.get(name))
    if text is None:
        raise _Unreadable(_code_for(headers, name))
    return text


def _optional(headers: Mapping[str, bytes], name: str) -> str | None:
    return _required(headers, name) if name in headers else None


def _required_uuid(headers: Mapping[str, bytes], name: str) -> UUID:
    value = _uuid(headers.get(name))
    if value is None:
        raise _Unreadable(_code_for(headers, name))
    return value


def _required_time(headers: Mapping[str, bytes]) -> datetime:
    raw = headers.get("ce_time")
    try:
        time = datetime.fromisoformat(raw.decode()) if raw else None
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise _Unreadable(_code_for(headers, "ce_time"))
    return time


def _optional_sequence(headers: Mapping[str, bytes]) -> int | None:
    raw = headers.get("ce_sequence")
    if raw is None:
        return None
    if not raw.isdigit() or len(raw) > LONGEST_SEQUENCE:
        raise _Unreadable("malformed-sequence")
    return int(raw)


def _required_key(record: ReceivedRecord) -> str:
    if not record.key:
        raise _Unreadable("missing-key")
    key = _text(record.key)
    if key is None:
        raise _Unreadable("malformed-key")
    return key


def _code_for(headers: Mapping[str, bytes], name: str) -> str:
    return f"{'malformed' if name in headers else 'missing'}-{name.removeprefix('ce_')}"


def _code_of(error: ValidationError) -> str:
    kinds = {detail["type"] for detail in error.errors(include_url=False, include_context=False, include_input=False)}
    if kinds <= {"enum", "literal_error"}:
        return UNKNOWN_VALUE
    return "bad-json" if "json_invalid" in kinds else "invalid-data"
