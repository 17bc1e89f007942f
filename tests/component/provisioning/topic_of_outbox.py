"""nss.mailbox.v1 as the relay would have published it, and other topics as a test fills them, without a broker."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from shared.contracts.decoding import ReceivedRecord
from shared.contracts.envelope import Event, to_record
from shared.contracts.topics import MAILBOX, Topic
from shared.runtime.database import Pool
from shared.runtime.event_relay import record_of
from shared.runtime.topic_reader import TopicStretch


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """One record at its place in a topic of one partition."""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    partition: int = 0


@dataclass
class KeptTopics:
    """Topics that outlive the database. `read_from` notes where each reading began."""

    records: dict[str, list[KeptRecord]] = field(default_factory=dict)
    read_from: list[int] = field(default_factory=list)

    async def take_over(self, pool: Pool) -> None:
        """Publish what the database's outbox holds, as the relay does, and empty it."""
        rows = await pool.fetch("delete from event_outbox returning *")
        for row in sorted(rows, key=lambda row: int(row["seq"])):
            record = record_of(row)
            self._append(MAILBOX, record.key, record.value, record.headers)

    def add(self, *events: Event[Any]) -> None:
        """Publish events of other services."""
        for event in events:
            record = to_record(event)
            self._append(event.data.topic, record.key, record.value, record.headers)

    @asynccontextmanager
    async def read(
        self, topic: Topic, start: Mapping[int, int], *, only: int | None = None
    ) -> AsyncIterator[TopicStretch]:
        """As the broker's reader of a topic with one partition."""
        assert only in (None, 0)
        kept, begin = self.records.get(topic.name, []), start.get(0, 0)
        self.read_from.append(begin)

        async def batches() -> AsyncIterator[Sequence[ReceivedRecord]]:
            yield kept[begin:]

        yield TopicStretch({0: begin}, {0: len(kept)}, batches())

    def _append(self, topic: Topic, key: bytes | None, value: bytes | None, headers: Sequence[Any]) -> None:
        kept = self.records.setdefault(topic.name, [])
        kept.append(KeptRecord(len(kept), key, value, list(headers)))
