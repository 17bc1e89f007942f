"""Two who move one application at the same moment: the row's lock decides, one wins, nothing is lost or done twice."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import pytest

from services.intake import workflows
from services.intake.domain.clarification import WithdrawalAnswer
from services.intake.domain.form import ApplicationForm
from services.intake.messaging import build_router
from services.intake.workflows import CorrectionForm, Submission, Withdrawal
from services.intake.workflows.refusals import NotInClarification, WithdrawalTooLate
from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.contracts.intake_events import (
    ApplicationCorrected,
    ApplicationWithdrawn,
    ClarificationReturned,
    WithdrawalRequested,
)
from shared.runtime.database import transaction
from tests.builders import NOW, TYPED, a_contract, an_event, mailboxes_issued, review_completed, review_opened
from tests.builders.moving import clarification_cancel_requested, clarification_requested, withdrawal_refused
from tests.component.intake.conftest import Intake
from tests.conftest import REPETITIONS

RACES = 100
AT_ONCE = 6


@dataclass(frozen=True, slots=True)
class Raced:
    """One application of an office of its own, with its question if it has one."""

    office: str
    number: str
    question: UUID


async def an_application(intake: Intake, office: str, *, asked: bool) -> Raced:
    """Registered, opened and, if so wished, asked about."""
    now, new_id, rules = NOW, intake.parts.new_id, intake.parts.form_rules
    await workflows.publish_contract(intake.pool, a_contract(office_code=office), now, new_id)
    form = ApplicationForm(**{**TYPED, "office_code": office})
    async with transaction(intake.pool) as db:
        application, _ = await workflows.receive_locked(db, Submission(office, new_id(), form), rules, now, new_id)
    raced = Raced(office, application.receipt_number, new_id())
    await intake.consume(an_event(review_opened(receipt_number=raced.number), key=office))
    if asked:
        question = clarification_requested(receipt_number=raced.number, clarification_id=raced.question)
        await intake.consume(an_event(question, key=office))
    return raced


async def consume(intake: Intake, event: Event[EventData]) -> str:
    """Deliver an event as the consumer does: a lock that cannot be had in time is tried again."""
    route = build_router(intake.parts).route_for(event.type)
    assert route is not None
    for _ in range(20):
        try:
            async with transaction(intake.pool) as db:
                await route.handle(db, [event], {})
            return event.type
        except asyncpg.LockNotAvailableError:
            continue
    raise AssertionError("the lock was never free")


async def correct(intake: Intake, raced: Raced) -> str:
    form = ApplicationForm(**{**TYPED, "office_code": raced.office, "reason": "修正しました。"})
    wish = CorrectionForm(raced.office, raced.number, raced.question, form)
    try:
        await workflows.correct_application(intake.pool, wish, intake.parts.form_rules, NOW, intake.parts.new_id)
    except NotInClarification:
        return "correction refused"
    return "corrected"


async def withdraw(intake: Intake, raced: Raced) -> str:
    wish = Withdrawal(raced.office, raced.number)
    try:
        answer = await workflows.withdraw_application(intake.pool, wish, NOW, intake.parts.new_id)
    except WithdrawalTooLate:
        return "too late"
    return answer.value


async def raced_through(
    intake: Intake, race: Callable[[int], Awaitable[Sequence[str]]], repetition: int
) -> list[Sequence[str]]:
    """The outcomes of all races, some of them side by side."""
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(index: int) -> Sequence[str]:
        async with limit:
            return await race(index)

    return await asyncio.gather(*(one(repetition * RACES + index) for index in range(RACES)))


def office_of(index: int) -> str:
    return f"R{index // 900:02d}{index % 900 + 100:03d}"


async def events_by_number(intake: Intake, model: type[EventData]) -> list[str]:
    return [event["receipt_number"] for event in await intake.events_of(model)]


@pytest.mark.parametrize("repetition", REPETITIONS)
async def test_correct_taken_back_and_withdrawn_at_once_have_one_winner(intake: Intake, repetition: int) -> None:
    async def race(index: int) -> Sequence[str]:
        raced = await an_application(intake, office_of(index), asked=True)
        cancel = clarification_cancel_requested(receipt_number=raced.number, clarification_id=raced.question)
        moves = [correct(intake, raced), withdraw(intake, raced), consume(intake, an_event(cancel, key=raced.office))]
        turn = index % len(moves)
        outcome = await asyncio.gather(*moves[turn:], *moves[:turn])
        return [each for each in outcome if not each.startswith("nss.")]

    outcomes = await raced_through(intake, race, repetition)

    corrected = await events_by_number(intake, ApplicationCorrected)
    withdrawn = await events_by_number(intake, ApplicationWithdrawn)
    returned = await events_by_number(intake, ClarificationReturned)
    winners = [*corrected, *withdrawn, *returned]
    assert (len(winners), len(set(winners))) == (RACES, RACES), "one winner per application, none lost"
    assert sum(outcome.count("corrected") for outcome in outcomes) == len(corrected)
    assert sum(outcome.count("withdrawn") for outcome in outcomes) == len(withdrawn)
    rows = await intake.pool.fetch(
        "select status, outcome, revision, withdrawal_requested_at is not null as asked, count(*) from applications"
        " join clarifications using (receipt_number, revision) group by 1, 2, 3, 4"
        " union all select status, 'corrected', revision, withdrawal_requested_at is not null, count(*)"
        " from applications where revision = 2 group by 1, 2, 3, 4"
    )
    states = {(row["status"], row["outcome"]): row["count"] for row in rows}
    assert states.get(("withdrawn", "withdrawn"), 0) == len(withdrawn)
    assert states.get(("under_review", "corrected"), 0) <= len(corrected)
    print(f"corrected {len(corrected)}, withdrawn {len(withdrawn)}, taken back {len(returned)} of {RACES}")  # noqa: T201
    assert await intake.pool.fetchval("select count(*) from clarifications where outcome is null") == 0


@pytest.mark.parametrize("repetition", REPETITIONS)
async def test_a_withdrawal_that_races_the_approval_is_told_what_became_of_it(intake: Intake, repetition: int) -> None:
    async def race(index: int) -> Sequence[str]:
        raced = await an_application(intake, office_of(index), asked=False)
        approved: list[Event[EventData]] = [
            an_event(mailboxes_issued(receipt_number=raced.number, office_code=raced.office, mailboxes=[])),
            an_event(review_completed(receipt_number=raced.number)),
        ]

        async def approve() -> str:
            for event in approved:
                await consume(intake, event)
            return "approved"

        outcome = await asyncio.gather(
            *([withdraw(intake, raced), approve()] if index % 2 else [approve(), withdraw(intake, raced)])
        )
        if WithdrawalAnswer.REQUESTED.value in outcome:
            await consume(intake, an_event(withdrawal_refused(receipt_number=raced.number)))
        return outcome

    outcomes = await raced_through(intake, race, repetition)

    requested = await events_by_number(intake, WithdrawalRequested)
    told = sum("requested" in outcome for outcome in outcomes), sum("too late" in outcome for outcome in outcomes)
    print(f"asked in time {told[0]}, too late {told[1]} of {RACES}")  # noqa: T201
    assert told[0] + told[1] == RACES
    assert len(set(requested)) == len(requested) == told[0]
    rows = await intake.pool.fetch(
        "select status, withdrawal_requested_at is not null as pending, count(*) from applications group by 1, 2"
    )
    assert [(row["status"], row["pending"], row["count"]) for row in rows] == [("review_completed", False, RACES)]
    refused = await intake.pool.fetchval("select count(*) from timeline_entries where kind = 'withdrawal_refused'")
    assert refused == told[0]
