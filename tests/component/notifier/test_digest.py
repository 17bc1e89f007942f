"""The Center's desk hears of undelivered mails: once per cause and day, codes only."""

import base64
from email import message_from_bytes

import pytest

from services.notifier import workflows
from services.notifier.workflows import DigestDesk
from tests.component.notifier.bench import Bench
from tests.component.notifier.scripted_smtp import DROP, fail_at

DESK = "desk@center.example"


@pytest.fixture
def desk(bench: Bench) -> DigestDesk:
    """Of the Center."""
    return DigestDesk(bench.delivery, DESK, "nss@naccs.example", "http://127.0.0.1:8002")


def digests(bench: Bench) -> list[str]:
    """Texts that reached the desk."""
    return [bench.text_of(content) for recipient, content in bench.smtp.accepted if recipient == DESK]


async def look(desk: DigestDesk) -> int:
    """One round of both jobs."""
    queued = await workflows.queue_digests(desk)
    await workflows.send_digests(desk)
    return queued


async def fail(bench: Bench, count: int, first: int = 1) -> None:
    """Applications whose mails are refused for good."""
    await bench.apply(count, first=first)
    bench.smtp.answer = fail_at("RCPT", "550 never")
    while await bench.deliver():
        pass
    bench.smtp.answer = lambda _said: None
    bench.clock.advance(minutes=6)


async def test_nothing_undelivered_is_nothing_to_tell(bench: Bench, desk: DigestDesk) -> None:
    await bench.apply(3)
    await bench.deliver()
    bench.clock.advance(days=2)

    assert await look(desk) == 0


async def test_a_cause_is_told_once_a_day_and_the_rest_the_next_day(bench: Bench, desk: DigestDesk) -> None:
    await fail(bench, 3)
    assert await look(desk) == 1
    await fail(bench, 2, first=4)
    assert [await look(desk) for _ in range(5)] == [0] * 5
    bench.clock.advance(days=1)
    assert [await look(desk) for _ in range(5)] == [1, 0, 0, 0, 0]
    bench.clock.advance(days=1)
    assert await look(desk) == 0

    first, second = digests(bench)
    assert [first.count("180001A"), first.count("180004A"), first.count("550")] == [2, 0, 6]
    assert [second.count("180001A"), second.count("180004A"), second.count("550")] == [0, 2, 4]


async def test_digest_holds_codes_and_no_person(bench: Bench, desk: DigestDesk) -> None:
    await fail(bench, 1)
    await look(desk)
    [text] = digests(bench)
    subject = message_from_bytes(bench.smtp.copies()[-1])["Subject"]

    assert "NAC001" in text
    assert not [word for word in ("naccs.example", "花子", "太郎", "ナックス") if word in text]
    assert base64.b64encode("【NSS】".encode())[:8].decode() in subject


async def test_long_outage_is_told_once_a_day_when_the_mail_server_is_back(bench: Bench, desk: DigestDesk) -> None:
    await bench.apply(2)
    bench.smtp.answer = fail_at("MAIL", DROP)
    for _ in range(26):
        bench.clock.advance(hours=1)
        await bench.pool.execute("update mails set due_at = $1", bench.clock.now())
        await look(desk)
    bench.smtp.answer = lambda _said: None
    bench.clock.advance(hours=1)
    await look(desk)

    told = digests(bench)
    assert 1 <= len(told) <= 2
    assert all("送信待ちのまま1時間を過ぎている" in text for text in told)


async def test_replicas_queue_one_digest(bench: Bench, desk: DigestDesk) -> None:
    await fail(bench, 1)

    assert [await workflows.queue_digests(desk), await workflows.queue_digests(desk)] == [1, 0]
