"""One poll's records, read: each a delivery that knows its event or its failure, its place and its queue."""

import asyncio
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol
from uuid import UUID

from shared.contracts.decoding import (
    ContractError,
    Decoded,
    FutureRecord,
    ReceivedRecord,
    RecordIdentity,
    SkippedRecord,
    decode_record,
)
from shared.contracts.envelope import Event
from shared.contracts.topics import REDRIVE, Topic
from shared.runtime.processed_events import EventKey

ErrorClass = Literal["contract", "workflow"]
READ_AT_ONCE = 100


class PolledRecord(ReceivedRecord, Protocol):
    """A record as it comes from the broker, with the name of its topic there."""

    @property
    def topic(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a record is a dead letter: a class and a stable code, never a text of an exception."""

    error_class: ErrorClass
    code: str
    attempts: int = 1


Queue = tuple[str, str]
"""Subject and topic: what waits in one order."""


@dataclass(slots=True)
class Delivery:
    """One record on its way through the consumer. A `failure` makes it a dead letter when it is handled."""

    record: ReceivedRecord
    topic: Topic
    partition: tuple[str, int]
    source: str
    event_id: UUID
    subject: str
    event_type: str | None
    content: Decoded | None
    failure: Failure | None = None

    @property
    def key(self) -> EventKey:
        """Source and id."""
        return (self.source, self.event_id)

    @property
    def queue(self) -> Queue:
        """Where it waits if it must. Instructions of operators never wait for each other."""
        if self.topic.name == REDRIVE.name:
            return (f"{self.topic.name}/{self.event_id}", self.topic.name)
        return (self.subject, self.topic.name)

    @property
    def is_skipped(self) -> bool:
        """Whether nobody here acts on its type."""
        return isinstance(self.content, SkippedRecord)

    def follow_trace(self, traceparent: str) -> None:
        """What the event causes belongs to this W3C context; the record keeps the one it came with."""
        if isinstance(self.content, Event):
            self.content = replace(self.content, traceparent=traceparent)

    @property
    def is_future(self) -> bool:
        """Whether only a newer release can read it."""
        return isinstance(self.content, FutureRecord)


def read_delivery(record: ReceivedRecord, topic: Topic, partition: tuple[str, int], wanted: Container[str]) -> Delivery:
    """Decode one record; what breaks the contract becomes a failure, not an exception."""
    try:
        content = decode_record(record, topic, wanted)
    except ContractError as error:
        return _without_event(record, topic, partition, error.identity, None, Failure("contract", error.code))
    if not isinstance(content, Event):
        return _without_event(record, topic, partition, content.identity, content, None)
    return Delivery(record, topic, partition, content.source, content.id, content.subject, content.type, content)


def _without_event(
    record: ReceivedRecord,
    topic: Topic,
    partition: tuple[str, int],
    identity: RecordIdentity,
    content: Decoded | None,
    failure: Failure | None,
) -> Delivery:
    return Delivery(
        record,
        topic,
        partition,
        identity.source,
        identity.event_id,
        identity.subject,
        identity.event_type,
        content,
        failure,
    )


async def read_batch(
    records: Sequence[PolledRecord], topics: Mapping[str, Topic], wanted: Container[str]
) -> list[Delivery]:
    """The deliveries of a poll; `topics` is keyed by the names on the broker. Older decisions come first.

    Lets others run in between: five hundred records take longer than a page may wait.
    """
    deliveries: list[Delivery] = []
    for start in range(0, len(records), READ_AT_ONCE):
        deliveries += [
            read_delivery(record, topics[record.topic], (record.topic, record.partition), wanted)
            for record in records[start : start + READ_AT_ONCE]
        ]
        await asyncio.sleep(0)
    return _older_first(deliveries)


def _older_first(deliveries: list[Delivery]) -> list[Delivery]:
    """Merge partitions by event time, so that a backlog meets causes before effects; no partition changes its order."""
    if not deliveries or deliveries[0].partition == deliveries[-1].partition:
        return deliveries
    latest: dict[tuple[str, int], float] = {}
    ages: list[float] = []
    for delivery in deliveries:
        age = latest.get(delivery.partition, 0.0)
        if isinstance(delivery.content, Event):
            age = max(age, delivery.content.time.timestamp())
            latest[delivery.partition] = age
        ages.append(age)
    order = sorted(range(len(deliveries)), key=ages.__getitem__)
    return [deliveries[index] for index in order]


def by_partition(deliveries: Sequence[Delivery]) -> list[list[Delivery]]:
    """The deliveries of each partition, in their order."""
    parts: dict[tuple[str, int], list[Delivery]] = {}
    for delivery in deliveries:
        parts.setdefault(delivery.partition, []).append(delivery)
    return list(parts.values())
