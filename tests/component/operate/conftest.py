"""A broker with every topic, and golden examples on it."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiokafka import AIOKafkaProducer

from shared.contracts.envelope import Record
from shared.runtime.settings import KafkaSettings
from tests.conftest import PreparedTopics

Put = Callable[..., Awaitable[None]]


@pytest.fixture
def broker(kafka_bootstrap: str, topics: PreparedTopics) -> KafkaSettings:
    """The test's broker, under a prefix of its own."""
    return KafkaSettings(kafka_bootstrap=kafka_bootstrap, topic_prefix=topics.prefix)


@pytest.fixture
async def put(broker: KafkaSettings) -> AsyncIterator[Put]:
    """`await put(record, …)`: on their topics, in this order."""
    producer = AIOKafkaProducer(bootstrap_servers=broker.kafka_bootstrap)
    await producer.start()

    async def put(*records: Record) -> None:
        for record in records:
            await producer.send_and_wait(
                broker.topic_prefix + record.topic, record.value, record.key, headers=list(record.headers)
            )

    yield put
    await producer.stop()


@pytest.fixture
async def put_many(broker: KafkaSettings) -> AsyncIterator[Put]:
    """The same for thousands: pipelined, in order per partition."""
    producer = AIOKafkaProducer(bootstrap_servers=broker.kafka_bootstrap, linger_ms=5)
    await producer.start()

    async def put_many(*records: Record) -> None:
        for record in records:
            await producer.send(
                broker.topic_prefix + record.topic, record.value, record.key, headers=list(record.headers)
            )
        await producer.flush()

    yield put_many
    await producer.stop()
