"""The transactional outbox: events are appended in the business transaction and numbered per subject.

The row lock on `event_sequences` is taken before a row gets its `seq`, so commit order equals sequence order per
subject. Topic names are stored without the prefix of a test run; the relay adds it.
"""

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from shared.contracts.envelope import (
    CONTENT_TYPE,
    SPEC_VERSION,
    Event,
    encode_data,
    format_sequence,
    schema_path,
    source_of,
    to_headers,
)
from shared.contracts.event_data import EventData, format_instant
from shared.contracts.operation_events import LetterDiscarded, LetterReplayed
from shared.contracts.registry import producers_of
from shared.contracts.topics import MAX_RECORD_BYTES, Topic
from shared.runtime import spans
from shared.runtime.database import Connection
from shared.runtime.web.tracing import current_traceparent

RAW_TYPE = "dead-letter"
HEADER_ROOM = 16 * 1024
"""More than key and headers of an event ever take; only values larger than the rest are measured exactly."""
HEADERS_ADDED_LATER = 128
"""Source, sequence and trace, which an event may get after it is measured."""


class EventTooLarge(ValueError):
    """An event over 900 KiB: refused before the outbox, so that no accepted event is ever unpublishable."""


async def append_events(db: Connection, events: Sequence[Event[EventData]]) -> None:
    """Append events to the outbox, numbered per subject in the order given. Raises EventTooLarge.

    Two statements for any number of events. A `sequence` an event already has is ignored; a missing source is that of
    the service which produces the model; a missing trace is that of the work in hand.
    """
    if not events:
        return
    values = [encode_data(event.data) for event in events]
    for event, value in zip(events, values, strict=True):
        if len(value) > MAX_RECORD_BYTES - HEADER_ROOM:
            room_taken = [*to_headers(event), ("", bytes(HEADERS_ADDED_LATER))]
            _refuse_if_too_large(event.type, event.key.encode(), value, room_taken)
    counts = Counter(event.subject for event in events)
    subjects = await _reserve_numbers(db, counts)
    await _insert_events(db, _complete(events, subjects), values)
    if spans.recorder() is not None:
        await _keep_traces(db, subjects)


