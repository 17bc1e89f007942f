"""The relay on real Kafka and PostgreSQL: order, one leader, death between send and delete, a broker that is away."""

import asyncio
import signal
import time
from datetime import timedelta

import asyncpg
import pytest
from prometheus_client import REGISTRY

from shared.contracts.envelope import to_record
from shared.contracts.topics import APPLICATION, REVIEW, dead_letter_topic
from shared.runtime.clock import SystemClock
from shared.runtime.database import Pool, transaction
from shared.runtime.event_outbox import append_events, append_raw_record
from shared.runtime.ids import new_uuid7
from shared.runtime.outbox_archive import republish, roll_archive
from shared.runtime.service_process import LONGEST_STOP_SECONDS
from tests.builders import NOW, an_application_received, an_event
from tests.component.runtime.outbox_parts import (
    UNUSED_PORT,
    duplicates,
    environment_for,
    first_sequences,
    header,
    opened,
    order_violations,
    show,
    start_python,
    until,
)
from tests.component.runtime.relay_parts import a_relay, append, append_many, running, until_outbox_is_empty
from tests.conftest import PreparedTopics
from tests.topic_reader import read_topics


async def test_events_arrive_in_order_with_exact_bytes_and_move_to_the_archive(
    url: str, pool: Pool, topics: PreparedTopics
) -> None:
    first = an_event(opened("180012A").data, sequence=1)
    await append(pool, first)
    await append_many(pool, 1200)
    async with running(a_relay(url, topics.bootstrap, topics.prefix)):
        await until_outbox_is_empty(pool)
    records = [record for _, record in await read_topics(topics.bootstrap, [REVIEW], topics.prefix)]
    archived = await pool.fetchval("select count(*) from event_outbox_archive")
    violations = order_violations(records)
    show(sent=1201, records=len(records), archived=archived, duplicates=duplicates(records), violations=violations)
    assert (len(records), archived, duplicates(records), violations) == (1201, 1201, 0, 0)
    (published,) = [record for record in records if header(record, "ce_id") == str(first.id)]
    expected = to_record(first)
    assert (published.key, published.value, list(published.headers)) == (
        expected.key,
        expected.value,
        expected.headers,
    )


async def test_a_large_record_and_a_raw_record_pass_among_small_ones(
    url: str, pool: Pool, topics: PreparedTopics
) -> None:
    letters = dead_letter_topic("review")
    headers = [("ce_id", b"\xff"), ("dlq-error-class", b"contract")]
    large = an_event(an_application_received(reason="a" * 880_000))
    await append_many(pool, 50)
    async with transaction(pool) as db:
        await append_events(db, [large])
        await append_raw_record(db, letters, b"\xff\x00", None, headers, new_uuid7(), NOW)
        await append_raw_record(db, letters, None, b"v", [], new_uuid7(), NOW)
    await append_many(pool, 50)
    async with running(a_relay(url, topics.bootstrap, topics.prefix)):
        await until_outbox_is_empty(pool)
    read = await read_topics(topics.bootstrap, [APPLICATION, REVIEW, letters], topics.prefix)
    copies = {(r.key, r.value, tuple(r.headers)) for topic, r in read if topic == letters}
    assert copies == {(b"\xff\x00", None, tuple(headers)), (None, b"v", ())}
    assert [len(r.value) > 880_000 for topic, r in read if topic == APPLICATION] == [True]
    assert len([r for topic, r in read if topic == REVIEW]) == 100


async def test_one_of_two_relays_leads_and_the_other_takes_over(url: str, pool: Pool, topics: PreparedTopics) -> None:
    one, two = (a_relay(url, topics.bootstrap, topics.prefix) for _ in range(2))
    async with running(one, two):
        await until(lambda: one.is_leader or two.is_leader)
        await append_many(pool, 500)
        await until_outbox_is_empty(pool)
        assert one.is_leader != two.is_leader
        leader, other = (one, two) if one.is_leader else (two, one)
        await leader.stop()
        await until(lambda: other.is_leader)
        await append_many(pool, 500)
        await until_outbox_is_empty(pool)
    records = [record for _, record in await read_topics(topics.bootstrap, [REVIEW], topics.prefix)]
    show(sent=1000, records=len(records), duplicates=duplicates(records), violations=order_violations(records))
    assert (len(records), order_violations(records)) == (1000, 0)


async def test_a_leader_whose_connection_is_cut_is_followed_by_another(
    url: str, pool: Pool, topics: PreparedTopics
) -> None:
    one, two = (a_relay(url, topics.bootstrap, topics.prefix) for _ in range(2))
    async with running(one, two):
        await until(lambda: one.is_leader or two.is_leader)
        for _ in range(3):
            await append_many(pool, 700)
            await pool.fetch(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
                " and application_name = 'nss-review-relay'"
            )
        await until_outbox_is_empty(pool)
    records = [record for _, record in await read_topics(topics.bootstrap, [REVIEW], topics.prefix)]
    show(sent=2100, effects=len(records) - duplicates(records), duplicates=duplicates(records))
    assert len(records) - duplicates(records) == 2100
    assert order_violations(records) == 0


