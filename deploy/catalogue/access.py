"""Who may do what on Kafka: the least each principal needs, from the registry's producers and readers."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from shared.contracts.topics import (
    HOOKED_TOPICS,
    SERVICES,
    TOPICS,
    Principal,
    ServiceName,
    Topic,
    consumer_group,
    hooks_group,
    topics_told_by,
)

Operation = Literal["Describe", "Read", "Write"]
OPERATOR_GROUPS = "nss.operator."
POSTS_HOOKS: ServiceName = "notifier"


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One access control entry that allows; whatever no entry allows is refused."""

    principal: Principal
    resource: Literal["topic", "group"]
    name: str
    operation: Operation
    is_prefix: bool = False

    def as_json(self) -> dict[str, Any]:
        """For the catalogue and for manifests."""
        return asdict(self)


def grants(topic_prefix: str = "") -> tuple[Grant, ...]:
    """Every grant, sorted. Nobody may create or alter topics: that belongs to deployment."""
    found = {*_of_operators(topic_prefix), *(grant for service in SERVICES for grant in _of(service, topic_prefix))}
    return tuple(sorted(found))


def _of(service: ServiceName, prefix: str) -> Iterator[Grant]:
    for topic in TOPICS:
        if service in topic.producers:
            yield from _on_topic(service, topic, "Write", prefix)
        if service in topic.readers:
            yield from _on_topic(service, topic, "Read", prefix)
    for topic in topics_told_by(service):
        # Everybody reads his own book, without a group, to notice that his database was restored.
        yield from _on_topic(service, topic, "Read", prefix)
    if service == POSTS_HOOKS:
        for topic in HOOKED_TOPICS:
            yield from _on_topic(service, topic, "Read", prefix)
        yield from _in_group(service, hooks_group(prefix))
    yield from _in_group(service, consumer_group(service, prefix))


def _of_operators(prefix: str) -> Iterator[Grant]:
    for topic in TOPICS:
        yield from _on_topic("operator", topic, "Read", prefix)
        if "operator" in topic.producers:
            yield from _on_topic("operator", topic, "Write", prefix)
    yield from _in_group("operator", prefix + OPERATOR_GROUPS, is_prefix=True)
    yield Grant("operator", "group", hooks_group(prefix), "Describe")
    for service in SERVICES:
        # To see how far a service is behind, not to take part.
        yield Grant("operator", "group", consumer_group(service, prefix), "Describe")


def _in_group(principal: Principal, name: str, *, is_prefix: bool = False) -> Iterator[Grant]:
    yield Grant(principal, "group", name, "Describe", is_prefix)
    yield Grant(principal, "group", name, "Read", is_prefix)


def _on_topic(principal: Principal, topic: Topic, operation: Operation, prefix: str) -> Iterator[Grant]:
    yield Grant(principal, "topic", topic.name_with(prefix), "Describe")
    yield Grant(principal, "topic", topic.name_with(prefix), operation)
