"""Whatever order the topics come in, and however often each event is delivered, the same lives result."""

import random
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from shared.contracts import intake_events as intake
from shared.contracts import provisioning_events as provisioning
from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.contracts.review_events import ClarificationRequested
from tests.builders import (
    NOW,
    RECEIPT,
    a_contract,
    an_application_received,
    an_event,
    mail_sent,
    mailboxes_issued,
    service_started,
)
from tests.component.review.desk import REVIEWER, Desk
from tests.conftest import FULL_COUNT

SHUFFLES = [0, 1, *(pytest.param(seed, marks=pytest.mark.full) for seed in range(2, 2 * FULL_COUNT))]


async def deliver_shuffled(desk: Desk, chance: random.Random, *topics: Sequence[Event[Any]]) -> None:
    """Each topic in its own order, the topics interleaved at random, some events again and again, in small polls."""
    waiting = [list(topic) for topic in topics]
    delivered: list[Event[Any]] = []
    while any(waiting):
        topic = chance.choice([topic for topic in waiting if topic])
        poll = [topic.pop(0)]
        delivered += poll
        poll += chance.choices(delivered, k=chance.randint(0, 2))
        await desk.deliver(*poll)
    await desk.deliver(*chance.sample(delivered, len(delivered)))
    await desk.until_nothing_is_held()


def events(*data: EventData) -> list[Event[Any]]:
    return [an_event(each) for each in data]


@pytest.mark.parametrize("seed", SHUFFLES)
async def test_topics_in_any_order_with_any_repetition(desk: Desk, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  an order, not a secret
    await desk.set_schedule()
    second = an_application_received(
        receipt_number="180013A",
        kind="password_reissue",
        requested_start_date=None,
        mailbox_change=None,
        password_reissue={"mailbox_ids": ["NAC00101"]},
    )
    await deliver_shuffled(
        desk,
        chance,
        events(a_contract(), a_contract(contract_version=2, office_name="第一営業所（新）")),
        events(
            an_application_received(contract_version=2),
            second,
            intake.WithdrawalRequested(receipt_number=second.receipt_number, revision=1, requested_at=NOW),
        ),
        events(mail_sent(), mail_sent(receipt_number="180013A")),
    )
    assert (await desk.state_of(), await desk.state_of("180013A")) == ("under_review", "withdrawn")

    question = await _ask(desk)
    corrected = intake.ApplicationCorrected(
        **an_application_received(revision=2, contract_version=3, reason="修正").model_dump(),
        corrected_at=NOW,
        answers_clarification_id=question.clarification_id,
    )
    await deliver_shuffled(desk, chance, events(corrected), events(a_contract(contract_version=3)), events(mail_sent()))
    assert await desk.pool.fetchval("select revision from reviews where receipt_number = $1", RECEIPT) == 2

    await _approve(desk, revision=2)
    moved = provisioning.MailboxesRescheduled(
        receipt_number=RECEIPT, old_start_date=date(2018, 11, 1), new_start_date=date(2018, 11, 1)
    )
    await deliver_shuffled(
        desk,
        chance,
        events(mailboxes_issued(revision=2), moved, service_started()),
        events(a_contract(contract_version=4)),
        events(intake.WithdrawalRequested(receipt_number=RECEIPT, revision=2, requested_at=NOW)),
    )
    assert await desk.state_of() == "in_service"
    told = [type(event).__name__ for event in await desk.told()]
    assert [told.count(name) for name in ("ReviewCompleted", "WithdrawalAccepted", "WithdrawalRefused")] == [1, 1, 1]
    assert desk.context.counts.dead == 0


async def _ask(desk: Desk) -> ClarificationRequested:
    program = await desk.program_of(REVIEWER)
    body = {"revision": 1, "question": "1個の追加でよろしいでしょうか。"}
    assert (await program.post(f"/api/v1/reviews/{RECEIPT}/clarification", json=body)).status_code == 200
    asked = (await desk.told())[-1]
    assert isinstance(asked, ClarificationRequested)
    return asked


async def _approve(desk: Desk, revision: int) -> None:
    program = await desk.program_of(REVIEWER)
    body = {"revision": revision, "confirmed_start_date": "20181101"}
    answer = await program.post(f"/api/v1/reviews/{RECEIPT}/approval", json=body)
    assert answer.status_code == 200, answer.text
