"""A record as a Kafka client hands it over, made of one that we would write."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.contracts.envelope import Record
from shared.contracts.topics import TOPICS, Topic


@dataclass(frozen=True, slots=True)
class Received:
    """Our record at some place of its topic."""

    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    partition: int = 0
    offset: int = 0


def received(record: Record) -> Received:
    """The record after its journey."""
    return Received(key=record.key, value=record.value, headers=list(record.headers))


def topic_of(record: Record) -> Topic:
    """The registry's topic with the record's name."""
    return next(topic for topic in TOPICS if topic.name == record.topic)
