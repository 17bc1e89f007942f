"""Reading nss.mailbox.v1, the books outside the database, some offices at a time: it only grows, the memory does not.

Every event of an office stands in one partition, in order. A partition that has grown longer than a part is read once
for each of its parts, and only the records of that part's offices are looked into.
"""

import asyncio
import math
import zlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from services.provisioning.domain.books import Books
from shared.contracts.decoding import ContractError, ReceivedRecord, decode_record
from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.contracts.topics import MAILBOX
from shared.runtime.logs import get_log
from shared.runtime.topic_reader import TopicReader, TopicStretch

PART_RECORDS = 100_000
"""About what one part has of records; in memory they take some 30 MiB."""
DECODED_AT_ONCE = 50
"""Between two such handfuls, the pages and the consumer get their turn."""


@dataclass(frozen=True, slots=True)
class TopicPart:
    """The offices of one partition whose keys fall to this share of it."""

    partition: int
    share: int
    shares: int

    def holds(self, record: ReceivedRecord) -> bool:
        """Whether a record of the partition tells of one of its offices."""
        return zlib.crc32(record.key or b"") % self.shares == self.share


@dataclass(slots=True)
class TopicContent:
    """What was read of a part: the highest number per subject, and the books."""

    sequences: dict[str, int] = field(default_factory=dict)
    books: Books = field(default_factory=Books)
    events: int = 0

    def read(self, event: Event[EventData]) -> None:
        """Enter an event, but for one that came before, which the relay may send twice."""
        if event.sequence is None or event.sequence <= self.sequences.get(event.subject, 0):
            return
        self.sequences[event.subject] = event.sequence
        self.events += 1
        self.books.read(event)


async def find_parts(reader: TopicReader, part_records: int) -> Sequence[TopicPart]:
    """The topic's parts, as long as it now is. Raises KafkaUnreachable, TimeoutError."""
    async with reader.read(MAILBOX, {}) as stretch:
        lengths = {partition: end - stretch.start[partition] for partition, end in stretch.end.items()}
    shares = {partition: math.ceil(length / part_records) for partition, length in sorted(lengths.items())}
    return [TopicPart(partition, share, count) for partition, count in shares.items() for share in range(count)]


async def read_part(reader: TopicReader, part: TopicPart) -> TopicContent:
    """Everything that the topic says of the part's offices. Raises KafkaUnreachable, TimeoutError."""
    content = TopicContent()
    async with reader.read(MAILBOX, {}, only=part.partition) as stretch:
        async for event in events_of(stretch, part):
            content.read(event)
    return content


async def events_of(stretch: TopicStretch, part: TopicPart | None = None) -> AsyncIterator[Event[EventData]]:
    """The readable events of the stretch, or of a part of it; what is not ours to read tells nothing of an ID."""
    async for records in stretch.batches:
        chosen = [record for record in records if part is None or part.holds(record)]
        for start in range(0, len(chosen), DECODED_AT_ONCE):
            for event in _decoded(chosen[start : start + DECODED_AT_ONCE]):
                yield event
            await asyncio.sleep(0)


def _decoded(records: Sequence[ReceivedRecord]) -> list[Event[EventData]]:
    events = []
    for record in records:
        try:
            decoded = decode_record(record, MAILBOX)
        except ContractError:
            get_log().error("unreadable record in the topic", partition=record.partition, offset=record.offset)
            continue
        if isinstance(decoded, Event):
            events.append(decoded)
    return events
