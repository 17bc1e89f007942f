"""`nss stalled`: every application whose next event is overdue, from the topics alone."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from deploy.operate.broker import reader
from deploy.operate.expectations import HistoryEvent, Missing, missing_steps, state_of
from deploy.operate.records import SeenRecord, read_records
from deploy.operate.story import STORY_TOPICS, history_event
from shared.runtime.settings import KafkaSettings


@dataclass(frozen=True, slots=True)
class Stalled:
    """One application and what it waits for, the longest overdue first."""

    receipt_number: str
    office_code: str
    state: str
    missing: Sequence[Missing]

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {"receipt_number": self.receipt_number, "office_code": self.office_code, "state": self.state,
                "missing": [missing.as_json() for missing in self.missing]}  # fmt: skip


async def find_stalled(broker: KafkaSettings, since: datetime, now: datetime) -> Sequence[Stalled]:
    """Applications of which any event arrived since then; one that stood still before that is not seen."""
    histories: dict[str, dict[str, SeenRecord]] = defaultdict(dict)
    topics = {topic.name_with(broker.topic_prefix): topic for topic in STORY_TOPICS}
    async with reader(broker) as consumer:
        async for records in read_records(consumer, topics, since, follow=False):
            for record in records:
                histories[record.subject][record.headers.get("ce_id", "")] = record
    found = [stalled for subject, records in histories.items() if (stalled := _judge(subject, records, now))]
    return sorted(found, key=lambda stalled: stalled.missing[0].due)


def _judge(subject: str, records: Mapping[str, SeenRecord], now: datetime) -> Stalled | None:
    history = _history(records.values())
    missing = missing_steps(history, now)
    if not missing:
        return None
    return Stalled(subject, next(iter(records.values())).key, state_of(history), missing)


def _history(records: Iterable[SeenRecord]) -> list[HistoryEvent]:
    events = [event for record in records if (event := history_event(record))]
    return sorted(events, key=lambda event: event.time)
