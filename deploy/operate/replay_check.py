"""`nss topics replay-check GROUP`: what a reset of a group's offsets would do, before anybody resets anything.

A service remembers every event it has handled, so reading one again does nothing. That holds as long as the memory
does: after a database was emptied or restored, the events it forgot would be handled as new, with mails and IDs. So the
service is asked about every event that would be read again.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.errors import CommandError
from deploy.operate.broker import committed_offsets, partitions_of, reader
from deploy.operate.expectations import EXPECTATIONS
from deploy.operate.records import SeenRecord, read_until, seek
from deploy.operate.services import call, service_url
from deploy.operate.staff_login import staff_token
from deploy.operate.topics import admin_client
from shared.contracts.topics import SERVICES, ServiceName, consumer_group, hooks_group, topics_read_by
from shared.runtime.kafka import client_options
from shared.runtime.settings import KafkaSettings

ASKED_AT_ONCE = 1000
MAILED_ABOUT = {f"nss.{each.after}.v1" for each in EXPECTATIONS if each.mail} | {"nss.mailbox.window-closing.v1"}
RECIPIENTS = 2
"""Contact and administrator; where both have one address there is one mail."""
APPROVED = "nss.review.approved.v1"

Unhandled = Callable[[Sequence[SeenRecord]], set[str]]
"""Ids of those events that the service would handle as new."""


@dataclass(frozen=True, slots=True)
class ReplayCheck:
    """What would follow: `events` read again, of which `new` are unknown to the service; `mails` is the most."""

    group: str
    service: ServiceName
    members: int
    events: int
    new: int
    mails: int
    ids: int

    @property
    def is_harmless(self) -> bool:
        """Whether every event would be passed over as handled already."""
        return self.new == 0

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {**asdict(self), "harmless": self.is_harmless}


def service_of(group: str, prefix: str) -> ServiceName:
    """Whose group it is, by its name on the broker or the service's. Raises CommandError for a group not ours."""
    for service in SERVICES:
        if group in (service, consumer_group(service), consumer_group(service, prefix)):
            return service
    if group in (hooks_group(), hooks_group(prefix)):
        raise CommandError(
            f"{group} is not set back: what receivers of web hooks were told stands in notifier's database; "
            "`nss hooks replay NAME --since …` tells one of them again"
        )
    raise CommandError(
        f"{group} is no group of ours, and what its events lead to is not known here; ours are "
        f"{', '.join(consumer_group(each) for each in SERVICES)}"
    )


async def check_replay(
    broker: KafkaSettings, service: ServiceName, since: datetime | None, unhandled: Unhandled
) -> ReplayCheck:
    """Everything between `since` (None: the beginning) and what the group has committed."""
    group = consumer_group(service, broker.topic_prefix)
    async with reader(broker) as consumer, admin_client(client_options(broker)) as admin:
        topics = {topic.name_with(broker.topic_prefix): topic for topic in topics_read_by(service)}
        ends = await _committed(admin, consumer, group, list(topics))
        members = (await admin.describe_consumer_groups([group]))[0].groups[0][5]
        counts: Counter[str] = Counter()
        if ends:
            consumer.assign(list(ends))
            await seek(consumer, list(ends), since)
        async for records in read_until(consumer, topics, ends):
            counts.update(_effects(records, unhandled(records)))
    return ReplayCheck(
        group, service, len(members), counts["events"], counts["new"], counts["mails"] if service == "notifier" else 0,
        counts["ids"] if service == "provisioning" else 0,
    )  # fmt: skip


def ask_service(service: ServiceName) -> Unhandled:
    """Asks the service's own memory. Raises NotRunning, LoginNeeded."""
    url, token = f"{service_url(service)}/operate/v1/events/unhandled", staff_token("operator")

    def unhandled(records: Sequence[SeenRecord]) -> set[str]:
        found: set[str] = set()
        for start in range(0, len(records), ASKED_AT_ONCE):
            asked = [_identity(record) for record in records[start : start + ASKED_AT_ONCE]]
            found.update(call("POST", url, token=token, body={"events": asked})["unhandled"])
        return found

    return unhandled


def lines_of(check: ReplayCheck) -> Sequence[str]:
    """For a terminal."""
    known = "all of them are known there as handled" if check.is_harmless else f"{check.new} of them would be new there"
    most = "" if check.is_harmless else "up to "
    return [
        f"{check.group}: {check.events} events, {most}{check.mails} mails, {check.ids} IDs ({known})",
        *([f"{check.members} member(s) consume now: the broker refuses a reset before {check.service}'s workers have "
           "stopped; its web role may stay"] if check.members else []),
    ]  # fmt: skip


async def _committed(
    admin: Any, consumer: AIOKafkaConsumer, group: str, names: list[str]
) -> Mapping[TopicPartition, int]:
    partitions = await partitions_of(consumer, names)
    committed = await committed_offsets(admin, group, partitions)
    return {partition: offset for partition, offset in committed.items() if offset > 0}


def _identity(record: SeenRecord) -> Mapping[str, str | None]:
    return {"source": record.headers.get("ce_source"), "id": _readable_id(record), "type": record.event_type}


def _readable_id(record: SeenRecord) -> str | None:
    """None for what no service could read either: such a record dies again, and nothing else follows."""
    try:
        return str(UUID(record.headers.get("ce_id", "")))
    except ValueError:
        return None


def _effects(records: Sequence[SeenRecord], unhandled: set[str]) -> Mapping[str, int]:
    new = [record for record in records if record.headers.get("ce_id") in unhandled]
    return {
        "events": len(records),
        "new": len(new),
        "mails": RECIPIENTS * sum(record.event_type in MAILED_ABOUT for record in new),
        "ids": sum(_ids(record.data()) for record in new if record.event_type == APPROVED),
    }


def _ids(approved: Any) -> int:
    data = approved if isinstance(approved, dict) else {}
    return int(data.get("add_smtp_pop3", 0)) + int(data.get("add_edifact", 0))
