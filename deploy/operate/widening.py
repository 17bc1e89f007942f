"""More partitions for a topic without losing the order of anybody's events.

A key may move to another partition, and two partitions are not ordered among themselves. So nothing of the topic may be
on its way while the number changes: the producer's relay rests (its outbox keeps what happens), and everybody has read
to the end. Both are seen on the broker, before and after.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions

from deploy.errors import CommandError, Refused
from deploy.operate.broker import committed_offsets, partitions_of, reader
from deploy.operate.topics import admin_client
from shared.contracts.topics import HOOKED_TOPICS, TOPICS, Topic, consumer_group, hooks_group
from shared.runtime.kafka import client_options
from shared.runtime.settings import KafkaSettings

REST_SECONDS = 2.0
"""How long nothing may arrive: a relay that has anything to send looks every 15 ms."""
KNOWN_SECONDS = 10.0
RETRY_SECONDS = 0.1

Ends = Mapping[TopicPartition, int]


@dataclass(frozen=True, slots=True)
class Widening:
    """What is to be done, or was."""

    topic: str
    before: int
    after: int


def topic_called(name: str) -> Topic:
    """A topic of the registry that may be widened. Raises CommandError, Refused."""
    found = next((topic for topic in TOPICS if topic.name == name), None)
    if found is None:
        raise CommandError(f"no topic {name} in the registry: {', '.join(topic.name for topic in TOPICS)}")
    if found.partitions == 1:
        raise Refused(f"{name} has one partition for good: what it holds is ordered among all keys")
    return found


async def check_widening(broker: KafkaSettings, topic: Topic, partitions: int) -> Widening:
    """What would be done now. Raises Refused while anything of the topic is on its way, CommandError."""
    async with reader(broker) as consumer:
        before = await _ends(consumer, topic, broker.topic_prefix)
        if partitions <= len(before):
            raise Refused(f"{topic.name} has {len(before)} partitions already: their number can only grow")
        await asyncio.sleep(REST_SECONDS)
        after = await _ends(consumer, topic, broker.topic_prefix)
    if before != after:
        who = " and ".join(topic.producers)
        raise Refused(f"{topic.name} is being written: stop the workers of {who} first; pages go on, events wait")
    async with admin_client(client_options(broker)) as admin:
        for group in groups_reading(topic, broker.topic_prefix):
            await _refuse_if_behind(admin, group, after)
    return Widening(topic.name, len(before), partitions)


async def widen(broker: KafkaSettings, topic: Topic, partitions: int) -> Widening:
    """Check, change, and check that nothing arrived meanwhile. Raises Refused, CommandError."""
    done = await check_widening(broker, topic, partitions)
    name = topic.name_with(broker.topic_prefix)
    async with reader(broker) as consumer, admin_client(client_options(broker)) as admin:
        before = await _ends(consumer, topic, broker.topic_prefix)
        answer = await admin.create_partitions({name: NewPartitions(partitions)})
        refused = [message or code for _, code, message in answer.topic_errors if code]
        if refused:
            raise CommandError(f"the broker refused more partitions for {name}: {refused[0]}")
        after = await _known(consumer, topic, partitions, broker.topic_prefix)
    if sum(after.values()) != sum(before.values()):
        raise CommandError(f"{name} has {partitions} partitions now, but records arrived meanwhile: look at them")
    return done


def groups_reading(topic: Topic, prefix: str) -> Sequence[str]:
    """Every group of ours that reads it; others' groups their owners must watch."""
    hooks = [hooks_group(prefix)] if topic in HOOKED_TOPICS else []
    return [*(consumer_group(service, prefix) for service in topic.readers), *hooks]


async def _refuse_if_behind(admin: AIOKafkaAdminClient, group: str, ends: Ends) -> None:
    committed = await committed_offsets(admin, group, list(ends))
    if group.endswith(hooks_group()) and all(offset < 0 for offset in committed.values()):
        return  # nobody has ever read for hooks here
    behind = sum(max(end - max(committed[place], 0), 0) for place, end in ends.items())
    if behind:
        raise Refused(f"{group} is up to {behind} records behind: wait until `nss lag` shows none")


async def _known(consumer: AIOKafkaConsumer, topic: Topic, partitions: int, prefix: str) -> Ends:
    deadline = asyncio.get_running_loop().time() + KNOWN_SECONDS
    while len(ends := await _ends(consumer, topic, prefix)) < partitions:
        if asyncio.get_running_loop().time() > deadline:
            raise CommandError(f"the broker does not show {partitions} partitions within {KNOWN_SECONDS:.0f} s")
        await asyncio.sleep(RETRY_SECONDS)
    return ends


async def _ends(consumer: AIOKafkaConsumer, topic: Topic, prefix: str) -> Ends:
    places = await partitions_of(consumer, [topic.name_with(prefix)])
    ends: Ends = await consumer.end_offsets(places)
    return ends