async def append_raw_record(
    db: Connection,
    topic: Topic,
    key: bytes | None,
    value: bytes | None,
    headers: Sequence[tuple[str, bytes]],
    event_id: UUID,
    now: datetime,
) -> None:
    """Append a record whose key, value and headers are published byte for byte (a dead letter's copy).

    It gets no sequence number and no header of its own. Raises EventTooLarge over 900 KiB: truncate before.
    """
    _refuse_if_too_large(f"copy of {event_id}", key or b"", value or b"", headers)
    await db.execute(
        """
        insert into event_outbox
            (id, aggregatetype, aggregateid, record_key, type, payload, topic, extra_headers, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        event_id,
        aggregate_type(topic),
        _readable(key),
        key,
        RAW_TYPE,
        value,
        topic.name,
        [[name, base64.b64encode(content).decode()] for name, content in headers],
        now,
    )


def aggregate_type(topic: Topic) -> str:
    """`nss.application.v1` → `application`."""
    return topic.name.removeprefix("nss.").rpartition(".")[0]


def record_size(key: bytes, value: bytes, headers: Sequence[tuple[str, bytes]]) -> int:
    """Bytes a record takes on the wire, rounded up by a few per header."""
    return len(key) + len(value) + sum(len(name.encode()) + len(content) + 10 for name, content in headers) + 30


def _refuse_if_too_large(what: str, key: bytes, value: bytes, headers: Sequence[tuple[str, bytes]]) -> None:
    size = record_size(key, value, headers)
    if size > MAX_RECORD_BYTES:
        raise EventTooLarge(f"{what} takes {size} bytes; at most {MAX_RECORD_BYTES} are published")


def _source(event: Event[EventData]) -> str:
    if event.source:
        return event.source
    if isinstance(event.data, LetterReplayed | LetterDiscarded):
        return source_of(event.data.service)
    (producer,) = producers_of(type(event.data))
    return source_of(producer)


def _readable(key: bytes | None) -> str:
    return (key or b"").decode(errors="replace").replace("\0", "�")


@dataclass(slots=True)
class _Subject:
    """Where a subject stands: the last number used, and the trace of its last event where that is known."""

    last_used: int
    traceparent: str | None


async def _reserve_numbers(db: Connection, counts: Mapping[str, int]) -> dict[str, _Subject]:
    """Where each subject stood before these events.

    Subjects are locked in sorted order, so that writers cannot deadlock.
    """
    subjects = sorted(counts)
    rows = await db.fetch(
        """
        insert into event_sequences as existing (subject, last_sequence)
        select subject, added from unnest($1::text[], $2::bigint[]) as wanted (subject, added)
        on conflict (subject) do update set last_sequence = existing.last_sequence + excluded.last_sequence
        returning subject, last_sequence, last_traceparent
        """,
        subjects,
        [counts[subject] for subject in subjects],
    )
    return {
        row["subject"]: _Subject(row["last_sequence"] - counts[row["subject"]], row["last_traceparent"]) for row in rows
    }


def _complete(events: Sequence[Event[EventData]], subjects: Mapping[str, _Subject]) -> list[Event[EventData]]:
    """The events with number, source and trace."""
    request = current_traceparent()
    recorder = spans.recorder()
    completed = []
    for event in events:
        subject = subjects[event.subject]
        subject.last_used += 1
        traceparent = event.traceparent or request
        if recorder is not None:
            traceparent = recorder.create(event, spans.Origins(event.traceparent, subject.traceparent, request))
            subject.traceparent = traceparent
        completed.append(replace(event, source=_source(event), sequence=subject.last_used, traceparent=traceparent))
    return completed


async def _keep_traces(db: Connection, subjects: Mapping[str, _Subject]) -> None:
    """Remember where each subject's trace goes on; its row is locked already."""
    await db.execute(
        """
        update event_sequences set last_traceparent = traces.traceparent
        from unnest($1::text[], $2::text[]) as traces (subject, traceparent)
        where event_sequences.subject = traces.subject
        """,
        list(subjects),
        [subject.traceparent for subject in subjects.values()],
    )


async def _insert_events(db: Connection, events: Sequence[Event[EventData]], values: Sequence[bytes]) -> None:
    await db.execute(
        """
        insert into event_outbox
            (id, aggregatetype, aggregateid, type, payload, topic, source, specversion, subject, partitionkey,
             sequence, occurred_at, dataschema, causationid, correlationid, datacontenttype, traceparent, created_at)
        select id, aggregatetype, aggregateid, type, payload, topic, source, $14, subject, aggregateid,
            sequence, occurred_at, dataschema, causationid, correlationid, $15, traceparent, created_at
        from unnest(
            $1::uuid[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::text[], $7::text[], $8::text[],
            $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $16::text[], $17::timestamptz[]
        ) as new (id, aggregatetype, aggregateid, type, payload, topic, source, subject,
            sequence, occurred_at, dataschema, causationid, correlationid, traceparent, created_at)
        """,
        *_columns(events, values),
    )


def _columns(events: Sequence[Event[EventData]], values: Sequence[bytes]) -> list[object]:
    return [
        [event.id for event in events],
        [aggregate_type(event.data.topic) for event in events],
        [event.key for event in events],
        [event.type for event in events],
        list(values),
        [event.data.topic.name for event in events],
        [event.source for event in events],
        [event.subject for event in events],
        [format_sequence(event.sequence or 0) for event in events],
        [format_instant(event.time) for event in events],
        [schema_path(event.type) for event in events],
        [str(event.causation_id) if event.causation_id else None for event in events],
        [event.correlation_id for event in events],
        SPEC_VERSION,
        CONTENT_TYPE,
        [event.traceparent for event in events],
        [event.time for event in events],
    ]


async def find_outbox_state(db: Connection) -> tuple[int, datetime | None]:
    """How many rows wait for the relay, and since when the oldest."""
    row = await db.fetchrow("select count(*) as waiting, min(created_at) as oldest from event_outbox")
    assert row is not None
    return row["waiting"], row["oldest"]
