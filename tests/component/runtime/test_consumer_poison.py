"""Poison of every kind among good neighbours: it ends in the dead letters, they do not even wait a second."""

import base64
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from shared.contracts.envelope import encode_data, to_headers, to_record
from shared.contracts.topics import APPLICATION, CONTRACT, MAIL, MAX_RECORD_BYTES
from shared.runtime.ids import new_uuid7
from tests.builders import an_event, mail_sent
from tests.component.runtime.conftest import RoadWorld
from tests.component.runtime.events import applications_of, contract_of, receipt
from tests.component.runtime.outbox_parts import until

LETTERS = "select error_code from held_events where reason = 'dead' order by error_code"


async def test_poison_of_every_kind_dies_alone_among_good_neighbours(world: RoadWorld) -> None:
    await allow_large_records(world)
    neighbours = [applications_of(f"NAC{office:03d}", 30) for office in range(10)]
    await world.send(*[contract_of(f"NAC{office:03d}") for office in range(10)])
    async with world.replica() as replica:
        await world.until_effects(10)
        for number, neighbour in enumerate(neighbours):
            await world.send(*neighbour)
            await send_poison(world, number)
        await world.until_effects(10 + 300)
        await world.until("select count(*) from held_events", 8)
        codes = [row["error_code"] for row in await world.db.fetch(LETTERS)]
        assert codes == sorted(
            ["missing-id", "malformed-subject", "null-value", "bad-json", "invalid-data", "wrong-topic", "bad-json"]
        )
        assert await world.value("select count(*) from held_events where reason = 'future'") == 1
        await until(lambda: replica.consumer.counts.skipped == 2)
        assert replica.consumer.ready
        report = await world.print_report(sent=320, skipped=replica.consumer.counts.skipped)
    assert report["order violations"] == 0
    assert await world.value("select count(*) from event_outbox where type = 'dead-letter'") == 7
    await check_copies(world)


async def send_poison(world: RoadWorld, number: int) -> None:
    """Ten kinds, one per call, on a subject of their own."""
    good = an_event(mail_sent(receipt_number=f"9900{number:02d}Z"), event_id=new_uuid7())
    key, value, headers = b"NAC001", encode_data(good.data), to_headers(good)
    kinds: list[tuple[bytes | None, list[tuple[str, Any]]]] = [
        (value, replaced(headers, ce_id=None)),
        (value, replaced(headers, ce_subject=b"\xff\xfe")),
        (None, headers),
        (b"{not json \xff", headers),
        (b'{"receipt_number":"260001A","mail":"M1"}', headers),
        (value, replaced(headers, ce_type=b"nss.application.received.v1")),
        (value, replaced(headers, ce_type=b"nss.mail.imagined.v1")),
        (value, replaced(headers, ce_type=b"nss.mail.sent.v2")),
        (b"x" * 2_000_000, headers),
        (value, replaced(headers, ce_type=b"nss.mail.imagined.v1", reply_to=world.prefix.encode() + b"nss.mail.v1")),
    ]
    await world.send_raw(MAIL, key, *kinds[number])


def replaced(headers: list[tuple[str, bytes]], **changes: bytes | None) -> list[tuple[str, Any]]:
    """The headers with some of them replaced, added, or left out (None)."""
    kept = [(name, raw) for name, raw in headers if name not in changes]
    return kept + [(name, raw) for name, raw in changes.items() if raw is not None]


async def check_copies(world: RoadWorld) -> None:
    rows = await world.db.fetch(
        "select id, topic, payload, extra_headers::text from event_outbox where type = 'dead-letter'"
    )
    assert {row["topic"] for row in rows} == {"nss.review.dead-letter.v1"}
    assert max(len(row["payload"] or b"") for row in rows) < MAX_RECORD_BYTES
    truncated = [row for row in rows if "dlq-truncated" in row["extra_headers"]]
    assert len(truncated) == 1
    assert base64.b64encode(b"2000000").decode() in truncated[0]["extra_headers"]
    whole = await world.value("select max(length(record_value)) from held_events")
    assert whole == 2_000_000, "the queue keeps the whole record"
    bad_subject = await world.value(
        "select record_headers::text from held_events where error_code = 'malformed-subject'"
    )
    assert base64.b64encode(b"\xff\xfe").decode() in bad_subject


async def test_a_reply_to_header_produces_nothing(world: RoadWorld) -> None:
    mail = an_event(mail_sent(), event_id=new_uuid7())
    record = to_record(mail, world.prefix)
    reply_to = [*record.headers, ("reply_to", f"{world.prefix}{APPLICATION.name}".encode())]
    async with world.replica() as replica:
        await world.send_raw(MAIL, record.key, record.value, reply_to)
        await world.until_effects(1)
        await world.send(contract_of("NAC001"))
        await world.until_effects(2)
        assert replica.consumer.counts.received == 2


async def test_an_exception_text_reaches_neither_letter_nor_queue(world: RoadWorld) -> None:
    mail = an_event(mail_sent(), event_id=new_uuid7())
    await world.poison(mail.id)
    async with world.replica():
        await world.send(mail)
        await world.until("select count(*) from held_events where reason = 'dead'", 1)
    assert await world.value("select error_class || ' ' || error_code || ' ' || attempts from held_events") == (
        "workflow PoisonFound 3"
    )
    found = await world.value(
        "select string_agg(o::text, '') || string_agg(h::text, '') from event_outbox o, held_events h"
    )
    assert "secret text" not in found
    assert base64.b64encode(b"secret text")[:12].decode() not in found
    await world.print_report(sent=1)


async def test_a_tombstone_is_counted_and_replaces_a_dead_version(world: RoadWorld) -> None:
    broken = to_record(contract_of("NAC001"), world.prefix)
    async with world.replica() as replica:
        await world.send_raw(CONTRACT, broken.key, b"[]", broken.headers)
        await world.until("select count(*) from held_events where reason = 'dead'", 1)
        await world.send_raw(CONTRACT, b"NAC001", None)
        await world.until("select count(*) from held_events", 0)
        assert await world.value("select count(*) from processed_events where status = 'done'") == 2
        await until(lambda: replica.consumer.counts.skipped == 1)


async def test_a_newer_version_replaces_a_dead_one(world: RoadWorld) -> None:
    first, second = contract_of("NAC001"), contract_of("NAC001", 2)
    await world.poison(first.id)
    async with world.replica():
        await world.send(first)
        await world.until("select count(*) from held_events where reason = 'dead'", 1)
        await world.send(second)
        await world.until("select version from road_contracts", 2)
    assert await world.value("select count(*) from held_events") == 0
    await world.print_report(sent=2)


async def test_a_record_without_a_readable_subject_holds_nobody_back(world: RoadWorld) -> None:
    good = an_event(mail_sent(receipt_number=receipt("NAC001", 1)), event_id=new_uuid7())
    async with world.replica():
        await world.send_raw(MAIL, b"NAC001", b"{}", [])
        await world.send_raw(MAIL, b"NAC001", b"{}", [])
        await world.send(good)
        await world.until_effects(1)
        await world.until("select count(distinct subject) from held_events where reason = 'dead'", 2)


async def allow_large_records(world: RoadWorld) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=world.bootstrap)
    await admin.start()
    resource = ConfigResource(
        ConfigResourceType.TOPIC, MAIL.name_with(world.prefix), configs={"max.message.bytes": "3000000"}
    )
    await admin.alter_configs([resource])
    await admin.close()
