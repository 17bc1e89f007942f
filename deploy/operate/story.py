"""`nss trace`: the story of one application, told by the topics alone, whatever services are down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.errors import CommandError
from deploy.operate.broker import reader
from deploy.operate.expectations import HistoryEvent, Missing, missing_steps, state_of
from deploy.operate.instants import duration
from deploy.operate.locating import find_receipt, read_application
from deploy.operate.masking import masked
from deploy.operate.records import SeenRecord
from shared.contracts.topics import APPLICATION, MAIL, MAILBOX, REVIEW
from shared.runtime.settings import KafkaSettings

STORY_TOPICS = (APPLICATION, REVIEW, MAILBOX, MAIL)
CLOCKS_APART = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Step:
    """One event of the story; `delay` is the time since the event that caused it, None for the first."""

    record: SeenRecord
    delay: timedelta | None

    def as_json(self) -> dict[str, Any]:
        """For `--json`; business and personal fields masked."""
        return {
            "time": self.record.time,
            "type": self.record.event_type,
            "source": self.record.headers.get("ce_source"),
            "delay_seconds": None if self.delay is None else self.delay.total_seconds(),
            "data": masked(self.record.event_type, self.record.data()),
        }


@dataclass(frozen=True, slots=True)
class Story:
    """An application from its receipt to now."""

    receipt_number: str
    office_code: str
    state: str
    steps: Sequence[Step]
    missing: Sequence[Missing]
    now: datetime
    """When it was told."""

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "receipt_number": self.receipt_number,
            "office_code": self.office_code,
            "state": self.state,
            "steps": [step.as_json() for step in self.steps],
            "missing": [missing.as_json() for missing in self.missing],
        }


async def read_story(broker: KafkaSettings, receipt_number: str, now: datetime) -> Story:
    """Everything the topics say about the application. Raises CommandError where they say nothing."""
    topics = {topic.name_with(broker.topic_prefix): topic for topic in STORY_TOPICS}
    async with reader(broker) as consumer:
        receipt = await find_receipt(consumer, APPLICATION.name_with(broker.topic_prefix), receipt_number)
        if receipt is None:
            raise CommandError(f"{receipt_number}: no such application on {APPLICATION.name} (kept for 400 days)")
        records = await read_application(consumer, topics, receipt, receipt.arrived - CLOCKS_APART)
    return tell(receipt_number, receipt.key, records, now)


def tell(receipt_number: str, office_code: str, records: Sequence[SeenRecord], now: datetime) -> Story:
    """The story in causal order; an event that came twice is told once."""
    once = {record.headers.get("ce_id"): record for record in reversed(records)}
    ordered = sorted(once.values(), key=lambda record: (record.time, record.headers.get("ce_sequence", "")))
    times = {record.headers.get("ce_id"): record.time for record in ordered}
    history = [event for event in map(history_event, ordered) if event]
    return Story(
        receipt_number=receipt_number,
        office_code=office_code,
        state=state_of(history),
        steps=[Step(record, _delay(record, times)) for record in ordered],
        missing=missing_steps(history, now),
        now=now,
    )


def history_event(record: SeenRecord) -> HistoryEvent | None:
    """What the expectations need to know of a record; None of one that is not ours to understand."""
    data = record.data()
    if record.event_type is None or not isinstance(data, dict):
        return None
    short = record.event_type.removeprefix("nss.").rpartition(".")[0]
    return HistoryEvent(short, datetime.fromisoformat(record.time), data)


def _delay(record: SeenRecord, times: Mapping[str | None, str]) -> timedelta | None:
    cause = times.get(record.headers.get("ce_causationid"))
    return None if cause is None else datetime.fromisoformat(record.time) - datetime.fromisoformat(cause)


def lines_of(story: Story) -> Sequence[str]:
    """For a terminal."""
    return [
        f"{story.receipt_number}  {story.office_code}  {story.state}",
        *(_line(step) for step in story.steps),
        *_missing_lines(story),
    ]


def _missing_lines(story: Story) -> Sequence[str]:
    """What has not come, who should do it, and where to look next."""
    lines = [
        f"missing: {each.words} by {each.by} after {each.after}, due {each.due.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z, "
        f"{duration((story.now - each.due).total_seconds())} late"
        for each in story.missing
    ]
    look = f"look: `nss doctor`, `nss lag`, `nss held list --number {story.receipt_number}`"
    return [*lines, look] if lines else []


def _line(step: Step) -> str:
    record, delay = step.record, ""
    if step.delay is not None:
        delay = f"+{step.delay.total_seconds():.3f}s"
    kind = (record.event_type or "").removeprefix("nss.").rpartition(".")[0]
    service = record.headers.get("ce_source", "").rpartition("/")[2]
    return f"{record.time[:23].replace('T', ' ')}Z  {delay:>12}  {service:<13} {kind:<38} {_told(record)}".rstrip()


TOLD = ("mail", "role", "reason_code", "failure_class", "confirmed_start_date", "viewable_until", "mailbox_ids_issued")


def _told(record: SeenRecord) -> str:
    data = record.data() or {}
    return " ".join(f"{name}={data[name]}" for name in TOLD if data.get(name))
