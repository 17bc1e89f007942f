"""From events to queued mails: any order between topics, any number of deliveries, contacts of the right revision."""

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.event_data import ApplicationKind
from shared.contracts.intake_events import ApplicationCorrected
from shared.contracts.provisioning_events import MailboxesRescheduled
from shared.contracts.review_events import (
    ApplicationVoided,
    ClarificationReminded,
    ClarificationRequested,
    StartDateChanged,
    WithdrawalAccepted,
    WithdrawalRefused,
)
from tests.builders import (
    NOW,
    START_DATE,
    a_contact,
    an_application_received,
    review_completed,
    service_started,
    window_closing,
)
from tests.component.notifier.bench import ADMINISTRATOR, Bench, about, application, receipt

NUMBER = receipt()
LATER = START_DATE + timedelta(days=14)
NEW_CONTACT = "new-contact@naccs.example"


def corrected(revision: int = 2) -> ApplicationCorrected:
    """The application with another contact."""
    content = an_application_received(receipt_number=NUMBER, contact=a_contact(email=NEW_CONTACT)).model_dump()
    return ApplicationCorrected(
        **{**content, "revision": revision}, corrected_at=NOW, answers_clarification_id=UUID(int=9)
    )


def after_the_receipt() -> list[Any]:
    """One event of each kind that leads to a mail, beside the application itself."""
    return [
        about(ClarificationRequested(receipt_number=NUMBER, revision=1, clarification_id=UUID(int=9), question="?",
                                     reason_code="x", requested_at=NOW), 501),
        about(ClarificationReminded(receipt_number=NUMBER, clarification_id=UUID(int=9), reminded_at=NOW), 502),
        about(WithdrawalRefused(receipt_number=NUMBER, decided_at=NOW), 503),
        about(review_completed(receipt_number=NUMBER), 504),
        about(MailboxesRescheduled(receipt_number=NUMBER, old_start_date=START_DATE, new_start_date=LATER), 505),
        about(window_closing(receipt_number=NUMBER), 506),
        about(ApplicationVoided(receipt_number=NUMBER, voided_at=NOW, reason_code="x"), 507),
        about(service_started(receipt_number=NUMBER), 508),
    ]  # fmt: skip


async def mails(bench: Bench) -> Counter[str]:
    return Counter(row["mail"] for row in await bench.pool.fetch("select mail from mails"))


async def test_what_comes_before_its_contacts_waits_for_the_application(bench: Bench) -> None:
    early = after_the_receipt()
    waiting = await bench.handle(*early)

    assert [(wait.event.id, wait.awaited_subject) for wait in waiting] == [(event.id, NUMBER) for event in early]
    assert await mails(bench) == {}

    await bench.handle(application())
    assert await bench.handle(*[wait.event for wait in waiting]) == []
    assert await mails(bench) == dict.fromkeys(("M1", "M3", "M10", "M12", "M2", "M7", "M8", "M6"), 2)


async def test_any_number_of_deliveries_in_any_order_makes_each_mail_once(bench: Bench) -> None:
    events = [application(), *after_the_receipt()]
    await bench.handle(*events)
    await bench.deliver()
    sent = len(bench.smtp.accepted)

    await bench.handle(*events, *reversed(events))
    bench.clock.advance(hours=1)

    assert await bench.deliver() == 0
    assert len(bench.smtp.accepted) == sent == 16


async def test_event_about_a_later_revision_waits_for_its_contacts(bench: Bench) -> None:
    await bench.handle(application())
    completion = about(review_completed(receipt_number=NUMBER, revision=2))
    [waiting] = await bench.handle(completion)

    await bench.handle(about(corrected(), 600), waiting.event)
    await bench.deliver()
    recipients = [recipient for recipient, content in bench.smtp.accepted]
    assert Counter(recipients) == {ADMINISTRATOR: 3, NEW_CONTACT: 2, "tsukan-hanako@naccs.example": 1}


async def test_equal_addresses_get_one_mail(bench: Bench) -> None:
    await bench.handle(application(contact=a_contact(email=ADMINISTRATOR)))

    assert await bench.deliver() == 1


def moved_for(reason: str, number: int) -> tuple[Any, Any]:
    """Review moves the start date for that reason, and provisioning answers."""
    days = {"receipt_number": NUMBER, "old_start_date": START_DATE, "new_start_date": LATER}
    change = about(StartDateChanged(**days, note=reason), number)
    return change, about(MailboxesRescheduled(**days), number + 1, causation_id=change.id)


def told_reasons(bench: Bench) -> list[str]:
    """What the administrator was told, in the order it was sent."""
    texts = [bench.text_of(content) for recipient, content in bench.smtp.accepted if recipient == ADMINISTRATOR]
    lines = [line for text in texts for line in text.splitlines()]
    return [line.partition(":")[2] for line in lines if line.startswith("変更の理由")]


async def test_moved_start_date_is_told_with_reviews_reason(bench: Bench) -> None:
    change, answer = moved_for("ご要望のため", 601)
    assert await bench.handle(application(), change, answer) == []
    await bench.deliver()

    assert told_reasons(bench) == ["ご要望のため"]


async def test_moved_start_date_that_overtakes_its_reason_waits_for_it(bench: Bench) -> None:
    change, answer = moved_for("ご要望のため", 601)
    [waiting] = await bench.handle(application(), answer)
    assert (waiting.event, waiting.awaited_subject) == (answer, NUMBER)
    assert await mails(bench) == {"M1": 2}

    assert await bench.handle(change, waiting.event) == []
    await bench.deliver()
    assert told_reasons(bench) == ["ご要望のため"]


async def test_each_move_is_told_with_its_own_reason_although_the_day_is_the_same(bench: Bench) -> None:
    (first, first_answer), (second, second_answer) = moved_for("工事のため", 601), moved_for("ご要望のため", 611)
    await bench.handle(application(), first, second, first_answer, second_answer)
    await bench.deliver()

    assert told_reasons(bench) == ["工事のため", "ご要望のため"]


@pytest.mark.parametrize(("kind", "mail"), [("mailbox_change", "M2"), ("password_reissue", "M9")])
async def test_completion_is_told_by_the_mail_of_its_kind(bench: Bench, kind: str, mail: str) -> None:
    await bench.handle(application(), about(review_completed(receipt_number=NUMBER, kind=ApplicationKind(kind))))

    assert await mails(bench) == {"M1": 2, mail: 2}


async def test_history_read_into_an_empty_database_sends_nothing_and_keeps_contacts(bench: Bench) -> None:
    bench.clock.advance(days=31)
    await bench.handle(application(), about(review_completed(receipt_number=NUMBER)))
    assert await mails(bench) == {}

    bench.clock.advance(days=-31)
    await bench.handle(about(WithdrawalAccepted(receipt_number=NUMBER, decided_at=NOW), 602))
    assert await mails(bench) == {"M5": 2}
