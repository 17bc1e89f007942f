"""What a real broker tells of topics: markers without records, what retention takes, topics made anew or larger."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, RecordsToDelete
from aiokafka.errors import TopicAuthorizationFailedError

from shared.contracts.envelope import Event, to_record
from shared.contracts.event_data import EventData
from shared.contracts.topics import APPLICATION, REVIEW, consumer_group
from shared.runtime.database import Pool
from shared.runtime.kafka import KafkaUnreachable
from shared.runtime.recall import look, places, repair
from shared.runtime.recall.places import BrokerView, ComparisonRefused, open_view
from shared.runtime.settings import ServiceSettings
from tests.builders import RECEIPT, an_application_received, an_event, review_opened
from tests.component.recall.desk import Desk, TopicsInMemory, recorded
from tests.component.runtime.outbox_parts import settings_for, until
from tests.conftest import PreparedTopics

OWN = (REVIEW.name, 0)
HANDLED = (APPLICATION.name, 0)


@pytest.fixture
def settings(topics: PreparedTopics, url: str) -> ServiceSettings:
    """Of review, on topics of the test's own."""
    return settings_for(url, topics.bootstrap, topics.prefix)


@pytest.fixture
def desk(settings: ServiceSettings, pool: Pool) -> Desk:
    """On the broker; its topics in memory stay empty."""
    return Desk(settings, pool, TopicsInMemory())


async def send(topics: PreparedTopics, *events: Event[EventData], partition: int = 0) -> None:
    """To one partition of their topics."""
    async with AIOKafkaProducer(bootstrap_servers=topics.bootstrap) as producer:
        await _send(producer, topics, events, partition)


async def _send(
    producer: AIOKafkaProducer, topics: PreparedTopics, events: Sequence[Event[EventData]], partition: int = 0
) -> None:
    for event in events:
        record = to_record(event, topics.prefix)
        await producer.send_and_wait(
            record.topic, record.value, key=record.key, headers=list(record.headers), partition=partition
        )


async def commit(topics: PreparedTopics, offset: int) -> None:
    """As review's group, of the applications."""
    group = consumer_group("review", topics.prefix)
    async with AIOKafkaConsumer(bootstrap_servers=topics.bootstrap, group_id=group, enable_auto_commit=False) as member:
        place = TopicPartition(topics.name(APPLICATION), 0)
        member.assign([place])
        await member.commit({place: offset})


async def subjects_of(settings: ServiceSettings, begin: int = 0) -> list[str]:
    """Of review's own records in partition 0, from the offset on."""
    async with open_view(settings) as view:
        ends = await view.ends([REVIEW])
        read = view.read({OWN: begin}, {OWN: ends[OWN]})
        return [dict(record.headers)["ce_subject"].decode() async for _, records in read for record in records]  # type: ignore[union-attr]


async def test_restored_noticed_and_repaired_on_a_broker(desk: Desk, topics: PreparedTopics) -> None:
    received = an_event(an_application_received())
    assert await look(desk.recall)
    await send(topics, received, replace(an_event(review_opened()), causation_id=received.id), recorded(2, 2))
    await commit(topics, 1)
    assert not await look(desk.recall)
    report = await repair(desk.recall, "sato")
    assert (report.handled_again, report.restored, report.left) == (1, 1, ())
    assert (desk.opened, desk.recorded, await desk.last_number()) == ([RECEIPT], ["2018-10-02"], 2)
    assert await look(desk.recall)
    positions = await desk.pool.fetchval("select positions from topic_memory")
    assert (positions[f"{REVIEW.name}/0"], positions[f"{APPLICATION.name}/0"]) == (2, 1)


