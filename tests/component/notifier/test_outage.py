"""The mail server is away for hours while applications come in: none is delayed, nothing piles up, all is delivered."""

import json
import time

import pytest

from services.notifier.mailer import PoolLimits, SmtpMailer, SmtpServer
from tests.component.notifier.bench import ADMINISTRATOR, CONTACT, Bench
from tests.component.notifier.scripted_smtp import fail_at

HOURS = 6


@pytest.mark.parametrize("applications", [50, pytest.param(500, marks=pytest.mark.full)])
async def test_every_mail_of_a_six_hour_outage_is_delivered_once(
    bench: Bench, applications: int, capsys: pytest.CaptureFixture[str]
) -> None:
    closed = SmtpMailer(SmtpServer("127.0.0.1", 1, timeout_seconds=1.0), PoolLimits(), (0.0, 0.0))
    out = bench.with_delivery(mailer=closed)
    slowest, per_hour = 0.0, applications // HOURS + 1
    for hour in range(HOURS):
        began = time.monotonic()
        await out.apply(min(per_hour, applications - hour * per_hour), first=1 + hour * per_hour)
        slowest = max(slowest, time.monotonic() - began)
        for _ in range(60):
            await out.deliver()
            out.clock.advance(minutes=1)
    waiting = await bench.counted("queued")
    attempts = await bench.pool.fetchval("select max(attempts) from mails")
    deferred = len(await bench.published())
    while await bench.deliver():
        pass

    with capsys.disabled():
        figures = {"mails": 2 * applications, "waiting": waiting, "deferred_events": deferred,
                   "arrived": len(bench.smtp.accepted), "slowest_queueing_seconds": round(slowest, 2)}  # fmt: skip
        print(f"\n  outage of {HOURS} h: {json.dumps(figures)}")  # noqa: T201  the figures of the proof
    assert (waiting, attempts) == (2 * applications, 0)
    assert deferred <= bench.delivery.batch_size
    arrived = bench.arrived()
    assert set(arrived.values()) == {1}
    assert sum(who == CONTACT for who, _ in arrived) == sum(who == ADMINISTRATOR for who, _ in arrived) == applications
    assert await bench.counted("sent") == 2 * applications


async def test_looking_for_work_in_a_day_of_outage_writes_nothing_more(bench: Bench) -> None:
    closed = SmtpMailer(SmtpServer("127.0.0.1", 1, timeout_seconds=1.0), PoolLimits(), (0.0, 0.0))
    out = bench.with_delivery(mailer=closed)
    await out.apply(30)
    await out.deliver()
    before = await _written(bench)
    for _ in range(24 * 60):
        assert await out.deliver() == 0
        out.clock.advance(minutes=1)

    assert await _written(bench) == before
    assert await bench.counted("queued") == 60


async def test_mail_server_is_asked_less_and_less_while_it_is_away(bench: Bench) -> None:
    resting = SmtpMailer(SmtpServer("127.0.0.1", bench.smtp.port), PoolLimits())
    bench.smtp.answer = fail_at("greeting", "421 away")
    out = bench.with_delivery(mailer=resting)
    await out.apply(5)
    for _ in range(50):
        await out.deliver()

    assert bench.smtp.connections == 1


async def _written(bench: Bench) -> list[tuple[object, ...]]:
    """The newest version of every row, by the transaction that wrote it."""
    rows = await bench.pool.fetch(
        "select xmin::text, mail_id from mails union all select xmin::text, seq from event_outbox order by 1, 2"
    )
    return [tuple(row) for row in rows]
