"""Held events and dead letters of the services: what waits and why, and instructions to replay or discard."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from pydantic import ValidationError

from deploy.errors import CommandError, NotRunning
from deploy.operate.broker import operator_name, reader
from deploy.operate.own_records import writer
from deploy.operate.records import SeenRecord, read_records
from deploy.operate.services import call, service_url
from deploy.operate.staff_login import staff_token
from shared.contracts.operation_events import RedriveAction, RedriveRequested
from shared.contracts.registry import EVENT_MODELS
from shared.contracts.topics import OPERATION, SERVICES, ServiceName, dead_letter_topic
from shared.runtime.settings import KafkaSettings

PAGE = 500
MOST_REPLAYS = 3
"""A letter that died again after so many replays needs a repair, not another try."""


@dataclass(frozen=True, slots=True)
class LetterSelection:
    """Which held events; None lets everything pass. Held from `since` on, and before `until`."""

    services: Sequence[ServiceName] = SERVICES
    reason: str | None = None
    receipt_number: str | None = None
    event_type: str | None = None
    code: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def query(self) -> dict[str, str]:
        """As the services' API takes it."""
        given = {
            "reason": self.reason, "subject": self.receipt_number, "type": self.event_type, "code": self.code,
            "held_since": self.since.isoformat() if self.since else None,
            "held_before": self.until.isoformat() if self.until else None,
        }  # fmt: skip
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True, slots=True)
class HeldEvents:
    """The selected events, each with its `service`, in the order of each service's queues; and who did not answer."""

    rows: Sequence[Mapping[str, Any]]
    away: Sequence[ServiceName]


def list_held(selection: LetterSelection) -> HeldEvents:
    """Of every service that answers: one that is down must not hide what the others hold."""
    token = staff_token("operator")
    rows: list[Mapping[str, Any]] = []
    away: list[ServiceName] = []
    for service in selection.services:
        try:
            rows += _held_by(service, selection, token)
        except NotRunning:
            away.append(service)
    return HeldEvents(rows, away)


def _held_by(service: ServiceName, selection: LetterSelection, token: str) -> Iterator[Mapping[str, Any]]:
    url, after = service_url(service), 0
    while True:
        query = urlencode({**selection.query(), "after": after, "limit": PAGE})
        page = call("GET", f"{url}/operate/v1/held?{query}", token=token)
        yield from ({"service": service, **row} for row in page["held"])
        if "next" not in page:
            break
        after = page["next"]


async def instruct(
    broker: KafkaSettings, letters: Sequence[Mapping[str, Any]], action: RedriveAction, reason: str
) -> int:
    """Write one instruction for each letter, in their order; how many. Ids alone travel, never a payload.

    A command that was interrupted is run again: what a service has already obeyed is no longer listed.
    """
    operator = operator_name(broker)
    async with writer(broker) as write:
        for letter in letters:
            instruction = RedriveRequested(
                service=letter["service"], event_id=letter["event_id"], action=action, operator=operator, reason=reason
            )
            await write(instruction, letter["service"])
    return len(letters)


async def refuse_loops(broker: KafkaSettings, letters: Sequence[Mapping[str, Any]]) -> None:
    """Raises CommandError where a letter was replayed so often that another try is no remedy."""
    replays: Counter[tuple[str, str]] = Counter()
    async with reader(broker) as consumer:
        async for records in read_records(
            consumer, {OPERATION.name_with(broker.topic_prefix): OPERATION}, None, follow=False
        ):
            for record in records:
                data = record.data() or {}
                if record.event_type == "nss.operation.letter-replayed.v1":
                    replays[data["service"], data["event_id"]] += 1
    tired = [letter["event_id"] for letter in letters if replays[letter["service"], letter["event_id"]] >= MOST_REPLAYS]
    if tired:
        raise CommandError(
            f"{len(tired)} letter(s) died again after {MOST_REPLAYS} replays, first {tired[0]}: find the cause with "
            "`nss dlq show`, repair it, then use --again"
        )


def faults_of(copy: SeenRecord) -> Sequence[str]:
    """Which fields of the record today's contract refuses, and with which code; never a value."""
    model = EVENT_MODELS.get(copy.event_type or "")
    if model is None or copy.value is None:
        return []
    try:
        model.model_validate_json(copy.value)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False, include_context=False)
        return [f"{'.'.join(str(step) for step in each['loc']) or 'the whole'}: {each['type']}" for each in details]
    return []


async def find_copies(broker: KafkaSettings, event_id: str) -> Sequence[SeenRecord]:
    """The copies of a dead letter on the dead-letter topics, each time it died."""
    topics = {topic.name_with(broker.topic_prefix): topic for topic in map(dead_letter_topic, SERVICES)}
    found: list[SeenRecord] = []
    async with reader(broker) as consumer:
        async for records in read_records(consumer, topics, None, follow=False):
            found += [record for record in records if record.headers.get("dlq-event-id") == event_id]
    return found
