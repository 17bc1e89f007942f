"""What operators ask every service about its events: pages of held ones without payload, the outbox, republishing."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from shared.contracts.golden import golden_example
from shared.runtime.database import Pool, transaction
from shared.runtime.event_outbox import append_events
from shared.runtime.ids import new_uuid7
from shared.runtime.operate import operate_routes
from shared.runtime.operate_events import EventOperations
from shared.runtime.outbox_archive import archive_published
from shared.runtime.processed_events import claim_events
from shared.runtime.staff_tokens import StaffIdentity, sign_staff_token
from tests.builders import NOW, FixedClock
from tests.component.runtime.outbox_parts import opened
from tests.component.runtime.staff_keys import key_pair

RECEIVED = golden_example("nss.application.received.v1", "one_mailbox")
INSERT = """
insert into held_events (subject, topic, source, event_id, event_type, reason, awaited_subject, record_key,
    record_value, record_headers, record_partition, record_offset, error_class, error_code, attempts, held_at)
values ($1, 'nss.application.v1', '/nss/intake', gen_random_uuid(), $2, $3, $4, 'NAC001', $5, '[]', 0, 0, $6, $7, 3, $8)
"""


@pytest.fixture
async def client(pool: Pool, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """An operator's client of review."""
    clock, private = FixedClock(NOW), key_pair(tmp_path, "staff")
    operations = EventOperations("review", pool, clock, frozenset({RECEIVED.event_type}))
    app = Starlette(routes=[operate_routes(operations.routes(), tmp_path / "public", clock)])
    token = sign_staff_token(StaffIdentity("operator-01", ("operator",)), private, clock.now())
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url="http://review/operate/v1/",
        headers={"Authorization": f"Bearer {token}"},
    ) as client:  # fmt: skip
        yield client


async def hold(pool: Pool, subject: str, reason: str, *, code: str | None = None, minutes: int = 0) -> None:
    await pool.execute(
        INSERT, subject, RECEIVED.event_type, reason, "NAC001" if reason == "waiting" else None, RECEIVED.record.value,
        "contract" if code else None, code, NOW - timedelta(minutes=minutes),
    )  # fmt: skip