async def test_a_leader_killed_between_send_and_delete_leaves_only_duplicates(
    url: str, pool: Pool, topics: PreparedTopics
) -> None:
    await append_many(pool, 800)
    environment = environment_for(url, topics.bootstrap, topics.prefix)
    killed = start_python(
        "tests.component.runtime.relay_process",
        environment=environment | {"NSS_FAILPOINT": "relay.after-send-before-delete"},
    )
    try:
        await asyncio.to_thread(killed.communicate, None, 90)
    finally:
        killed.kill()
    assert killed.returncode == -signal.SIGKILL
    assert await pool.fetchval("select count(*) from event_outbox") == 800
    async with running(a_relay(url, topics.bootstrap, topics.prefix)):
        await append_many(pool, 200)
        await until_outbox_is_empty(pool)
    records = [record for _, record in await read_topics(topics.bootstrap, [REVIEW], topics.prefix)]
    effects = len(records) - duplicates(records)
    show(sent=1000, effects=effects, duplicates=duplicates(records), violations=order_violations(records))
    assert (effects, order_violations(records)) == (1000, 0)
    assert duplicates(records) == 500


async def test_a_row_that_commits_late_is_published_although_later_rows_went_first(
    url: str, pool: Pool, topics: PreparedTopics
) -> None:
    async with running(a_relay(url, topics.bootstrap, topics.prefix)):
        async with pool.acquire() as slow, slow.transaction():
            await append_events(slow, [opened("189999A")])
            await append_many(pool, 300)
            await until_outbox_is_empty(pool)
        await until_outbox_is_empty(pool)
    records = [record for _, record in await read_topics(topics.bootstrap, [REVIEW], topics.prefix)]
    assert first_sequences(records)["189999A"] == [1]
    assert len(records) == 301


async def test_with_a_broker_that_does_not_answer_events_wait_and_a_stop_is_still_quick(
    url: str, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.runtime.kafka.CONNECT_SECONDS", 60)
    asked = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as silent:
        relay = a_relay(url, f"127.0.0.1:{silent.sockets[0].getsockname()[1]}", "")
        relay.start()
        await append_many(pool, 10)
        await asked.wait()
        began = time.monotonic()
        await relay.stop()
    show(stop_seconds=round(time.monotonic() - began, 2))
    assert time.monotonic() - began < LONGEST_STOP_SECONDS
    assert await pool.fetchval("select count(*) from event_outbox") == 10


async def test_with_no_broker_the_relay_says_how_long_it_fails(url: str, pool: Pool) -> None:
    relay = a_relay(url, UNUSED_PORT, "")
    async with running(relay):
        await append_many(pool, 10)
        await until(lambda: relay.failing_seconds() > 0.5)
    assert await pool.fetchval("select count(*) from event_outbox") == 10


async def test_the_database_away_and_back_is_survived(
    url: str, pool: Pool, topics: PreparedTopics, postgres_dsn: str
) -> None:
    relay = a_relay(url, topics.bootstrap, topics.prefix)
    async with running(relay):
        await until(lambda: relay.is_leader)
        name = await pool.fetchval("select current_database()")
        admin = await asyncpg.connect(postgres_dsn)
        try:
            await admin.execute(f'alter database "{name}" allow_connections false')
            await admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name)
            await until(lambda: not relay.is_leader)
            await admin.execute(f'alter database "{name}" allow_connections true')
        finally:
            await admin.close()
        await until(lambda: relay.is_leader)
        await append_many(pool, 100)
        await until_outbox_is_empty(pool)
        assert relay.failing_seconds() == 0


async def test_depth_age_and_leadership_are_measured(url: str, pool: Pool, topics: PreparedTopics) -> None:
    await append_many(pool, 30)
    relay = a_relay(url, topics.bootstrap, topics.prefix)
    async with running(relay):
        await until(lambda: relay.is_leader)
        await until_outbox_is_empty(pool)
        assert REGISTRY.get_sample_value("nss_relay_leader", {"service": "review"}) == 1
        assert REGISTRY.get_sample_value("nss_outbox_depth", {"service": "review"}) == 30
        age = REGISTRY.get_sample_value("nss_outbox_oldest_seconds", {"service": "review"})
        assert age is not None
        assert age > 0
    assert REGISTRY.get_sample_value("nss_relay_leader", {"service": "review"}) == 0


async def test_a_lost_topic_comes_back_from_the_archive(url: str, pool: Pool, topics: PreparedTopics) -> None:
    await append_many(pool, 200)
    async with running(a_relay(url, topics.bootstrap, topics.prefix)):
        await until_outbox_is_empty(pool)
        async with transaction(pool) as db:
            assert await republish(db, REVIEW, NOW) == 200
        await until_outbox_is_empty(pool)
        async with transaction(pool) as db:
            assert await republish(db, REVIEW, NOW) == 200
        await until_outbox_is_empty(pool)
    records = [record for _, record in await read_topics(topics.bootstrap, [REVIEW], topics.prefix)]
    assert (len(records), duplicates(records), order_violations(records)) == (600, 400, 0)


async def test_archive_partitions_are_made_ahead_filled_and_dropped(
    url: str, pool: Pool, topics: PreparedTopics
) -> None:
    today = SystemClock().now().date()
    await append_many(pool, 10)
    async with running(a_relay(url, topics.bootstrap, topics.prefix)):
        await until_outbox_is_empty(pool)
        assert await pool.fetchval("select count(*) from event_outbox_archive_default") == 10
        assert await roll_archive(pool, today) == 4
        assert await pool.fetchval("select count(*) from event_outbox_archive_default") == 0
        assert await pool.fetchval("select count(*) from event_outbox_archive") == 10
        await append_many(pool, 10)
        await until_outbox_is_empty(pool)
    assert await pool.fetchval("select count(*) from event_outbox_archive_default") == 0
    assert await roll_archive(pool, today) == 0
    assert await roll_archive(pool, today + timedelta(days=365)) == 8
    assert await pool.fetchval("select count(*) from event_outbox_archive") == 0
