"""What is forgotten, and when: texts and addresses after 90 days, people 400 days after their application ended."""

from services.notifier import workflows
from services.notifier.workflows import Retention
from shared.contracts.review_events import WithdrawalAccepted
from tests.builders import NOW, review_completed, service_started
from tests.component.notifier.bench import Bench, about, application, receipt

PERSONAL = ("naccs.example", "花子", "太郎", "課")


async def everything(bench: Bench) -> str:
    """Every row of notifier's own tables as text."""
    rows = []
    for table in ("mails", "mail_attempts", "application_contacts", "suppressions", "digests", "operator_actions"):
        rows += await bench.pool.fetch(f"select t::text as told from {table} t")  # noqa: S608  names from here
    return "\n".join(row["told"] for row in rows)


async def test_texts_and_addresses_of_mails_are_gone_after_ninety_days(bench: Bench) -> None:
    retention = Retention(bench.pool, bench.clock)
    await bench.handle(application())
    await bench.deliver()
    bench.clock.advance(days=89)
    assert await workflows.erase_mails(retention) == 0

    bench.clock.advance(days=2)
    assert await workflows.erase_mails(retention) == 2
    assert await workflows.erase_mails(retention) == 0
    rows = await bench.pool.fetch("select sealed, address_hash, state from mails")
    assert [tuple(row) for row in rows] == [(None, None, "sent")] * 2


async def test_mail_that_still_waits_is_not_erased(bench: Bench) -> None:
    await bench.handle(application())
    bench.clock.advance(days=200)

    assert await workflows.erase_mails(Retention(bench.pool, bench.clock)) == 0


async def test_people_are_forgotten_400_days_after_the_end_and_not_before(bench: Bench) -> None:
    retention = Retention(bench.pool, bench.clock)
    await bench.handle(application(), about(review_completed(receipt_number=receipt())))
    bench.clock.advance(days=500)
    assert await workflows.erase_contacts(retention) == 0
    bench.clock.advance(days=-500)

    await bench.handle(about(service_started(receipt_number=receipt()), 501))
    await bench.deliver()
    bench.clock.advance(days=399)
    assert await workflows.erase_contacts(retention) == 0
    bench.clock.advance(days=2)
    assert await workflows.erase_contacts(retention) == 1
    assert await workflows.erase_contacts(retention) == 0
    await workflows.erase_mails(retention)

    told = await everything(bench)
    assert receipt() in told
    assert [word for word in PERSONAL if word in told] == []


async def test_event_about_somebody_forgotten_neither_waits_nor_leads_to_a_mail(bench: Bench) -> None:
    await bench.handle(application(), about(service_started(receipt_number=receipt()), 501))
    bench.clock.advance(days=401)
    await workflows.erase_contacts(Retention(bench.pool, bench.clock))
    late = about(WithdrawalAccepted(receipt_number=receipt(), decided_at=NOW), 502, time=bench.clock.now())

    assert await bench.handle(late) == []
    assert await bench.pool.fetchval("select count(*) from mails where mail = 'M5'") == 0
    await bench.handle(application())
    assert "花子" not in await everything(bench)


async def test_erased_mails_cannot_be_read_with_the_keys_and_kept_ones_only_with_them(bench: Bench) -> None:
    await bench.handle(application())
    sealed = await bench.pool.fetchval("select sealed from mails limit 1")
    key = await bench.pool.fetchval("select message_key from mails limit 1")

    assert "花子" in bench.delivery.seals.open(sealed, key).decode()
    assert "花子".encode() not in sealed
