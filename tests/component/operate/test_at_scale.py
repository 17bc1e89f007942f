"""The operator's questions at a million events: a story in two seconds, a look at once, every stall within a minute."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.partitioner import DefaultPartitioner

from deploy.operate.stalled import find_stalled
from deploy.operate.story import read_story
from deploy.operate.topics import TopicLayout, create_topics, delete_topics
from deploy.operate.watch import Selection, watch
from shared.contracts.envelope import Record
from shared.contracts.golden import golden_example
from shared.contracts.topics import APPLICATION, MAIL, TOPICS
from shared.runtime.settings import KafkaSettings

APPLICATIONS = 250_000
EVENTS = 4 * APPLICATIONS
OFFICES = 97
EVERY_SECONDS = 20
"""Two months in all, so that the broker finds nothing too old to keep."""
END = datetime.now(UTC).replace(microsecond=0)
START = END - timedelta(seconds=APPLICATIONS * EVERY_SECONDS + 3600)
STALLED = [APPLICATIONS * each // 12 + 7 for each in range(12)]
BATCH_BYTES = 900_000
MOST_TRACE_SECONDS, MOST_WATCH_SECONDS, MOST_STALLED_SECONDS = 2.0, 1.0, 60.0

LIFE = (
    ("nss.application.received.v1", "one_mailbox", 0),
    ("nss.review.opened.v1", "first_revision", 1),
    ("nss.mail.sent.v1", "m1_to_contact", 2),
    ("nss.mailbox.notice-viewed.v1", "first_view", 3),
)


def number_of(index: int) -> str:
    return f"26{index % 9999 + 1:04d}{chr(ord('A') + index // 9999)}"


@cache
def example(event_type: str, case: str) -> Record:
    return golden_example(event_type, case).record


@cache
def partition_of(key: bytes, partitions: int) -> int:
    numbers = list(range(partitions))
    return int(DefaultPartitioner()(key, numbers, numbers))


def events_of(index: int) -> Iterator[tuple[str, bytes, bytes, int, list[tuple[str, bytes]]]]:
    """Topic, key, value, arrival in milliseconds and headers of an application's events; a stalled one has but one."""
    for event_type, case, seconds in LIFE[: 1 if index in STALLED else None]:
        record = example(event_type, case)
        at = START + timedelta(seconds=index * EVERY_SECONDS + seconds)
        texts = dict(record.headers) | {
            "ce_subject": number_of(index).encode(),
            "ce_id": f"{index}-{seconds}".encode(),
            "ce_time": at.strftime("%Y-%m-%dT%H:%M:%S.000Z").encode(),
        }
        yield (
            record.topic,
            b"NAC%03d" % (index % OFFICES),
            record.value or b"",
            int(at.timestamp() * 1000),
            list(texts.items()),
        )


async def fill(broker: KafkaSettings) -> None:
    """A million events in batches of our own making: a record at a time would take half an hour."""
    producer = AIOKafkaProducer(
        bootstrap_servers=broker.kafka_bootstrap, max_batch_size=BATCH_BYTES, max_request_size=1_000_000
    )
    await producer.start()
    partitions = {topic.name: topic.partitions for topic in TOPICS}
    open_batches: dict[TopicPartition, Any] = {}
    sent: list[Any] = []
    for index in range(APPLICATIONS):
        for topic, key, value, at, headers in events_of(index):
            place = TopicPartition(broker.topic_prefix + topic, partition_of(key, partitions[topic]))
            batch = open_batches.get(place) or open_batches.setdefault(place, producer.create_batch())
            if batch.append(key=key, value=value, timestamp=at, headers=headers) is None:
                sent.append(await producer.send_batch(batch, place.topic, partition=place.partition))
                batch = open_batches[place] = producer.create_batch()
                batch.append(key=key, value=value, timestamp=at, headers=headers)
    for place, batch in open_batches.items():
        sent.append(await producer.send_batch(batch, place.topic, partition=place.partition))
    await asyncio.gather(*sent)
    await producer.stop()


@pytest.fixture
async def full_broker(kafka_bootstrap: str) -> AsyncIterator[KafkaSettings]:
    """Topics as in production, a year full."""
    prefix = f"m{secrets.token_hex(4)}."
    broker, client = (
        KafkaSettings(kafka_bootstrap=kafka_bootstrap, topic_prefix=prefix),
        {"bootstrap_servers": kafka_bootstrap},
    )
    await create_topics(client, TopicLayout(prefix))
    try:
        began = time.monotonic()
        await fill(broker)
        print(f"{EVENTS} events written in {time.monotonic() - began:.0f} s")  # noqa: T201  a figure of the proof
        yield broker
    finally:
        await delete_topics(client, prefix)


class Figures:
    """Times that are printed one by one and judged at the end."""

    def __init__(self) -> None:
        self.too_slow: list[str] = []

    def note(self, what: str, seconds: float, most: float, busy: float) -> None:
        """`busy` is this process's own part of the time, which other work on the machine does not lengthen."""
        line = f"{what}: {seconds:.2f} s, of which {busy:.2f} s busy (at most {most:.0f} s)"
        print(line)  # noqa: T201  a figure of the proof
        if seconds > most:
            self.too_slow.append(line)


@pytest.mark.full
async def test_at_a_million_events_operators_still_get_their_answers_in_time(full_broker: KafkaSettings) -> None:
    figures = Figures()
    for index in (1, APPLICATIONS // 2, APPLICATIONS - 1):
        began, busy = time.monotonic(), time.process_time()
        story = await read_story(full_broker, number_of(index), END)
        assert len(story.steps) == len(LIFE)
        figures.note(f"trace of application {index}", time.monotonic() - began, MOST_TRACE_SECONDS,
                     time.process_time() - busy)  # fmt: skip

    first: list[float] = []
    began, busy = time.monotonic(), time.process_time()
    await watch(
        full_broker, Selection([APPLICATION, MAIL], since=END - timedelta(hours=2)),
        lambda _record, _data: first.append(time.monotonic()),
    )  # fmt: skip
    figures.note("watch until its first line", first[0] - began, MOST_WATCH_SECONDS, time.process_time() - busy)

    began, busy = time.monotonic(), time.process_time()
    found = await find_stalled(full_broker, START - timedelta(days=1), END)
    assert {each.receipt_number for each in found} == {number_of(index) for index in STALLED}
    figures.note(f"stalled, {len(found)} of {len(STALLED)}", time.monotonic() - began, MOST_STALLED_SECONDS,
                 time.process_time() - busy)  # fmt: skip
    assert figures.too_slow == []
