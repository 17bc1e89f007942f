"""Which broker the command speaks to, and as whom: the environment's, else this checkout's running stack's."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError, GroupLoadInProgressError, KafkaError
from pydantic import ValidationError

from deploy.errors import CommandError, NotRunning, Refused
from deploy.operate.services import local_stack
from deploy.progress import say_once
from shared.runtime import kafka
from shared.runtime.kafka import client_options, unreachable_line
from shared.runtime.settings import KafkaSettings

SMALL_FETCH_MS = 5
COORDINATOR_SECONDS, RETRY_SECONDS = 20.0, 0.2


def find_broker() -> KafkaSettings:
    """The `NSS_KAFKA_*` variables, else the running stack; says on stderr which. Raises NotRunning, CommandError."""
    stack = local_stack()
    if os.environ.get("NSS_KAFKA_BOOTSTRAP"):
        settings = _from_environment()
        say_once(f"Kafka at {settings.kafka_bootstrap} (from NSS_KAFKA_BOOTSTRAP)")
        return settings
    if stack is None:
        raise NotRunning("no broker known: run `nss up`, or set NSS_KAFKA_BOOTSTRAP")
    say_once(f"Kafka at {stack.kafka_bootstrap} (from {stack.directory / 'stack.json'})")
    return stack.broker


def operator_name(broker: KafkaSettings) -> str:
    """Who is at the command: the SASL user, else NSS_OPERATOR. Raises CommandError, for nothing is done unnamed."""
    name = broker.kafka_security_username or os.environ.get("NSS_OPERATOR", "")
    if not name:
        raise CommandError("say who you are: set NSS_OPERATOR to your account name")
    return name


async def committed_offsets(
    admin: AIOKafkaAdminClient, group: str, partitions: Sequence[TopicPartition]
) -> Mapping[TopicPartition, int]:
    """Where the group reads next, by partition; negative where it has committed nothing. Raises NotRunning.

    A broker that has just started, or never kept an offset, has no coordinator for some seconds.
    """
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + COORDINATOR_SECONDS
    while True:
        try:
            return await kafka.committed_offsets(admin, group, partitions)
        except (GroupCoordinatorNotAvailableError, GroupLoadInProgressError) as error:
            if loop.time() > give_up_at:
                raise NotRunning(f"the broker has no coordinator for {group}: {type(error).__name__}") from error
        await asyncio.sleep(RETRY_SECONDS)


@asynccontextmanager
async def reader(broker: KafkaSettings) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer without a group: it looks and leaves nothing behind. Raises NotRunning, Refused.

    What the broker fails at while the block looks ends it in the same way.
    """
    consumer = AIOKafkaConsumer(
        **client_options(broker),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=SMALL_FETCH_MS,
    )
    try:
        await consumer.start()
    except (KafkaError, OSError) as error:
        raise NotRunning(unreachable_line(broker, error)) from error
    try:
        yield consumer
    except kafka.MISSING_RIGHTS as error:
        raise Refused(kafka.refused_line(broker, error, f"Kafka at {broker.kafka_bootstrap}")) from error
    except KafkaError as error:
        raise NotRunning(unreachable_line(broker, error)) from error
    finally:
        await consumer.stop()


async def partitions_of(consumer: AIOKafkaConsumer, names: list[str]) -> list[TopicPartition]:
    """Every partition of the topics, in order. Raises CommandError where one does not exist."""
    metadata: Any = await consumer._client.fetch_all_metadata()
    missing = [name for name in names if not metadata.partitions_for_topic(name)]
    if missing:
        raise CommandError(f"no such topic on the broker: {', '.join(missing)}; `nss topics list` shows what is there")
    return [
        TopicPartition(name, partition) for name in names for partition in sorted(metadata.partitions_for_topic(name))
    ]


def _from_environment() -> KafkaSettings:
    try:
        settings = KafkaSettings(_secrets_dir=os.environ.get("NSS_SECRETS_DIR"))
    except ValidationError as error:
        names = ", ".join(str(detail["loc"][0]) for detail in error.errors())
        raise CommandError(f"not usable: {names}") from None
    problems = list(settings.missing_credentials())
    if problems:
        raise CommandError("; ".join(problems))
    return settings