async def held(client: httpx2.AsyncClient, **query: Any) -> Any:
    answer = await client.get("held", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_held_events_are_listed_with_their_cause_and_without_a_payload(
    client: httpx2.AsyncClient, pool: Pool
) -> None:
    await hold(pool, "260001A", "dead", code="invalid-data")
    await hold(pool, "260002A", "waiting")
    answer = await client.get("held")
    dead, waiting = answer.json()["held"]
    assert (dead["subject"], dead["error_code"], dead["attempts"]) == ("260001A", "invalid-data", 3)
    assert (waiting["reason"], waiting["awaited_subject"]) == ("waiting", "NAC001")
    assert answer.headers["cache-control"] == "no-store"
    assert RECEIVED.data["contact"]["email"] not in answer.text
    assert RECEIVED.data["company_name"] not in answer.text


@pytest.mark.parametrize(
    ("query", "subjects"),
    [
        ({"reason": "dead"}, ["260001A", "260003A"]),
        ({"subject": "260002A"}, ["260002A"]),
        ({"code": "bad-json"}, ["260003A"]),
        ({"type": "application.received"}, ["260001A", "260002A", "260003A"]),
        ({"type": "mail"}, []),
        ({"held_before": (NOW - timedelta(minutes=5)).isoformat()}, ["260003A"]),
        ({"held_since": (NOW - timedelta(minutes=5)).isoformat()}, ["260001A", "260002A"]),
        ({"held_since": (NOW - timedelta(minutes=10)).isoformat(), "reason": "dead"}, ["260001A", "260003A"]),
    ],
)
async def test_they_are_chosen_by_cause_number_type_and_time(
    client: httpx2.AsyncClient, pool: Pool, query: dict[str, str], subjects: list[str]
) -> None:
    await hold(pool, "260001A", "dead", code="invalid-data")
    await hold(pool, "260002A", "waiting")
    await hold(pool, "260003A", "dead", code="bad-json", minutes=10)
    assert [row["subject"] for row in (await held(client, **query))["held"]] == subjects


async def test_pages_follow_one_another_without_gap_or_repeat(client: httpx2.AsyncClient, pool: Pool) -> None:
    for number in range(7):
        await hold(pool, f"26000{number}A", "dead", code="x")
    seen, after = [], 0
    while True:
        page = await held(client, limit=3, after=after)
        seen += [row["subject"] for row in page["held"]]
        if "next" not in page:
            break
        after = page["next"]
    assert seen == [f"26000{number}A" for number in range(7)]


@pytest.mark.parametrize(
    "query", ["after=x", "limit=many", "held_before=yesterday", "held_since=1h", "held_before=2026-01-01T00:00:00"]
)
async def test_a_query_that_means_nothing_is_refused(client: httpx2.AsyncClient, query: str) -> None:
    answer = await client.get(f"held?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_query")


async def test_the_outbox_tells_its_depth_and_age(client: httpx2.AsyncClient, pool: Pool) -> None:
    assert (await client.get("outbox")).json() == {"service": "review", "waiting": 0, "oldest_seconds": 0.0}
    async with transaction(pool) as db:
        await append_events(db, [opened("260001A"), opened("260002A")])
    await pool.execute("update event_outbox set created_at = $1", NOW - timedelta(seconds=90))
    assert (await client.get("outbox")).json() == {"service": "review", "waiting": 2, "oldest_seconds": 90.0}


async def test_a_lost_topic_is_put_back_into_the_outbox_after_a_dry_run(client: httpx2.AsyncClient, pool: Pool) -> None:
    async with transaction(pool) as db:
        await append_events(db, [opened("260001A"), opened("260002A")])
        rows = await db.fetch("select seq, id, payload from event_outbox order by seq")
        await archive_published(db, [row["seq"] for row in rows], NOW.date())
    wanted = {"topic": "nss.review.v1", "since": (NOW - timedelta(days=30)).isoformat(), "reason": "topic lost"}
    count = "select count(*) from event_outbox"
    dry = await client.post("outbox/republish", json={**wanted, "dry_run": True})
    assert (dry.json()["events"], await pool.fetchval(count)) == (2, 0)
    done = await client.post("outbox/republish", json=wanted)
    assert (done.json()["events"], await pool.fetchval(count)) == (2, 2)
    again = await pool.fetch("select id, payload from event_outbox order by seq")
    assert [tuple(row) for row in again] == [(row["id"], row["payload"]) for row in rows]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"topic": "nss.mailbox.v1"}, "not_our_topic"),
        ({"topic": "nss.unheard-of.v1"}, "not_our_topic"),
        ({"reason": " "}, "reason_missing"),
        ({"since": "2026-01-01"}, "invalid_request"),
        ({"since": None}, "invalid_request"),
    ],
)
async def test_republishing_needs_our_topic_an_instant_and_a_reason(
    client: httpx2.AsyncClient, change: dict[str, Any], code: str
) -> None:
    wanted = {"topic": "nss.review.v1", "since": NOW.isoformat(), "reason": "topic lost", **change}
    answer = await client.post("outbox/republish", json=wanted)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_of_events_that_may_be_read_again_those_are_named_that_would_be_handled_as_new(
    client: httpx2.AsyncClient, pool: Pool
) -> None:
    known, forgotten = new_uuid7(), new_uuid7()
    async with transaction(pool) as db:
        await claim_events(db, [("/nss/intake", known)], ["nss.application.v1"], NOW)
    asked = [
        {"source": "/nss/intake", "id": str(known), "type": RECEIVED.event_type},
        {"source": "/nss/intake", "id": str(forgotten), "type": RECEIVED.event_type},
        {"source": "/nss/intake", "id": str(new_uuid7()), "type": "nss.mail.sent.v1"},
        {"source": None, "id": None, "type": None},
    ]
    answer = await client.post("events/unhandled", json={"events": asked})
    assert answer.json() == {"unhandled": [str(forgotten)]}
    assert (await client.post("events/unhandled", json={"events": asked * 251})).status_code == 422
    assert (await client.post("events/unhandled", json={})).status_code == 422
