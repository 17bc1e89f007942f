"""Debezium in place of the relay: the same records, in order, none lost at a kill or at a switch, no log kept idle."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from shared.contracts.decoding import decode_record
from shared.contracts.topics import APPLICATION, REVIEW, SCHEDULE, Topic, dead_letter_topic
from shared.runtime.database import transaction
from shared.runtime.event_outbox import append_events, append_raw_record
from shared.runtime.ids import new_uuid7
from tests.builders import NOW, a_schedule, an_application_received, an_event
from tests.component.runtime.outbox_parts import duplicates, header, opened, order_violations, until
from tests.component.runtime.relay_parts import append, append_many, running
from tests.conftest import Report
from tests.debezium_ground import SLOT, DebeziumGround, Outbox
from tests.topic_reader import read_topics

pytestmark = pytest.mark.full

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
MEBIBYTE = 2**20


async def records(outbox: Outbox, *topics: Topic, prefix: str | None = None) -> list[tuple[Topic, Any]]:
    """Everything in the topics."""
    return await read_topics(outbox.ground.bootstrap, topics, outbox.prefix if prefix is None else prefix)


async def until_published(outbox: Outbox, count: int, *topics: Topic, seconds: float = 60) -> list[Any]:
    """Wait until so many different events are in the topics; all records there."""
    found: list[Any] = []

    async def enough() -> bool:
        found[:] = [record for _, record in await records(outbox, *topics)]
        return len(found) - duplicates(found) >= count

    await until(enough, seconds)
    return found


async def until_nothing_waits(outbox: Outbox) -> None:
    """Wait until the outbox is empty: Kafka has everything, and the slot says so."""

    async def is_empty() -> bool:
        return await outbox.waiting() == 0

    await until(is_empty, 60)


def present(headers: Sequence[tuple[str, bytes | None]]) -> list[tuple[str, bytes]]:
    """Without those that are null, which count as absent."""
    return [(name, value) for name, value in headers if value is not None]


def by_id(read: Sequence[tuple[Topic, Any]]) -> Mapping[UUID, tuple[Topic, Any]]:
    """Records by their event's id."""
    return {UUID(header(record, "ce_id")): (topic, record) for topic, record in read}


async def test_debezium_makes_the_record_that_the_relay_makes(outbox: Outbox) -> None:
    await outbox.make_slot()
    await append(
        outbox.pool,
        an_event(
            an_application_received(reason="増設のため 𠮷"), key="KOB002", traceparent=TRACE, causation_id=new_uuid7()
        ),
        an_event(an_application_received(reason="a" * 880_000), key="OSA003", event_id=new_uuid7()),
        an_event(a_schedule(), key="schedule", event_id=new_uuid7()),
    )
    await append_many(outbox.pool, 300)
    async with running(outbox.relay(prefix=outbox.relay_prefix)):
        await until_nothing_waits(outbox)
    await outbox.start_connector()
    topics = (APPLICATION, SCHEDULE, REVIEW)
    await until_published(outbox, 303, *topics)
    ours = by_id(await records(outbox, *topics, prefix=outbox.relay_prefix))
    theirs = by_id(await records(outbox, *topics))
    assert len(ours) == 303
    assert ours.keys() == theirs.keys()
    for event_id, (topic, record) in ours.items():
        routed, other = theirs[event_id]
        assert (routed, other.key, other.value, other.partition) == (topic, record.key, record.value, record.partition)
        assert present(other.headers) == list(record.headers)
        assert decode_record(other, topic) == decode_record(record, topic)


async def test_copies_of_dead_letters_still_go_by_the_relay(outbox: Outbox) -> None:
    letters = dead_letter_topic("review")
    headers = [("ce_id", b"\xff"), ("dlq-error-class", b"contract")]
    await outbox.make_slot()
    await outbox.start_connector()
    async with running(outbox.relay(slot=SLOT)):
        async with transaction(outbox.pool) as db:
            await append_events(db, [opened("180001A")])
            await append_raw_record(db, letters, b"\xff\x00", None, headers, new_uuid7(), NOW)
        await until_nothing_waits(outbox)
    ((_, letter),) = await records(outbox, letters)
    assert (letter.key, letter.value, list(letter.headers)) == (b"\xff\x00", None, headers)
    assert len(await records(outbox, REVIEW)) == 1


