"""Mails from event to mail server: once each, tried again where that helps, given up where it does not."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.notifier import store, workflows
from services.notifier.domain.retry import RetryPolicy
from services.notifier.mailer import SmtpMailer, SmtpServer
from services.notifier.rendering import MailTemplates, Sender
from services.notifier.workflows import Delivery
from shared.contracts.envelope import Event, new_event
from shared.contracts.event_data import ApplicationKind
from shared.contracts.review_events import MailboxCounts, ReviewCompleted
from shared.kernel.identifiers import OfficeCode, ReceiptNumber
from shared.runtime.database import Pool, open_pool, transaction
from shared.runtime.ids import new_uuid7
from tests.builders import FixedClock
from tests.component.notifier.scripted_smtp import DROP, ScriptedSmtp, scripted_smtp
from tests.conftest import CreateDatabase
from tests.unit.notifier.test_mails import completed, received

START = datetime(2026, 10, 16, 1, 2, 3, tzinfo=UTC)


@dataclass
class Bench:
    """One notifier without its broker: database, scripted mail server, clock."""

    pool: Pool
    clock: FixedClock
    smtp: ScriptedSmtp
    delivery: Delivery

    async def receive(self, *events: Event[Any]) -> None:
        async with transaction(self.pool) as db:
            await workflows.queue_receipt_mails(db, events, self.clock.now())

    async def deliver(self) -> int:
        return await workflows.deliver_due_mails(self.delivery)

    async def states(self) -> list[tuple[str, str, int, bool]]:
        rows = await self.pool.fetch("select role, state, attempts, ambiguous from mails order by role desc")
        return [(row["role"], row["state"], row["attempts"], row["ambiguous"]) for row in rows]

    async def published(self) -> list[str]:
        return [row["type"] for row in await self.pool.fetch("select type from event_outbox order by seq")]


@pytest.fixture
async def bench(service_database: CreateDatabase) -> AsyncIterator[Bench]:
    pool = await open_pool(await service_database("notifier"), application_name="test")
    clock = FixedClock(START)
    async with scripted_smtp() as smtp:
        mailer = SmtpMailer(SmtpServer("127.0.0.1", smtp.port, timeout_seconds=2.0), connections=2)
        delivery = Delivery(
            pool=pool,
            clock=clock,
            new_id=new_uuid7,
            mailer=mailer,
            templates=MailTemplates(Path("services/notifier/templates")),
            sender=Sender("nss@naccs.example", "http://127.0.0.1:8000"),
            policy=RetryPolicy(most_attempts=3),
            jitter=lambda: 0.0,
        )
        yield Bench(pool, clock, smtp, delivery)
        await mailer.close()
    await pool.close()


async def test_each_role_gets_one_mail_and_both_are_published(bench: Bench) -> None:
    await bench.receive(received())

    assert await bench.deliver() == 2
    assert await bench.deliver() == 0
    assert sorted(recipient for recipient, _ in bench.smtp.accepted) == ["hanako@naccs.example", "kanri@naccs.example"]
    assert await bench.states() == [("contact", "sent", 1, False), ("administrator", "sent", 1, False)]
    assert await bench.published() == ["nss.mail.sent.v1"] * 2


async def test_the_same_event_again_queues_nothing(bench: Bench) -> None:
    await bench.receive(received())
    await bench.receive(received())

    assert await bench.deliver() == 2


async def test_completion_that_arrives_before_the_application_waits_for_it(bench: Bench) -> None:
    async with transaction(bench.pool) as db:
        waiting = await workflows.queue_completion_mails(db, [completed()], START)
    assert [(wait.event.type, wait.awaited_subject) for wait in waiting] == [("nss.review.completed.v1", "260001A")]

    await bench.receive(received())
    async with transaction(bench.pool) as db:
        assert await workflows.queue_completion_mails(db, [second_completion()], START) == []
    assert await bench.deliver() == 4


def second_completion() -> Event[ReviewCompleted]:
    data = ReviewCompleted(
        receipt_number=ReceiptNumber("260001A"),
        revision=1,
        kind=ApplicationKind.MAILBOX_CHANGE,
        office_code=OfficeCode("NAC001"),
        completed_at=START,
        completed_on=date(2026, 10, 24),
        mailboxes_after=MailboxCounts(smtp_pop3=2, edifact=0),
    )
    return new_event(data, event_id=UUID(int=8), key="NAC001", now=START)


async def test_refusal_for_now_is_tried_again_later(bench: Bench) -> None:
    await bench.receive(received())
    bench.smtp.answer = lambda line: "451 later" if line.startswith("RCPT") else None
    await bench.deliver()
    assert await bench.deliver() == 0
    assert await bench.published() == ["nss.mail.deferred.v1"] * 2

    bench.smtp.answer = lambda _line: None
    bench.clock.advance(seconds=31)
    assert await bench.deliver() == 2
    assert await bench.states() == [("contact", "sent", 2, False), ("administrator", "sent", 2, False)]


async def test_one_refused_recipient_leaves_the_other_untouched(bench: Bench) -> None:
    await bench.receive(received())
    bench.smtp.answer = lambda line: "550 unknown" if "hanako" in line else None
    await bench.deliver()

    assert await bench.states() == [("contact", "failed", 1, False), ("administrator", "sent", 1, False)]
    assert sorted(await bench.published()) == ["nss.mail.failed.v1", "nss.mail.sent.v1"]


async def test_silent_server_is_given_up_after_the_last_attempt(bench: Bench) -> None:
    await bench.receive(received())
    bench.smtp.answer = lambda _line: DROP
    for _ in range(3):
        await bench.deliver()
        bench.clock.advance(hours=1)

    assert await bench.deliver() == 0
    assert await bench.states() == [("contact", "failed", 3, False), ("administrator", "failed", 3, False)]


async def test_lost_reply_repeats_the_same_message_after_ten_minutes_and_says_so(bench: Bench) -> None:
    await bench.receive(received())
    bench.smtp.answer = lambda line: DROP if line == "." else None
    await bench.deliver()
    bench.clock.advance(minutes=9)
    assert await bench.deliver() == 0

    bench.smtp.answer = lambda _line: None
    bench.clock.advance(minutes=2)
    await bench.deliver()
    assert await bench.states() == [("contact", "sent", 2, True), ("administrator", "sent", 2, True)]
    copies = [content for recipient, content in bench.smtp.accepted if recipient.startswith("hanako")]
    assert len(copies) == 2
    assert copies[0] == copies[1]


async def test_mail_of_a_sender_that_died_is_ambiguous_and_waits_for_its_claim_to_end(bench: Bench) -> None:
    await bench.receive(received())
    async with transaction(bench.pool) as db:
        await store.claim_due_mails(db, 10, START, START + timedelta(minutes=10))
    assert await bench.deliver() == 0

    bench.clock.advance(minutes=11)
    assert await bench.deliver() == 2
    assert await bench.states() == [("contact", "sent", 2, True), ("administrator", "sent", 2, True)]


async def test_two_senders_never_take_the_same_mail(bench: Bench) -> None:
    for number in range(20):
        event = received()
        data = event.data.model_copy(update={"receipt_number": ReceiptNumber(f"26{number:04d}A")})
        await bench.receive(new_event(data, event_id=UUID(int=100 + number), key="NAC001", now=START))

    counts = await asyncio.gather(*(bench.deliver() for _ in range(4)))
    assert sum(counts) == 40
    assert len(bench.smtp.accepted) == 40
    assert bench.smtp.connections <= 2