async def test_markers_of_transactions_at_the_end_of_a_topic_are_passed(
    desk: Desk, topics: PreparedTopics, settings: ServiceSettings
) -> None:
    async with AIOKafkaProducer(bootstrap_servers=topics.bootstrap, transactional_id=topics.prefix) as producer:
        async with producer.transaction():
            await _send(producer, topics, [an_event(review_opened(), subject="kept")])
        await producer.begin_transaction()
        await _send(producer, topics, [an_event(review_opened(), subject="given up")])
        await producer.abort_transaction()
    assert await asyncio.wait_for(subjects_of(settings), 10) == ["kept", "given up"]
    assert await asyncio.wait_for(subjects_of(settings, begin=3), 10) == [], "nothing but the last marker"
    await desk.tell(*(an_event(review_opened(), subject=subject) for subject in ("kept", "given up")))
    assert await look(desk.recall)


async def test_what_retention_takes_away_while_a_topic_is_read_is_passed_and_the_rest_is_read(
    topics: PreparedTopics, settings: ServiceSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await send(topics, *(an_event(review_opened(), subject=f"{number}") for number in range(5)))
    await _take_away(topics, before=3)

    async def as_they_were(partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, 0)

    async with open_view(settings) as view:
        end = (await view.ends([REVIEW]))[OWN]
        monkeypatch.setattr(view._consumer, "beginning_offsets", as_they_were)
        reading = view.read({OWN: 1}, {OWN: end})
        assert [record.offset async for _, records in reading for record in records] == [3, 4]


async def _take_away(topics: PreparedTopics, before: int) -> None:
    place = TopicPartition(topics.name(REVIEW), 0)
    async with _admin(topics) as admin:
        await admin.delete_records({place: RecordsToDelete(before_offset=before)})


async def test_a_topic_made_anew_is_read_from_its_beginning(topics: PreparedTopics, settings: ServiceSettings) -> None:
    await send(topics, an_event(review_opened(), subject="first"), an_event(an_application_received()))
    assert await subjects_of(settings, begin=40) == ["first"]
    await commit(topics, 40)
    async with open_view(settings) as view:
        assert await view.committed("review", [APPLICATION]) == {}, "what was read of the old one tells nothing"
    await commit(topics, 1)
    async with open_view(settings) as view:
        assert await view.committed("review", [APPLICATION]) == {HANDLED: 1}


async def test_partitions_that_were_added_belong_to_the_topic(
    topics: PreparedTopics, settings: ServiceSettings
) -> None:
    async with _admin(topics) as admin:
        await admin.create_partitions({topics.name(REVIEW): NewPartitions(total_count=3)})
    ends = {(REVIEW.name, 0): 0, (REVIEW.name, 1): 0, (REVIEW.name, 2): 0}

    async def are_known() -> bool:
        async with open_view(settings) as view:
            return await view.ends([REVIEW]) == ends

    await until(are_known)
    await send(topics, an_event(review_opened()), partition=2)
    async with open_view(settings) as view:
        assert await view.ends([REVIEW]) == {**ends, (REVIEW.name, 2): 1}


async def test_a_broker_that_takes_connections_and_says_nothing_is_given_up(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    monkeypatch.setattr(places, "START_SECONDS", 0.3)
    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(KafkaUnreachable):
            async with open_view(settings_for(url, address)):
                raise AssertionError


@pytest.mark.parametrize(("code", "refusal"), [(29, ComparisonRefused), (5, KafkaUnreachable)])
async def test_a_topic_that_cannot_be_looked_at_is_not_taken_for_an_empty_one(
    url: str, code: int, refusal: type[Exception]
) -> None:
    class Admin:
        async def describe_topics(self, names: list[str]) -> list[dict[str, Any]]:
            return [{"topic": name, "error_code": code, "partitions": []} for name in names]

    view = BrokerView(Admin(), None, settings_for(url, "127.0.0.1:1"))
    with pytest.raises(refusal) as told:
        await view.ends([REVIEW])
    assert isinstance(told.value.__cause__, TopicAuthorizationFailedError) == (code == 29)


@asynccontextmanager
async def _admin(topics: PreparedTopics) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=topics.bootstrap)
    await client.start()
    try:
        yield client
    finally:
        await client.close()
