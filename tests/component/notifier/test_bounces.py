"""Returned mails over LMTP: told, counted once, and a dead address is left alone until somebody releases it."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from functools import partial
from uuid import UUID

import pytest

from services.notifier import workflows
from services.notifier.mailer import BounceIntake, LmtpReply
from services.notifier.main import TAKEN, UNKNOWN_MAIL
from services.notifier.workflows import BounceTaken, Instruction
from tests.builders import review_completed
from tests.component.notifier.bench import ADMINISTRATOR, CONTACT, Bench, about, application, receipt
from tests.unit.notifier.reports import answer, delivery_report

ORDER = Instruction("operator", "address corrected by telephone")


@pytest.fixture
async def returning(bench: Bench) -> Bench:
    """A notifier whose mails name themselves in their return path."""
    return bench.with_delivery(press=workflows.MailPress(bench.delivery.press.templates, returns_to_sender=True))


@pytest.fixture
async def intake(returning: Bench) -> AsyncIterator[BounceIntake]:
    """Where bounces come in."""

    async def take(recipient: str, content: bytes) -> LmtpReply:
        taken = await workflows.record_bounce(returning.bounce_desk, recipient, content)
        return UNKNOWN_MAIL if taken is BounceTaken.UNKNOWN_MAIL else TAKEN

    intake = BounceIntake("127.0.0.1", 0, take)
    await intake.listen()
    yield intake
    await intake.close()


def hand_in(
    port: int, recipients: list[str], content: bytes, *, over_smtp: bool = False
) -> dict[str, tuple[int, bytes]]:
    """As a mail server does; the recipients that were refused."""
    kind = smtplib.SMTP if over_smtp else smtplib.LMTP
    with kind("127.0.0.1", port) as client:
        try:
            return client.sendmail("", recipients, content)
        except smtplib.SMTPRecipientsRefused as refused:
            return refused.recipients
        except smtplib.SMTPDataError as refused:
            return {"all": (refused.smtp_code, b"")}


def return_path_of(bench: Bench, recipient: str) -> str:
    """MAIL FROM of the mail that this recipient got first."""
    return next(s for s, (r, _) in zip(bench.smtp.senders, bench.smtp.accepted, strict=True) if r == recipient)


async def bounce(intake: BounceIntake, path: str, content: bytes) -> None:
    assert await asyncio.to_thread(hand_in, intake.port, [path], content) == {}


async def test_hard_bounce_fails_the_mail_and_holds_later_ones_until_released(
    returning: Bench, intake: BounceIntake
) -> None:
    await returning.handle(application())
    await returning.deliver()
    path = return_path_of(returning, CONTACT)
    await bounce(intake, path, delivery_report("failed", "5.1.1"))
    await bounce(intake, path, delivery_report("failed", "5.1.1"))

    assert await returning.states() == [("contact", "failed", 1, False), ("administrator", "sent", 1, False)]
    assert (await returning.published())[2:] == ["nss.mail.failed.v1"]

    await returning.handle(about(review_completed(receipt_number=receipt())))
    await returning.deliver()
    assert await returning.counted("suppressed") == 1
    assert [recipient for recipient, _ in returning.smtp.accepted] == [CONTACT, ADMINISTRATOR, ADMINISTRATOR]

    [held] = (await workflows.list_suppressions(returning.delivery))["suppressions"]
    release = partial(workflows.release_suppression, returning.delivery, held.suppression_id)
    assert (held.receipt_number, held.role, held.status, held.held_mails) == (receipt(), "contact", "5.1.1", 1)
    dry = Instruction("operator", "only asking", dry_run=True)
    assert await release(dry) == {
        "released": 0,
        "held": 1,
    }
    assert await release(ORDER) == {
        "released": 1,
        "held": 0,
    }
    assert await release(ORDER) is None

    await returning.deliver()
    assert returning.smtp.accepted[-1][0] == CONTACT
    assert await returning.counted("suppressed") == 0
    row = await returning.pool.fetchrow("select operator, action, reason from operator_actions")
    assert row is not None
    assert tuple(row) == ("operator", "release", ORDER.reason)


async def test_soft_bounce_fails_the_mail_and_leaves_the_address_alone(returning: Bench, intake: BounceIntake) -> None:
    await returning.handle(application())
    await returning.deliver()
    await bounce(intake, return_path_of(returning, CONTACT), delivery_report("failed", "5.2.2"))

    assert (await returning.states())[0] == ("contact", "failed", 1, False)
    assert (await workflows.list_suppressions(returning.delivery))["suppressions"] == []


async def test_delay_and_answering_machine_change_nothing(returning: Bench, intake: BounceIntake) -> None:
    await returning.handle(application())
    await returning.deliver()
    path = return_path_of(returning, CONTACT)
    await bounce(intake, path, delivery_report("delayed", "4.4.1"))
    await bounce(intake, path, answer(Auto_Submitted="auto-replied"))

    assert await returning.counted("sent") == 2
    assert len(await returning.published()) == 2
    outcomes = await returning.pool.fetch("select outcome from mail_attempts order by ended_at, outcome")
    assert sorted(row["outcome"] for row in outcomes) == ["accepted", "accepted", "delayed"]


async def test_address_that_the_mail_server_calls_unknown_is_suppressed_at_once(returning: Bench) -> None:
    returning.smtp.answer = lambda said: (
        "550 5.1.1 no such user" if said.startswith("RCPT") and CONTACT in said else None
    )
    await returning.handle(application(), about(review_completed(receipt_number=receipt())))
    await returning.deliver()
    await returning.handle(application(2))
    await returning.deliver()

    [held] = (await workflows.list_suppressions(returning.delivery))["suppressions"]
    assert held.held_mails == 1
    assert await returning.counted("failed") == 2


async def test_mail_server_hears_about_each_recipient(returning: Bench, intake: BounceIntake) -> None:
    await returning.handle(application())
    await returning.deliver()
    known, unknown = return_path_of(returning, CONTACT), f"nss+{'0' * 40}@naccs.example"
    report = delivery_report("failed", "5.1.1")

    reader, writer = await asyncio.open_connection("127.0.0.1", intake.port)
    writer.writelines(
        line + b"\r\n"
        for line in (b"LHLO mx", b"MAIL FROM:<>", b"RCPT TO:<%b>" % known.encode(), b"RCPT TO:<%b>" % unknown.encode(),
                     b"DATA", report, b".", b"QUIT")
    )  # fmt: skip
    codes = [line[:3] for line in (await reader.read()).splitlines()]
    writer.close()

    assert codes == [b"220", b"250", b"250", b"250", b"250", b"354", b"250", b"550", b"221"]
    assert await returning.counted("failed") == 1
    assert await asyncio.to_thread(hand_in, intake.port, [known], report, over_smtp=True) == {}


async def test_mail_server_keeps_what_could_not_be_stored(returning: Bench) -> None:
    async def fail(_recipient: str, _content: bytes) -> LmtpReply:
        raise ConnectionError("database away")

    intake = BounceIntake("127.0.0.1", 0, fail)
    await intake.listen()
    refused = await asyncio.to_thread(hand_in, intake.port, ["nss@naccs.example"], b"x")
    await intake.close()

    assert [code for code, _ in refused.values()] == [451]


async def test_intake_refuses_nonsense_and_outlives_it(returning: Bench, intake: BounceIntake) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", intake.port)
    said = [b"DATA", b"RCPT TO:<a@b>", b"MAIL FROM:<>", b"RCPT TO:<a\tb>", b"VRFY x", b"\xff\xfe", b"MAIL nonsense"]
    writer.writelines(line + b"\r\n" for line in said)
    writer.write(b"QUIT\r\n")
    codes = [line[:3] for line in (await reader.read()).splitlines()]
    assert codes == [b"220", b"503", b"503", b"250", b"501", b"500", b"500", b"501", b"221"]

    _, endless = await asyncio.open_connection("127.0.0.1", intake.port)
    endless.write(b"x" * 100_000)
    await endless.drain()
    endless.close()
    big = b"Subject: x\r\n\r\n" + b"x" * 78 * 20_000
    refused = await asyncio.to_thread(
        hand_in, intake.port, ["nss@naccs.example"], big.replace(b"x" * 78, b"x" * 76 + b"\r\n")
    )
    assert [code for code, _ in refused.values()] == [552]


async def test_suppression_that_does_not_exist_is_not_released(bench: Bench) -> None:
    assert await workflows.release_suppression(bench.delivery, UUID(int=1), ORDER) is None
