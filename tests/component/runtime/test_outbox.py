"""The outbox on a real PostgreSQL: numbers per subject, exact columns, and what is refused."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import asyncpg
import pytest
from starlette.types import Receive, Scope, Send

from shared.contracts.envelope import to_record
from shared.contracts.operation_events import LetterReplayed
from shared.contracts.topics import APPLICATION, MAX_RECORD_BYTES, dead_letter_topic
from shared.runtime.database import Pool, open_pool, transaction
from shared.runtime.event_outbox import EventTooLarge, append_events, append_raw_record
from shared.runtime.event_relay import record_of
from shared.runtime.ids import new_uuid7
from shared.runtime.web.tracing import Tracing
from tests.builders import NOW, an_application_received, an_event
from tests.component.runtime.outbox_parts import opened, show
from tests.conftest import CreateDatabase

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
async def pool(service_database: CreateDatabase) -> AsyncIterator[Pool]:
    """A pool on a fresh database of review."""
    opened_pool = await open_pool(await service_database("review"), application_name="test", max_size=24)
    yield opened_pool
    await opened_pool.close()


async def only_row(pool: Pool) -> asyncpg.Record:
    """The outbox's one row."""
    (row,) = await pool.fetch("select * from event_outbox")
    return row


async def test_an_outbox_row_becomes_exactly_the_record_of_its_event(pool: Pool) -> None:
    event = replace(opened("180012A"), causation_id=new_uuid7(), traceparent=TRACE, source="/nss/review", sequence=1)
    async with transaction(pool) as db:
        await append_events(db, [event])
    assert record_of(await only_row(pool), "x.") == to_record(event, "x.")


async def test_source_is_the_producer_and_the_service_for_letters(pool: Pool) -> None:
    letter = LetterReplayed(operator="op", reason="r", service="review", event_id=new_uuid7(), event_type="t")
    async with transaction(pool) as db:
        await append_events(
            db,
            [
                an_event(an_application_received(), source=""),
                opened("180013A"),
                an_event(letter, key="op", source=""),
            ],
        )
    rows = await pool.fetch("select source from event_outbox order by seq")
    assert [row["source"] for row in rows] == ["/nss/intake", "/nss/review", "/nss/review"]


async def test_events_of_a_request_carry_its_trace(pool: Pool) -> None:
    async def page(_scope: Scope, _receive: Receive, _send: Send) -> None:
        async with transaction(pool) as db:
            await append_events(db, [opened("180012A")])

    async def nothing(*_: object) -> Any:
        return None

    request = {"type": "http", "headers": [(b"traceparent", TRACE.encode())]}
    await Tracing(page)(request, nothing, nothing)
    await page(request, nothing, nothing)
    ours, none = [row["traceparent"] for row in await pool.fetch("select traceparent from event_outbox order by seq")]
    assert ours.split("-")[1] == TRACE.split("-")[1]
    assert none is None


async def test_twenty_writers_on_shared_subjects_get_consecutive_numbers_in_commit_order(pool: Pool) -> None:
    writers, rounds, subjects = 20, 10, ["180001A", "180002A", "180003A"]

    async def write(writer: int) -> None:
        for turn in range(rounds):
            # Every writer names the subjects in another order: sorted locking must keep them from deadlocking.
            turned = subjects[(writer + turn) % 3 :] + subjects[: (writer + turn) % 3]
            async with transaction(pool) as db:
                await append_events(db, [opened(subject) for subject in [*turned, turned[0]]])
                await asyncio.sleep(0.001)

    await asyncio.gather(*(write(writer) for writer in range(writers)))
    rows = await pool.fetch("select subject, sequence from event_outbox order by seq")
    sent = writers * rounds * 4
    violations = 0
    for subject in subjects:
        numbers = [int(row["sequence"]) for row in rows if row["subject"] == subject]
        violations += numbers != list(range(1, len(numbers) + 1))
    show(sent=sent, rows=len(rows), order_violations=violations)
    assert (len(rows), violations) == (sent, 0)


async def test_a_rolled_back_transaction_leaves_no_gap(pool: Pool) -> None:
    async with pool.acquire() as connection:
        undone = connection.transaction()
        await undone.start()
        await append_events(connection, [opened("180012A")])
        await undone.rollback()
    async with transaction(pool) as db:
        await append_events(db, [opened("180012A"), opened("180012A")])
    rows = await pool.fetch("select sequence from event_outbox order by seq")
    assert [row["sequence"] for row in rows] == ["0000000001", "0000000002"]


async def test_an_oversized_event_is_refused_and_nothing_is_written(pool: Pool) -> None:
    too_large = an_event(an_application_received(reason="申" * (MAX_RECORD_BYTES // 3)))
    async with transaction(pool) as db:
        with pytest.raises(EventTooLarge, match=r"nss\.application\.received\.v1 takes \d+ bytes"):
            await append_events(db, [opened("180012A"), too_large])
    assert await pool.fetchval("select count(*) from event_outbox") == 0
    assert await pool.fetchval("select count(*) from event_sequences") == 0


async def test_a_large_event_below_the_limit_is_accepted(pool: Pool) -> None:
    async with transaction(pool) as db:
        await append_events(db, [an_event(an_application_received(reason="a" * (MAX_RECORD_BYTES - 4096)))])
    assert await pool.fetchval("select count(*) from event_outbox") == 1


@pytest.mark.parametrize("key", [b"NAC001", b"\xff\x00\xfe", b"", None])
async def test_a_raw_record_keeps_its_bytes(pool: Pool, key: bytes | None) -> None:
    headers = [("ce_id", b"\xff\xfe"), ("ce_id", b"again"), ("名", "値".encode())]
    async with transaction(pool) as db:
        await append_raw_record(db, dead_letter_topic("review"), key, b"\x00\xff", headers, new_uuid7(), NOW)
    record = record_of(await only_row(pool))
    assert record.topic == "nss.review.dead-letter.v1"
    assert (record.key, record.value, record.headers) == (key, b"\x00\xff", headers)
    assert await pool.fetchval("select count(*) from event_sequences") == 0


async def test_an_oversized_raw_record_is_refused(pool: Pool) -> None:
    with pytest.raises(EventTooLarge):
        async with transaction(pool) as db:
            await append_raw_record(db, APPLICATION, b"k", b"x" * MAX_RECORD_BYTES, [], new_uuid7(), NOW)


async def test_any_number_of_events_takes_one_statement(pool: Pool) -> None:
    statements: list[str] = []
    async with pool.acquire() as db:
        db.add_query_logger(lambda query: statements.append(query.query))
        await append_events(db, [opened(f"18{number:04d}A") for number in range(300)])
        await append_events(db, [])
    assert len([statement for statement in statements if "insert into" in statement]) == 1
