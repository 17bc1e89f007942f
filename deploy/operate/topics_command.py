"""Which broker `nss topics` speaks to, and how its topics are to be laid out."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from deploy.errors import CommandError, NotRunning
from deploy.operate.services import local_stack
from deploy.operate.topics import TopicFinding, TopicLayout, compare_topics, create_topics
from deploy.progress import say


async def make_topics(*, dry_run: bool) -> Sequence[TopicFinding]:
    """Make what is missing, unless this is a dry run; what was found before."""
    client, layout = _target()
    return await (compare_topics(client, layout) if dry_run else create_topics(client, layout))


async def look_at_topics() -> Sequence[TopicFinding]:
    """Every topic of the registry compared with the broker."""
    return await compare_topics(*_target())


def _target() -> tuple[Mapping[str, Any], TopicLayout]:
    bootstrap = os.environ.get("NSS_KAFKA_BOOTSTRAP")
    stack = local_stack()
    if not bootstrap and stack is None:
        raise NotRunning("no broker known: run `nss up`, or set NSS_KAFKA_BOOTSTRAP")
    if bootstrap:
        say(f"Kafka at {bootstrap} (from NSS_KAFKA_BOOTSTRAP)")
        return {"bootstrap_servers": bootstrap}, _layout(os.environ.get("NSS_TOPIC_PREFIX", ""))
    assert stack is not None
    say(f"Kafka at {stack.kafka_bootstrap} (from {stack.directory / 'stack.json'})")
    return {"bootstrap_servers": stack.kafka_bootstrap}, _layout(stack.topic_prefix)


def _layout(prefix: str) -> TopicLayout:
    return TopicLayout(prefix, _number("NSS_REPLICATION_FACTOR"), _number("NSS_MIN_INSYNC_REPLICAS"))


def _number(variable: str) -> int:
    given = os.environ.get(variable, "1")
    if not given.isdigit() or int(given) < 1:
        raise CommandError(f"{variable} must be a number from 1 on, not {given!r}")
    return int(given)
