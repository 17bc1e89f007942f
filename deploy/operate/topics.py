"""Topics on the broker: what the registry asks for, what is there, and making what is missing."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, for_code

from deploy.errors import CommandError, StackError
from shared.contracts.topics import TOPICS, Topic

TOPIC_EXISTS = 36
NOT_READY_YET = (5, 7, 38, 41)
"""Codes of a node that has only just started: no leader, timed out, no broker to place replicas on, not controller."""
READY_SECONDS = 20.0
RETRY_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class TopicLayout:
    """How topics are laid out on this broker, whatever the topic."""

    prefix: str = ""
    replication_factor: int = 1
    min_insync_replicas: int = 1
    partitions: int | None = None
    """Instead of the registry's number: tests take fewer."""

    def partitions_of(self, topic: Topic) -> int:
        """How many partitions the topic is to have."""
        return self.partitions if self.partitions is not None else topic.partitions

    def configuration_of(self, topic: Topic) -> dict[str, str]:
        """The topic's settings on the broker."""
        return topic.configuration | {"min.insync.replicas": str(self.min_insync_replicas)}


@dataclass(frozen=True, slots=True)
class TopicFinding:
    """One topic of the registry compared with the broker: `missing`, `as wanted` or `differs`."""

    name: str
    condition: str
    differences: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


async def compare_topics(client: Mapping[str, Any], layout: TopicLayout) -> Sequence[TopicFinding]:
    """Every topic of the registry, in its order. `client` holds aiokafka's connection arguments."""
    async with admin_client(client) as admin:
        return await _compare(admin, layout)


async def create_topics(client: Mapping[str, Any], layout: TopicLayout) -> Sequence[TopicFinding]:
    """Make what is missing and return what was found before; nothing that exists is changed."""
    async with admin_client(client) as admin:
        found = await _compare(admin, layout)
        missing = {finding.name for finding in found if finding.condition == "missing"}
        wanted = [topic for topic in TOPICS if topic.name_with(layout.prefix) in missing]
        if wanted:
            await _create(admin, wanted, layout)
            await _await_leaders(admin, wanted, layout)
        return found


async def delete_topics(client: Mapping[str, Any], prefix: str) -> None:
    """Remove every topic of a test's prefix; the real ones, which have none, cannot be removed here."""
    if not prefix:
        raise CommandError("only topics under a prefix can be deleted")
    async with admin_client(client) as admin:
        await admin.delete_topics([topic.name_with(prefix) for topic in TOPICS])


@asynccontextmanager
async def admin_client(client: Mapping[str, Any]) -> AsyncIterator[AIOKafkaAdminClient]:
    """A started client that is closed afterwards. `client` holds aiokafka's connection arguments. Raises StackError."""
    admin = AIOKafkaAdminClient(**client)
    try:
        await admin.start()
    except (KafkaError, OSError) as error:
        await admin.close()
        raise StackError(
            f"Kafka at {client['bootstrap_servers']} cannot be reached: check NSS_KAFKA_BOOTSTRAP"
        ) from error
    try:
        yield admin
    finally:
        await admin.close()


async def _create(admin: AIOKafkaAdminClient, topics: Sequence[Topic], layout: TopicLayout) -> None:
    """Ask until every topic exists: a node just started refuses for a moment. Raises StackError."""
    deadline = asyncio.get_running_loop().time() + READY_SECONDS
    wanted = [_new_topic(topic, layout) for topic in topics]
    while True:
        answer = await admin.create_topics(wanted)
        refused = {name: code for name, code, *_ in answer.topic_errors if code not in (0, TOPIC_EXISTS)}
        if not refused:
            return
        too_late = asyncio.get_running_loop().time() > deadline
        if too_late or any(code not in NOT_READY_YET for code in refused.values()):
            name, code = next(iter(refused.items()))
            raise StackError(f"the broker refused topic {name}: {for_code(code).__name__}")
        wanted = [topic for topic in wanted if topic.name in refused]
        await asyncio.sleep(RETRY_SECONDS)


async def _await_leaders(admin: AIOKafkaAdminClient, topics: Sequence[Topic], layout: TopicLayout) -> None:
    """A broker confirms a topic a moment before it knows the topic itself. Raises StackError."""
    deadline = asyncio.get_running_loop().time() + READY_SECONDS
    while len(await _partitions(admin, topics, layout)) < len(topics):
        if asyncio.get_running_loop().time() > deadline:
            raise StackError(f"the broker has no leader for new topics within {READY_SECONDS:.0f} s: look at its log")
        await asyncio.sleep(RETRY_SECONDS)


def _new_topic(topic: Topic, layout: TopicLayout) -> NewTopic:
    return NewTopic(
        topic.name_with(layout.prefix),
        num_partitions=layout.partitions_of(topic),
        replication_factor=layout.replication_factor,
        topic_configs=layout.configuration_of(topic),
    )


async def _compare(admin: AIOKafkaAdminClient, layout: TopicLayout) -> Sequence[TopicFinding]:
    existing = set(await admin.list_topics())
    present = [topic for topic in TOPICS if topic.name_with(layout.prefix) in existing]
    partitions = await _partitions(admin, present, layout)
    settings = await _settings(admin, present, layout)
    return [_finding(topic, layout, partitions, settings) for topic in TOPICS]


async def _partitions(
    admin: AIOKafkaAdminClient, topics: Sequence[Topic], layout: TopicLayout
) -> Mapping[str, tuple[int, int]]:
    """Number of partitions and of replicas of every topic that can be used: each partition has a leader."""
    if not topics:
        return {}
    described = await admin.describe_topics([topic.name_with(layout.prefix) for topic in topics])
    return {
        topic["topic"]: (len(topic["partitions"]), len(topic["partitions"][0]["replicas"]))
        for topic in described
        if topic["partitions"] and all(partition["leader"] >= 0 for partition in topic["partitions"])
    }


async def _settings(
    admin: AIOKafkaAdminClient, topics: Sequence[Topic], layout: TopicLayout
) -> Mapping[str, Mapping[str, str]]:
    """Settings by topic name."""
    if not topics:
        return {}
    asked = [ConfigResource(ConfigResourceType.TOPIC, topic.name_with(layout.prefix)) for topic in topics]
    found: dict[str, Mapping[str, str]] = {}
    for answer in await admin.describe_configs(asked):
        for _code, _message, _kind, name, entries in answer.resources:
            found[name] = {entry[0]: entry[1] for entry in entries}
    return found


def _finding(
    topic: Topic,
    layout: TopicLayout,
    partitions: Mapping[str, tuple[int, int]],
    settings: Mapping[str, Mapping[str, str]],
) -> TopicFinding:
    name = topic.name_with(layout.prefix)
    if name not in partitions:
        return TopicFinding(name, "missing" if name not in settings else "without a leader")
    wanted = {
        "partitions": str(layout.partitions_of(topic)),
        "replication": str(layout.replication_factor),
        **layout.configuration_of(topic),
    }
    there = {"partitions": str(partitions[name][0]), "replication": str(partitions[name][1]), **settings.get(name, {})}
    differences = tuple(
        f"{what} is {there.get(what, 'unset')}, wanted {value}"
        for what, value in wanted.items()
        if there.get(what) != value
    )
    return TopicFinding(name, "differs" if differences else "as wanted", differences)
