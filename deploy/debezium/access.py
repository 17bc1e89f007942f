"""What Kafka Connect's login may do on the broker: write the events of outboxes, keep its own topics, nothing else."""

from collections.abc import Iterator
from typing import Literal

from deploy.debezium.connector import HEARTBEATS, outbox_name
from deploy.debezium.worker_settings import WORKER_SETTINGS
from shared.contracts.topics import SERVICES, TOPICS, Topic, dead_letter_topic

CONNECT_USER = "nss-connect"
GROUP = WORKER_SETTINGS["group.id"]
KEPT_TOPICS = tuple(WORKER_SETTINGS[f"{kind}.storage.topic"] for kind in ("config", "offset", "status"))
"""Where the workers keep what they know; they read it back at their start."""

Entry = tuple[Literal["topic", "group"], str, str]
"""Resource, name and operation."""


def routed_topics() -> tuple[Topic, ...]:
    """Those that an outbox's events go to by Debezium; copies of dead letters go by the relay."""
    letters = {dead_letter_topic(service).name for service in SERVICES}
    return tuple(topic for topic in TOPICS if set(SERVICES) & set(topic.producers) and topic.name not in letters)


def heartbeat_topics(topic_prefix: str = "") -> tuple[str, ...]:
    """One for each connector."""
    return tuple(f"{HEARTBEATS}.{outbox_name(service, topic_prefix)}" for service in SERVICES)


def connect_entries(topic_prefix: str = "") -> frozenset[Entry]:
    """Every entry that allows. None to create a topic: the rendered ones are made before."""
    return frozenset(_entries(topic_prefix))


def _entries(prefix: str) -> Iterator[Entry]:
    for name in (*(topic.name_with(prefix) for topic in routed_topics()), *heartbeat_topics(prefix)):
        yield "topic", name, "Describe"
        yield "topic", name, "Write"
    for name in KEPT_TOPICS:
        for operation in ("Describe", "Read", "Write", "DescribeConfigs"):
            yield "topic", name, operation
    yield "group", GROUP, "Describe"
    yield "group", GROUP, "Read"