async def test_events_stay_in_the_outbox_until_kafka_has_them(outbox: Outbox) -> None:
    await outbox.make_slot()
    async with running(outbox.relay(slot=SLOT)):
        await asyncio.sleep(0.5)
        await append_many(outbox.pool, 100)
        await asyncio.sleep(2)
        assert await outbox.waiting() == 100, "nobody has published them"
        await outbox.start_connector()
        await until_nothing_waits(outbox)
    found = await until_published(outbox, 100, REVIEW)
    assert (len(found), order_violations(found)) == (100, 0)
    assert await outbox.pool.fetchval("select count(*) from event_outbox_archive") == 100


async def test_killed_again_and_again_debezium_loses_nothing_and_repeats_in_order(
    ground: DebeziumGround, outbox: Outbox, report: Report
) -> None:
    await outbox.make_slot()
    await outbox.start_connector()
    sent = 0
    async with running(outbox.relay(slot=SLOT)):
        for _ in range(3):
            writing = asyncio.create_task(append_many(outbox.pool, 4000))
            sent += 4000
            await asyncio.sleep(0.7)
            await asyncio.to_thread(ground.kill)
            await writing
            await asyncio.to_thread(ground.start_again)
            await outbox.connector_runs()
        await until_nothing_waits(outbox)
    found = [record for _, record in await records(outbox, REVIEW)]
    effects = len(found) - duplicates(found)
    report(sent=sent, effects=effects, duplicates=duplicates(found), violations=order_violations(found))
    assert (effects, order_violations(found)) == (sent, 0)


async def test_from_the_relay_to_debezium_and_back_under_load(outbox: Outbox, report: Report) -> None:
    stop = asyncio.Event()

    async def write() -> int:
        count = 0
        while not stop.is_set():
            await append_many(outbox.pool, 100)
            count += 100
        return count

    writing = asyncio.create_task(write())
    async with running(outbox.relay()):
        await asyncio.sleep(1)
        await outbox.make_slot()
    async with running(outbox.relay(slot=SLOT)):
        await outbox.start_connector()
        await asyncio.sleep(3)
        await outbox.remove_connector()
    async with running(outbox.relay()):
        await outbox.drop_slot()
        await asyncio.sleep(1)
        stop.set()
        sent = await writing
        await until_nothing_waits(outbox)
    found = [record for _, record in await records(outbox, REVIEW)]
    effects = len(found) - duplicates(found)
    report(sent=sent, effects=effects, duplicates=duplicates(found), violations=order_violations(found))
    assert (effects, order_violations(found)) == (sent, 0)


async def test_what_was_written_before_the_slot_is_sent_by_the_relay(outbox: Outbox) -> None:
    await append_many(outbox.pool, 50)
    await outbox.make_slot()
    async with running(outbox.relay(slot=SLOT)):
        await until_nothing_waits(outbox)
    assert len(await records(outbox, REVIEW)) == 50


async def test_without_its_slot_the_relay_says_so_and_keeps_everything(outbox: Outbox) -> None:
    await append_many(outbox.pool, 10)
    relay = outbox.relay(slot=SLOT)
    async with running(relay):
        await until(lambda: relay.failure is not None)
        assert relay.failure == f"the replication slot {SLOT} is missing or lost: see deploy/SCALING.md"
        assert await outbox.waiting() == 10
        await outbox.make_slot()
        await until_nothing_waits(outbox)
        assert relay.failing_seconds() == 0


async def test_while_only_other_tables_are_written_the_server_keeps_no_log(outbox: Outbox, report: Report) -> None:
    await outbox.make_slot()
    await outbox.start_connector()
    await append_many(outbox.pool, 10)
    await until_published(outbox, 10, REVIEW)
    await outbox.pool.execute("create table other (line text)")
    began = await outbox.pool.fetchval("select pg_current_wal_lsn()::text")
    for _ in range(20):
        await outbox.pool.execute("insert into other select repeat(md5(n::text), 30) from generate_series(1, 3000) n")
    written = await outbox.pool.fetchval("select (pg_current_wal_lsn() - $1::text::pg_lsn)::bigint", began)

    async def hardly_any() -> bool:
        return await outbox.unconfirmed_bytes() < MEBIBYTE

    await until(hardly_any, 30)
    report(written_mib=written // MEBIBYTE, kept_bytes=await outbox.unconfirmed_bytes())
    assert written > 40 * MEBIBYTE


async def test_debezium_may_read_the_outbox_and_nothing_else(outbox: Outbox) -> None:
    as_debezium = outbox.ground.login_url(outbox.url)
    connection = await asyncpg.connect(as_debezium)
    try:
        assert await connection.fetchval("select count(*) from event_outbox") == 0
        for refused in ("select * from reviews", "delete from event_outbox", "select * from event_outbox_archive"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(refused)
    finally:
        await connection.close()
