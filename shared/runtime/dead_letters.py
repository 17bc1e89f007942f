"""Copies of dead letters for operators: the record byte for byte, with headers that say what was wrong with it."""

from datetime import datetime

from shared.contracts.event_data import format_instant
from shared.contracts.topics import MAX_RECORD_BYTES, ServiceName, dead_letter_topic
from shared.runtime.database import Connection
from shared.runtime.event_batch import Delivery, Failure
from shared.runtime.event_outbox import append_raw_record, record_size

Headers = list[tuple[str, bytes]]


async def append_copies(
    db: Connection, service: ServiceName, letters: list[tuple[Delivery, Failure]], now: datetime
) -> None:
    """Put a copy of each dead letter into the outbox, for the service's dead-letter topic."""
    topic = dead_letter_topic(service)
    for delivery, failure in letters:
        key, value, headers = copy_of(delivery, failure, now)
        await append_raw_record(db, topic, key, value, headers, delivery.event_id, now)


def copy_of(delivery: Delivery, failure: Failure, now: datetime) -> tuple[bytes | None, bytes | None, Headers]:
    """Key, value and headers of the copy.

    A record that would not fit is cut: first the end of its value, and if that is not enough its own headers and key;
    `dlq-truncated` holds the bytes of the original value. The queue keeps the whole record.
    """
    record = delivery.record
    original = [(name, raw) for name, raw in record.headers if raw is not None]
    ours = _our_headers(delivery, failure, now)
    size = len(record.value or b"")
    if record_size(record.key or b"", record.value or b"", original + ours) <= MAX_RECORD_BYTES:
        return record.key, record.value, original + ours
    ours.append(("dlq-truncated", str(size).encode()))
    room = MAX_RECORD_BYTES - record_size(record.key or b"", b"", original + ours)
    if room >= 0:
        return record.key, (record.value or b"")[:room], original + ours
    return None, (record.value or b"")[: MAX_RECORD_BYTES - record_size(b"", b"", ours)], ours


def _our_headers(delivery: Delivery, failure: Failure, now: datetime) -> Headers:
    texts = {
        "dlq-event-id": str(delivery.event_id),
        "dlq-original-topic": delivery.topic.name,
        "dlq-original-partition": str(delivery.record.partition),
        "dlq-original-offset": str(delivery.record.offset),
        "dlq-error-class": failure.error_class,
        "dlq-error-code": failure.code,
        "dlq-attempts": str(failure.attempts),
        "dlq-failed-at": format_instant(now),
    }
    return [(name, text.encode()) for name, text in texts.items()]
