"""The topic registry: the only place that knows a topic's name, key, producer, readers and retention."""

from dataclasses import dataclass
from typing import Literal

ServiceName = Literal["intake", "review", "provisioning", "notifier"]
Principal = Literal["intake", "review", "provisioning", "notifier", "operator"]

SERVICES: tuple[ServiceName, ...] = ("intake", "review", "provisioning", "notifier")
DAY_MS = 24 * 60 * 60 * 1000
MAX_RECORD_BYTES = 900 * 1024
"""Larger records are refused before the outbox: a batch the broker refuses poisons an idempotent producer."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. `retention_days` None means kept for ever; compacted topics keep the latest value per key."""

    name: str
    key: str
    producers: tuple[Principal, ...]
    readers: tuple[ServiceName, ...]
    partitions: int
    holds: str
    compacted: bool = False
    retention_days: int | None = None

    def name_with(self, prefix: str) -> str:
        """The name on the broker; the prefix isolates test runs and is empty in production."""
        return prefix + self.name

    @property
    def configuration(self) -> dict[str, str]:
        """Broker settings of the topic, as strings."""
        if self.compacted:
            return {"cleanup.policy": "compact"}
        retention_ms = -1 if self.retention_days is None else self.retention_days * DAY_MS
        return {"cleanup.policy": "delete", "retention.ms": str(retention_ms)}


CONTRACT = Topic(
    "nss.contract.v1",
    "office code",
    ("intake",),
    ("review", "provisioning"),
    6,
    "the latest contract of each office",
    compacted=True,
)
SCHEDULE = Topic(
    "nss.schedule.v1",
    "schedule",
    ("review",),
    ("intake", "provisioning"),
    1,
    "the latest registration schedule and calendar version",
    compacted=True,
)
APPLICATION = Topic(
    "nss.application.v1",
    "office code",
    ("intake",),
    ("review", "notifier"),
    6,
    "what applicants did",
    retention_days=400,
)
REVIEW = Topic(
    "nss.review.v1",
    "office code",
    ("review",),
    ("intake", "provisioning", "notifier"),
    6,
    "what reviewers decided",
    retention_days=400,
)
MAILBOX = Topic(
    "nss.mailbox.v1",
    "office code",
    ("provisioning",),
    ("intake", "review", "notifier"),
    6,
    "what was issued, started, abolished: the books outside the database",
)
MAIL = Topic(
    "nss.mail.v1",
    "office code",
    ("notifier",),
    ("intake", "review"),
    6,
    "what was mailed or failed",
    retention_days=90,
)
OPERATION = Topic(
    "nss.operation.v1",
    "operator name",
    ("operator", *SERVICES),
    (),
    1,
    "payloads revealed, letters replayed or discarded, with reasons",
    retention_days=400,
)
REDRIVE = Topic(
    "nss.redrive.v1",
    "service",
    ("operator",),
    SERVICES,
    1,
    "instructions to replay or discard a dead letter",
    retention_days=90,
)


def dead_letter_topic(service: ServiceName) -> Topic:
    """The topic that holds copies of a service's dead letters; they may hold personal data."""
    return Topic(
        f"nss.{service}.dead-letter.v1", "original key", (service,), (), 6, "copies of dead letters", retention_days=400
    )


TOPICS: tuple[Topic, ...] = (
    CONTRACT, SCHEDULE, APPLICATION, REVIEW, MAILBOX, MAIL, OPERATION, REDRIVE,
    *(dead_letter_topic(service) for service in SERVICES),
)  # fmt: skip


HOOKED_TOPICS: tuple[Topic, ...] = (CONTRACT, SCHEDULE, APPLICATION, REVIEW, MAILBOX, MAIL)
"""What systems without Kafka may be told of: all that happens, nothing of how it is operated."""


def hooks_group(prefix: str = "") -> str:
    """The group that reads for web hooks, apart from notifier's own."""
    return f"{prefix}nss.hooks"


def topics_read_by(service: ServiceName) -> tuple[Topic, ...]:
    """Every topic the service's consumer group subscribes to."""
    return tuple(topic for topic in TOPICS if service in topic.readers)


def topics_told_by(service: ServiceName) -> tuple[Topic, ...]:
    """What the service alone publishes: its book outside its database. Copies of dead letters are none."""
    letters = dead_letter_topic(service).name
    return tuple(topic for topic in TOPICS if topic.producers == (service,) and topic.name != letters)


def consumer_group(service: ServiceName, prefix: str = "") -> str:
    """The service's one consumer group."""
    return f"{prefix}nss.{service}"
