"""`nss events fake`: applications that never were, for whoever tests a consumer of the topics."""

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaProducer

from deploy.errors import CommandError
from shared.contracts.envelope import Record
from shared.contracts.stories import (
    STORIES,
    ground,
    null_headers,
    of_unknown_type,
    retold,
    story,
    with_duplicates,
    with_unknown_field,
)
from shared.runtime.ids import new_uuid7
from shared.runtime.kafka import client_options
from shared.runtime.settings import KafkaSettings

MOST = 9_999


@dataclass(frozen=True, slots=True)
class FakePlan:
    """What to play: the named stories in turn, `count` applications in all."""

    stories: Sequence[str]
    count: int = 1
    office_code: str | None = None
    duplicates: bool = False
    unknown_fields: bool = False

    def records(self) -> Iterator[Record]:
        """Registers first, then one application after the other, each in its own order."""
        records = itertools.chain(ground(), *(self._application(index) for index in range(self.count)))
        return map(with_unknown_field, records) if self.unknown_fields else records

    def _application(self, index: int) -> Iterator[Record]:
        told = story(self.stories[index % len(self.stories)])
        office = self.office_code or told[0].key.decode()
        # Numbers of the year 1999: no real application can have one.
        retelling = retold(told, f"99{index + 1:04d}Z", office, new_uuid7)
        if self.unknown_fields:
            retelling = [*retelling, of_unknown_type(retelling[-1], new_uuid7)]
        return with_duplicates(retelling) if self.duplicates else iter(retelling)


def plan(
    names: Sequence[str], count: int, office_code: str | None, *, duplicates: bool, unknown_fields: bool
) -> FakePlan:
    """A plan that can be played. Raises CommandError."""
    unknown = [name for name in names if name not in STORIES]
    if unknown:
        raise CommandError(f"no story is called {', '.join(unknown)}; there are {', '.join(STORIES)}")
    if not 1 <= count <= MOST:
        raise CommandError(f"--count must be from 1 to {MOST}")
    return FakePlan(names or list(STORIES), count, office_code, duplicates, unknown_fields)


async def play(broker: KafkaSettings, plan: FakePlan) -> int:
    """Put the records on their topics, in order; how many. Only under a prefix: real topics take no inventions."""
    if not broker.topic_prefix:
        raise CommandError("inventions go to topics of your own only: set NSS_TOPIC_PREFIX, or use --lines")
    producer = AIOKafkaProducer(**client_options(broker), acks="all", enable_idempotence=True)
    await producer.start()
    try:
        count = 0
        for record in plan.records():
            name = broker.topic_prefix + record.topic
            headers = [*record.headers, *(null_headers(record) if plan.unknown_fields else ())]
            await producer.send_and_wait(name, record.value, record.key, headers=headers)
            count += 1
        return count
    finally:
        await producer.stop()


def line_of(record: Record) -> str:
    """One record as a line of JSON, for consumers that are tested without a broker."""
    told: Mapping[str, Any] = {
        "topic": record.topic,
        "key": record.key.decode(),
        "headers": {name: raw.decode() for name, raw in record.headers},
        "data": None if record.value is None else json.loads(record.value),
    }
    return json.dumps(told, ensure_ascii=False)
