"""`nss watch`: what happens on the topics, decoded; hidden fields are shown for a reason only, and never unseen."""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from typer import style

from deploy.errors import CommandError
from deploy.operate.broker import operator_name, reader
from deploy.operate.masking import masked
from deploy.operate.own_records import writer
from deploy.operate.records import SeenRecord, read_records
from shared.contracts.operation_events import PayloadRevealed
from shared.contracts.topics import TOPICS, Principal, Topic
from shared.runtime.settings import KafkaSettings

Show = Callable[[SeenRecord, Any], None]
REPEATED = frozenset({"receipt_number", "office_code"})
"""Key and subject stand in front of every line."""
LONGEST_VALUE = 40
HUES: Mapping[Principal, str] = {
    "intake": "cyan",
    "review": "blue",
    "provisioning": "green",
    "notifier": "magenta",
    "operator": "yellow",
}
TROUBLE = ("dead-letter", "failed", "deferred", "voided")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which records to show; None lets everything pass. `event_type` may leave out `nss.` and the major."""

    topics: Sequence[Topic]
    event_type: str | None = None
    office_code: str | None = None
    receipt_number: str | None = None
    since: datetime | None = None
    follow: bool = False

    def matches(self, record: SeenRecord) -> bool:
        """Whether the record is wanted, by its headers and key alone."""
        return (
            (self.event_type is None or self.event_type in (record.event_type or ""))
            and (self.office_code is None or record.key == self.office_code)
            and (self.receipt_number is None or record.subject == self.receipt_number)
        )

    def as_text(self) -> str:
        """For the audit: how the records were chosen."""
        chosen = {"type": self.event_type, "office": self.office_code, "number": self.receipt_number,
                  "since": self.since.isoformat() if self.since else None}  # fmt: skip
        return " ".join(f"{name}={value}" for name, value in chosen.items() if value) or "everything"


def topics_named(names: Sequence[str]) -> Sequence[Topic]:
    """The registry's topics, by whole name or by a part of it; every topic of events if none is named."""
    if not names:
        return [topic for topic in TOPICS if "dead-letter" not in topic.name]
    found = [topic for topic in TOPICS if any(name in topic.name for name in names)]
    unknown = [name for name in names if not any(name in topic.name for topic in TOPICS)]
    if unknown:
        raise CommandError(f"no topic is called {', '.join(unknown)}; there are {', '.join(t.name for t in TOPICS)}")
    return found


async def watch(broker: KafkaSettings, selection: Selection, show: Show) -> int:
    """Show every record that is selected, hidden fields masked; how many there were."""
    count = 0
    async for records in _selected(broker, selection):
        for record in records:
            show(record, masked(record.event_type, record.data()))
        count += len(records)
    return count


async def watch_revealed(broker: KafkaSettings, selection: Selection, show: Show, reason: str) -> int:
    """The same with every field. Who looks, at how many and why stands on `nss.operation.v1` before it is shown."""
    operator, count = operator_name(broker), 0
    topics = [topic.name for topic in selection.topics]
    async with writer(broker) as write:
        async for records in _selected(broker, selection):
            await write(_look(operator, reason, topics, selection.as_text(), len(records)), operator)
            for record in records:
                show(record, record.data())
            count += len(records)
    return count


async def audit_look(broker: KafkaSettings, topics: Sequence[str], chosen: str, reason: str, count: int) -> None:
    """Say on `nss.operation.v1` that hidden fields of `count` records are about to be looked at, and why."""
    operator = operator_name(broker)
    async with writer(broker) as write:
        await write(_look(operator, reason, topics, chosen, count), operator)


def _look(operator: str, reason: str, topics: Sequence[str], chosen: str, count: int) -> PayloadRevealed:
    return PayloadRevealed(operator=operator, reason=reason, topics=list(topics), filter=chosen, count=count)


async def _selected(broker: KafkaSettings, selection: Selection) -> AsyncIterator[Sequence[SeenRecord]]:
    names = {topic.name_with(broker.topic_prefix): topic for topic in selection.topics}
    async with reader(broker) as consumer:
        async for records in read_records(consumer, names, selection.since, follow=selection.follow):
            chosen = [record for record in records if selection.matches(record)]
            if chosen:
                yield chosen


def line_of(record: SeenRecord, data: Any) -> str:
    """One line for a terminal: day and time in UTC, type, key, subject, and the fields that say much in few words."""
    fields = data if isinstance(data, dict) else {}
    told = " ".join(f"{name}={_short(value)}" for name, value in fields.items() if name not in REPEATED)
    when = f"{record.time[5:23].replace('T', ' ')}Z" if record.time else ""
    return f"{when:<19}  {_kind(record):<36} {record.key:<8} {record.subject:<8} {told}".rstrip()


def coloured_line_of(record: SeenRecord, data: Any) -> str:
    """The same line: the hue tells whose event it is, red that something went wrong."""
    line = line_of(record, data)
    kind = _kind(record)
    place = line.index(kind)
    hue = "red" if any(word in record.topic.name + kind for word in TROUBLE) else HUES[record.topic.producers[0]]
    return style(line[:place], dim=True) + style(kind, fg=hue) + line[place + len(kind) :]


def json_of(record: SeenRecord, data: Any) -> str:
    """One line of JSON: everything about the record."""
    return json.dumps(
        {"topic": record.topic.name, "partition": record.partition, "offset": record.offset, "key": record.key,
         "headers": dict(record.headers), "data": data},
        ensure_ascii=False,
    )  # fmt: skip


def _kind(record: SeenRecord) -> str:
    return (record.event_type or "record without type").removeprefix("nss.")


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
