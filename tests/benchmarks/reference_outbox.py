"""Numbering, appending and claiming of the bare pipeline: the same rows as ours, written by three statements."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import uuid_utils.compat

Connection = Any


@dataclass(frozen=True, slots=True)
class Received:
    """A record as the bare pipeline reads it."""

    id: UUID
    type: str
    source: str
    subject: str
    key: str
    topic: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An event to be appended."""

    topic: str
    type: str
    key: str
    subject: str
    data: dict[str, Any]
    causation: UUID | None = None


async def claim(db: Connection, received: Sequence[Received], now: datetime) -> None:
    """One row of processed_events for each delivery."""
    await db.execute(
        """
        insert into processed_events (source, event_id, topic, status, processed_at)
        select source, event_id, topic, 'done', $4
        from unnest($1::text[], $2::uuid[], $3::text[]) as r (source, event_id, topic) on conflict do nothing
        """,
        [event.source for event in received],
        [event.id for event in received],
        [event.topic for event in received],
        now,
    )


async def append(db: Connection, service: str, outgoing: Sequence[Outgoing], now: datetime) -> None:
    """Number the events per subject and put them into the outbox."""
    if not outgoing:
        return
    counts: dict[str, int] = defaultdict(int)
    for event in outgoing:
        counts[event.subject] += 1
    subjects = sorted(counts)
    rows = await db.fetch(
        """
        insert into event_sequences as s (subject, last_sequence)
        select subject, n from unnest($1::text[], $2::bigint[]) as x (subject, n) order by subject
        on conflict (subject) do update set last_sequence = s.last_sequence + excluded.last_sequence
        returning subject, last_sequence
        """,
        subjects,
        [counts[subject] for subject in subjects],
    )
    following = {row["subject"]: row["last_sequence"] - counts[row["subject"]] for row in rows}
    sequences = []
    for event in outgoing:
        following[event.subject] += 1
        sequences.append(f"{following[event.subject]:010d}")
    await _insert(db, service, outgoing, sequences, now)


async def _insert(
    db: Connection, service: str, outgoing: Sequence[Outgoing], sequences: Sequence[str], now: datetime
) -> None:
    time = now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z"
    await db.execute(
        """
        insert into event_outbox (id, aggregatetype, aggregateid, type, payload, topic, source, specversion, subject,
            partitionkey, sequence, occurred_at, dataschema, causationid, correlationid, datacontenttype, created_at)
        select id, topic, key, type, payload, topic, $8, '1.0', subject, key, sequence, $9,
            '/schemas/' || type || '.json', causation, subject, 'application/json', $10
        from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::text[], $7::text[], $11::text[])
            as e (id, topic, key, type, payload, subject, sequence, causation)
        """,
        [uuid_utils.compat.uuid7() for _ in outgoing],
        [event.topic for event in outgoing],
        [event.key for event in outgoing],
        [event.type for event in outgoing],
        [json.dumps(event.data, ensure_ascii=False, separators=(",", ":")).encode() for event in outgoing],
        [event.subject for event in outgoing],
        sequences,
        f"/nss/{service}",
        time,
        now,
        [None if event.causation is None else str(event.causation) for event in outgoing],
    )
