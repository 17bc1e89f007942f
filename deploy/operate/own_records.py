"""Records that the command itself writes: instructions to services, and who looked at what."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from deploy.errors import CommandError, NotRunning
from deploy.operate.services import local_stack
from shared.contracts.envelope import new_event, source_of, to_record
from shared.contracts.event_data import EventData
from shared.runtime.clock import SystemClock
from shared.runtime.ids import new_uuid7
from shared.runtime.kafka import client_options, unreachable_line
from shared.runtime.settings import KafkaSettings

Write = Callable[[EventData, str], Awaitable[None]]


@asynccontextmanager
async def writer(broker: KafkaSettings) -> AsyncIterator[Write]:
    """`await write(data, key)` returns once every replica has the record. Raises NotRunning, CommandError."""
    producer = AIOKafkaProducer(**client_options(broker), acks="all", enable_idempotence=True)
    try:
        await producer.start()
    except (KafkaError, OSError) as error:
        raise NotRunning(unreachable_line(broker, error)) from error
    clock = services_clock()

    async def write(data: EventData, key: str) -> None:
        event = new_event(data, event_id=new_uuid7(), key=key, now=clock.now())
        record = to_record(replace(event, source=source_of("operator")), broker.topic_prefix)
        try:
            await producer.send_and_wait(record.topic, record.value, record.key, headers=list(record.headers))
        except KafkaError as error:
            raise CommandError(f"{record.topic} did not take the record ({type(error).__name__})") from error

    try:
        yield write
    finally:
        await producer.stop()


def services_clock() -> SystemClock:
    """The clock of the services: a demo moves it."""
    stack = local_stack()
    return SystemClock(stack.directory / "clock-offset" if stack else None)
