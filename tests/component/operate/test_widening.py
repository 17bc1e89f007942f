"""More partitions for a topic in use: refused while anything is on its way, in order for every key afterwards."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import CommitFailedError, IllegalStateError

from deploy.errors import CommandError, Refused
from deploy.operate import widening
from deploy.operate.widening import check_widening, groups_reading, topic_called, widen
from shared.contracts.topics import CONTRACT, SCHEDULE
from shared.runtime.settings import KafkaSettings
from tests.conftest import TEST_PARTITIONS, PreparedTopics
from tests.topic_reader import group_lag
from tests.town import until

MORE = TEST_PARTITIONS + 3
KEYS = [f"TST{number:03}" for number in range(20)]
REPLICAS = 3
SLOW_SECONDS = 0.01


@pytest.fixture
def broker(topics: PreparedTopics, monkeypatch: pytest.MonkeyPatch) -> KafkaSettings:
    monkeypatch.setattr(widening, "REST_SECONDS", 0.3)
    return KafkaSettings(kafka_bootstrap=topics.bootstrap, topic_prefix=topics.prefix)


@dataclass(slots=True)
class Readers:
    """What each group has handled, by key in its own order."""

    handled: dict[str, dict[str, list[int]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))

    def all_have(self, groups: list[str], count: int) -> bool:
        return all(sum(map(len, self.handled[group].values())) == count for group in groups)


async def read(consumer: AIOKafkaConsumer, group: str, readers: Readers) -> None:
    """One replica: slower than the producer, so that something is always on its way; what comes again is skipped."""
    async for record in consumer:
        await asyncio.sleep(SLOW_SECONDS)
        handled, number = readers.handled[group][record.key.decode()], int(record.value)
        if number not in handled:
            handled.append(number)
        with suppress(CommitFailedError, IllegalStateError):
            await consumer.commit()


@asynccontextmanager
async def reading(broker: KafkaSettings, groups: list[str]) -> AsyncIterator[Readers]:
    """Replicas of every group that reads the topic."""
    readers = Readers()
    async with AsyncExitStack() as closing, asyncio.TaskGroup() as tasks:
        running = []
        for group in [group for group in groups for _ in range(REPLICAS)]:
            consumer = AIOKafkaConsumer(
                CONTRACT.name_with(broker.topic_prefix), bootstrap_servers=broker.kafka_bootstrap, group_id=group,
                enable_auto_commit=False, auto_offset_reset="earliest", metadata_max_age_ms=500,
            )  # fmt: skip
            await closing.enter_async_context(consumer)
            running.append(tasks.create_task(read(consumer, group, readers)))
        yield readers
        for task in running:
            task.cancel()


async def send(broker: KafkaSettings, numbers: range) -> None:
    """One event of each key for each number, in their order, as a relay that has just started does."""
    async with AIOKafkaProducer(bootstrap_servers=broker.kafka_bootstrap, enable_idempotence=True) as producer:
        for number in numbers:
            for key in KEYS:
                await producer.send(CONTRACT.name_with(broker.topic_prefix), str(number).encode(), key.encode())


@pytest.mark.full
async def test_every_key_keeps_its_order_across_the_change(broker: KafkaSettings) -> None:
    groups = list(groups_reading(CONTRACT, broker.topic_prefix))
    async with reading(broker, groups) as readers:
        await send(broker, range(10))
        with pytest.raises(Refused, match="records behind"):
            await widen(broker, CONTRACT, MORE)

        async def widened() -> bool | None:
            try:
                return bool(await widen(broker, CONTRACT, MORE))
            except Refused:
                return None

        await until(widened, "everybody to have read to the end")
        await send(broker, range(10, 20))

        async def all_read() -> bool | None:
            return readers.all_have(groups, 20 * len(KEYS)) or None

        await until(all_read, "every group to handle what came before and after")
    in_order = {key: list(range(20)) for key in KEYS}
    assert {group: dict(readers.handled[group]) for group in groups} == dict.fromkeys(groups, in_order)


async def write_on(broker: KafkaSettings) -> None:
    """Until somebody cancels it: a number of records would be through before anybody looks, or after."""
    async with AIOKafkaProducer(bootstrap_servers=broker.kafka_bootstrap) as producer:
        for number in count():
            await producer.send_and_wait(CONTRACT.name_with(broker.topic_prefix), str(number).encode(), b"TST001")


async def test_a_topic_that_is_being_written_is_left_alone(broker: KafkaSettings) -> None:
    writing = asyncio.create_task(write_on(broker))

    async def is_written() -> bool | None:
        return await group_lag(broker, "nobody", [CONTRACT.name_with(broker.topic_prefix)]) > 0 or None

    await until(is_written, "the first record")
    with pytest.raises(Refused, match="is being written: stop the workers of intake first"):
        await check_widening(broker, CONTRACT, MORE)
    writing.cancel()


async def test_a_topic_that_somebody_has_not_read_to_the_end_is_left_alone(broker: KafkaSettings) -> None:
    await send(broker, range(1))
    with pytest.raises(Refused, match=f"review is up to {len(KEYS)} records behind"):
        await check_widening(broker, CONTRACT, MORE)


async def test_partitions_are_never_taken_back(broker: KafkaSettings) -> None:
    with pytest.raises(Refused, match="can only grow"):
        await check_widening(broker, CONTRACT, TEST_PARTITIONS)


def test_what_is_ordered_among_all_keys_stays_in_one_partition() -> None:
    with pytest.raises(Refused, match="one partition for good"):
        topic_called(SCHEDULE.name)
    with pytest.raises(CommandError, match="no topic nss"):
        topic_called("nss.unknown.v1")
