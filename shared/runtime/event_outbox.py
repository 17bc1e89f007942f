"""The transactional outbox: events are appended in the business transaction and numbered per subject.

The row lock on `event_sequences` is taken before a row gets its `seq`, so commit order equals sequence order per
subject. Topic names are stored without the prefix of a test run; the relay adds it.
"""

import base64
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
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
SEQUENCE_FORMAT = "FM" + format_sequence(0)
"""PostgreSQL's word for what `format_sequence` does."""
HEADERS_ADDED_LATER = 128
"""Source, sequence and trace, which an event may get after it is measured."""


class EventTooLarge(ValueError):
    """An event over 900 KiB: refused before the outbox, so that no accepted event is ever unpublishable."""


async def append_events(db: Connection, events: Sequence[Event[EventData]]) -> None:
    """Append events to the outbox, numbered per subject in the order given. Raises EventTooLarge.

    One statement for any number of events, two more while traces are recorded. A `sequence` an event already has is
    ignored; a missing source is that of the service which produces the model; a missing trace that of the work in hand.
    """
    if not events:
        return
    values = [encode_data(event.data) for event in events]
    for event, value in zip(events, values, strict=True):
        if len(value) > MAX_RECORD_BYTES - HEADER_ROOM:
            room_taken = [*to_headers(event), ("", bytes(HEADERS_ADDED_LATER))]
            _refuse_if_too_large(event.type, event.key.encode(), value, room_taken)
    if (recorder := spans.recorder()) is not None:
        events = await _trace(db, events, recorder)
    await _insert_events(db, events, values)


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


async def _trace(
    db: Connection, events: Sequence[Event[EventData]], recorder: spans.Recorder
) -> list[Event[EventData]]:
    """The events, each with the trace it goes on with; the subjects are locked, so that traces go on in order."""
    subjects, request = sorted({event.subject for event in events}), current_traceparent()
    rows = await db.fetch(
        """
        insert into event_sequences as existing (subject, last_sequence) select unnest($1::text[]), 0
        on conflict (subject) do update set last_sequence = existing.last_sequence
        returning subject, last_traceparent
        """,
        subjects,
    )
    latest = {row["subject"]: row["last_traceparent"] for row in rows}
    traced = []
    for event in events:
        traceparent = recorder.create(event, spans.Origins(event.traceparent, latest[event.subject], request))
        latest[event.subject] = traceparent
        traced.append(replace(event, traceparent=traceparent))
    await db.execute(
        """
        update event_sequences set last_traceparent = traces.traceparent
        from unnest($1::text[], $2::text[]) as traces (subject, traceparent)
        where event_sequences.subject = traces.subject
        """,
        list(latest),
        list(latest.values()),
    )
    return traced


async def _insert_events(db: Connection, events: Sequence[Event[EventData]], values: Sequence[bytes]) -> None:
    """Number the events and insert them at once: only its number depends on where the subject of an event stands.

    Subjects are locked in sorted order, so that writers cannot deadlock.
    """
    await db.execute(
        """
        with new as (
            select * from unnest(
                $4::uuid[], $5::text[], $6::text[], $7::text[], $8::bytea[], $9::text[], $10::text[], $11::text[],
                $12::bigint[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[], $18::timestamptz[]
            ) with ordinality as new (id, aggregatetype, aggregateid, type, payload, topic, source, subject,
                followers, occurred_at, dataschema, causationid, correlationid, traceparent, created_at, place)
        ), numbered as (
            insert into event_sequences as existing (subject, last_sequence)
            select subject, count(*) from new group by subject order by subject collate "C"
            on conflict (subject) do update set last_sequence = existing.last_sequence + excluded.last_sequence
            returning subject, last_sequence
        )
        insert into event_outbox
            (id, aggregatetype, aggregateid, type, payload, topic, source, specversion, subject, partitionkey,
             sequence, occurred_at, dataschema, causationid, correlationid, datacontenttype, traceparent, created_at)
        select id, aggregatetype, aggregateid, type, payload, topic, source, $1, subject, aggregateid,
            to_char(last_sequence - followers, $3), occurred_at, dataschema, causationid, correlationid, $2,
            traceparent, created_at
        from new join numbered using (subject) order by place
        """,
        SPEC_VERSION,
        CONTENT_TYPE,
        SEQUENCE_FORMAT,
        *_columns(events, values),
    )


def _columns(events: Sequence[Event[EventData]], values: Sequence[bytes]) -> list[object]:
    request = current_traceparent()
    return [
        [event.id for event in events],
        [aggregate_type(event.data.topic) for event in events],
        [event.key for event in events],
        [event.type for event in events],
        list(values),
        [event.data.topic.name for event in events],
        [_source(event) for event in events],
        [event.subject for event in events],
        _followers(events),
        [format_instant(event.time) for event in events],
        [schema_path(event.type) for event in events],
        [str(event.causation_id) if event.causation_id else None for event in events],
        [event.correlation_id for event in events],
        [event.traceparent or request for event in events],
        [event.time for event in events],
    ]


def _followers(events: Sequence[Event[EventData]]) -> list[int]:
    """How many events of the same subject come after each."""
    left = Counter(event.subject for event in events)
    followers = []
    for event in events:
        left[event.subject] -= 1
        followers.append(left[event.subject])
    return followers


async def find_outbox_state(db: Connection) -> tuple[int, datetime | None]:
    """How many rows wait for the relay, and since when the oldest."""
    row = await db.fetchrow("select count(*) as waiting, min(created_at) as oldest from event_outbox")
    assert row is not None
    return row["waiting"], row["oldest"]
