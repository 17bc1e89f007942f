"""What operators see of the mails: totals as fates are told, ages and counts as the database has them."""

from collections.abc import Mapping

import pytest

from services.notifier import workflows
from shared.runtime import metrics
from shared.runtime.database import transaction
from tests.component.notifier.bench import CONTACT, Bench, application
from tests.component.notifier.scripted_smtp import fail_at
from tests.scraped import families_of

NAMES = ("waiting", "oldest_due_seconds", "suppressed_addresses", "archive_oldest_seconds")


def shown() -> Mapping[str, float]:
    """Every sample of notifier's mails, by name and labels."""
    text = metrics.render_metrics("notifier", "worker")[0].decode()
    lines = (line.rpartition(" ") for line in text.splitlines() if line.startswith(("nss_mail_", "nss_mails_")))
    return {name: float(value) for name, _, value in lines}


async def gauges(bench: Bench) -> list[float]:
    await workflows.measure_mails(bench.pool, bench.clock)
    found = shown()
    prefixes = ("nss_mails_", "nss_mail_", "nss_mail_", "nss_mail_")
    return [found[f'{prefix}{name}{{service="notifier"}}'] for prefix, name in zip(prefixes, NAMES, strict=True)]


async def test_waiting_mails_their_age_and_the_kept_texts_are_shown(bench: Bench) -> None:
    assert await gauges(bench) == [0, 0, 0, 0]

    await bench.handle(application())
    bench.clock.advance(minutes=5)
    assert await gauges(bench) == [2, 300, 0, 0]

    await bench.deliver()
    bench.clock.advance(minutes=1)
    assert await gauges(bench) == [0, 0, 0, 60]


async def test_suppressed_address_is_shown_until_it_is_released(bench: Bench) -> None:
    bench.smtp.answer = lambda said: "550 5.1.1 unknown" if CONTACT in said else None
    await bench.handle(application())
    await bench.deliver()
    assert (await gauges(bench))[2] == 1

    async with transaction(bench.pool) as db:
        await db.execute("update suppressions set released_at = now()")
    assert (await gauges(bench))[2] == 0


async def test_every_fate_is_counted_once(bench: Bench) -> None:
    before = shown()
    bench.smtp.answer = fail_at("MAIL", "451 later", times=1)
    await bench.handle(application())
    await bench.deliver()
    bench.smtp.answer = lambda said: "550 unknown" if CONTACT in said else None
    bench.clock.advance(minutes=1)
    await bench.deliver()
    added = {name: value - before.get(name, 0) for name, value in shown().items() if "_total{" in name}

    counted = {name: count for name, count in added.items() if count}
    assert counted == {
        'nss_mails_sent_total{mail="M1",service="notifier"}': 1,
        'nss_mails_deferred_total{mail="M1",service="notifier"}': 1,
        'nss_mails_failed_total{failure="refused",service="notifier"}': 1,
    }


@pytest.mark.parametrize("name", ["nss_mails_sent", "nss_mails_failed", "nss_mail_bounces"])
def test_totals_are_declared_before_anything_happens(name: str) -> None:
    assert name in families_of(metrics.render_metrics("notifier", "worker")[0].decode())
