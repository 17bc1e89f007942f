"""`nss trace` on a real broker: one application among many, found without reading everything."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import AIOKafkaProducer

from deploy.errors import CommandError
from deploy.operate.locating import rank
from deploy.operate.story import lines_of, read_story
from shared.contracts.envelope import Record
from shared.contracts.golden import golden_example
from shared.runtime.settings import KafkaSettings
from tests.component.operate.conftest import Put

MANY = 5_000
A_YEAR_AHEAD = 400 * 86_400
START = datetime(2026, 11, 2, tzinfo=UTC)


def number_of(index: int) -> str:
    return f"26{index % 9999 + 1:04d}{chr(ord('A') + index // 9999)}"


def record_of(event_type: str, case: str, index: int, seconds: float = 0.0) -> Record:
    """A golden example as if it were about the application with that index, decided so long after the start."""
    example = golden_example(event_type, case).record
    texts = dict(example.headers)
    time = (START + timedelta(seconds=index + seconds)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    texts |= {
        "ce_subject": number_of(index).encode(),
        "ce_time": time.encode(),
        "ce_id": f"id-{index}-{event_type}".encode(),
    }
    return replace(example, key=f"NAC{index % 97:03d}".encode(), headers=list(texts.items()))


def received(indexes: Sequence[int]) -> list[Record]:
    return [record_of("nss.application.received.v1", "one_mailbox", index) for index in indexes]


@pytest.mark.parametrize("wanted", [0, 1, 2_500, MANY - 1])
async def test_an_application_is_found_among_thousands(broker: KafkaSettings, put_many: Put, wanted: int) -> None:
    await put_many(*received(range(MANY)), record_of("nss.review.opened.v1", "first_revision", wanted, 0.5))
    story = await read_story(broker, number_of(wanted), START + timedelta(seconds=wanted + 60))
    assert [step.record.event_type for step in story.steps] == ["nss.application.received.v1", "nss.review.opened.v1"]
    assert (story.state, story.missing) == ("under_review", [])
    assert story.office_code == f"NAC{wanted % 97:03d}"


async def test_an_application_that_is_not_there_is_said_so(broker: KafkaSettings, put: Put) -> None:
    await put(*received(range(3)))
    with pytest.raises(CommandError, match="269999Z: no such application"):
        await read_story(broker, "269999Z", START)


async def test_a_step_that_does_not_come_is_named_with_its_time(broker: KafkaSettings, put: Put) -> None:
    await put(*received([5]))
    story = await read_story(broker, number_of(5), START + timedelta(hours=1))
    assert next(missing.expected for missing in story.missing) == ("review.opened",)
    lines = lines_of(story)
    assert (
        "missing: review.opened by review after application.received, due 2026-11-02 00:02:05Z, 57 min 55 s late"
    ) in lines
    assert any(line.startswith("missing: mail M1 (sent, deferred or failed) by notifier") for line in lines)
    assert lines[-1] == f"look: `nss doctor`, `nss lag`, `nss held list --number {number_of(5)}`"


async def test_a_story_is_whole_where_a_demo_has_moved_the_clock_far_ahead(broker: KafkaSettings, put: Put) -> None:
    opened = record_of("nss.review.opened.v1", "first_revision", 6, A_YEAR_AHEAD + 1)
    await put(record_of("nss.application.received.v1", "one_mailbox", 6, A_YEAR_AHEAD), opened)
    assert len((await read_story(broker, number_of(6), START + timedelta(days=400))).steps) == 2


async def test_an_event_that_came_twice_is_told_once(broker: KafkaSettings, put: Put) -> None:
    await put(*received([7]), *received([7]))
    assert len((await read_story(broker, number_of(7), START)).steps) == 1


@pytest.mark.parametrize("compression", [None, "gzip"])
async def test_a_story_is_whole_however_the_records_lie_on_the_brokers_disk(
    broker: KafkaSettings, compression: str | None
) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=broker.kafka_bootstrap, compression_type=compression, linger_ms=20)
    await producer.start()
    opened = [record_of("nss.review.opened.v1", "first_revision", index, 0.5) for index in range(300)]
    for record in [*received(range(300)), *opened]:
        name = broker.topic_prefix + record.topic
        await producer.send(name, record.value, record.key, headers=list(record.headers))
    await producer.stop()
    for index in (0, 150, 299):
        story = await read_story(broker, number_of(index), START + timedelta(seconds=index + 60))
        assert [step.record.subject for step in story.steps] == [number_of(index)] * 2


def test_receipt_numbers_rank_by_year_letter_and_serial() -> None:
    numbers = ["270001A", "260001B", "259999B", "269999A", "260001A"]
    assert sorted(numbers, key=rank) == ["259999B", "260001A", "269999A", "260001B", "270001A"]
