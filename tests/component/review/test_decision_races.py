"""Who is faster wins, the other is told, and nothing is lost: on the real database (E29)."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from services.review import workflows
from services.review.domain.review import (
    NO_SECOND_APPROVER,
    ApprovalForm,
    CancelForm,
    ClarificationForm,
    Decider,
    MovedOn,
    Refused,
)
from services.review.workflows import Approval, Decided, Outcome, Stamp
from shared.contracts import intake_events as intake
from shared.contracts.event_data import EventData
from shared.contracts.review_events import DecidedBy
from shared.kernel.identifiers import ReceiptNumber
from shared.runtime.database import transaction
from tests.builders import NOW, an_application_received, an_event
from tests.component.review.desk import Desk
from tests.component.review.offices import office_of, receive_each_from_its_office

RACES = [100, pytest.param(1000, marks=pytest.mark.full)]
AT_ONCE = 4
FIRST = Decider("審査 次郎", False, DecidedBy.REVIEWER, "jiro")
SECOND = Decider("主任 三郎", True, DecidedBy.REVIEWER, "saburo")
ENDINGS = {"nss.review.approved.v1", "nss.review.withdrawal-accepted.v1"}


def numbers_of(races: int) -> list[ReceiptNumber]:
    return [ReceiptNumber(f"18{serial:04d}A") for serial in range(1, races + 1)]


async def prepared(desk: Desk, races: int) -> list[ReceiptNumber]:
    await desk.set_schedule()
    numbers = numbers_of(races)
    for start in range(0, races, 200):
        await receive_each_from_its_office(desk, numbers[start : start + 200])
    return numbers


async def run_all(numbers: Sequence[ReceiptNumber], race: Callable[[ReceiptNumber], Awaitable[Any]]) -> list[Any]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: ReceiptNumber) -> Any:
        async with gate:
            return await race(number)

    return await asyncio.gather(*(one(number) for number in numbers))


async def approve(desk: Desk, number: ReceiptNumber, decider: Decider, revision: int = 1) -> Outcome:
    approval = Approval(number, ApprovalForm(revision, "20181101"), NO_SECOND_APPROVER)
    return await workflows.approve_application(desk.pool, approval, Stamp(decider, NOW, desk.deps.new_id))


async def ask(desk: Desk, number: ReceiptNumber, decider: Decider) -> Outcome:
    stamp = Stamp(decider, NOW, desk.deps.new_id)
    form = ClarificationForm(1, "count_unclear", "1個の追加でよろしいでしょうか。")
    return await workflows.decide(desk.pool, number, workflows.asking(form, stamp), stamp)


async def hear(desk: Desk, number: ReceiptNumber, data: EventData) -> None:
    """As the consumer does: one transaction per poll."""
    event: Any = an_event(data, key=office_of(number))
    heard = {
        intake.WithdrawalRequested: workflows.answer_withdrawals,
        intake.ApplicationCorrected: workflows.take_corrections,
        intake.ClarificationReturned: workflows.take_questions_back,
    }[type(data)]
    async with transaction(desk.pool) as db:
        await heard(db, [event], NOW, desk.deps.new_id)  # type: ignore[operator]


async def told_per_number(desk: Desk) -> dict[str, list[str]]:
    rows = await desk.pool.fetch("select subject, type from event_outbox where topic = 'nss.review.v1' order by seq")
    told: dict[str, list[str]] = {}
    for row in rows:
        told.setdefault(row["subject"], []).append(row["type"])
    return told


@pytest.mark.parametrize("races", RACES)
async def test_of_a_withdrawal_and_an_approval_one_wins_and_the_other_is_told(desk: Desk, races: int) -> None:
    numbers = await prepared(desk, races)

    async def race(number: ReceiptNumber) -> Outcome:
        wish = intake.WithdrawalRequested(receipt_number=number, revision=1, requested_at=NOW)
        both = (approve(desk, number, FIRST), hear(desk, number, wish))
        order = both if int(number[2:6]) % 2 else both[::-1]
        results = await asyncio.gather(*order)
        return next((result for result in results if result is not None), None)

    outcomes = await run_all(numbers, race)
    told, states = await told_per_number(desk), Counter[str]()
    for number, outcome in zip(numbers, outcomes, strict=True):
        state = await desk.state_of(number)
        states[str(state)] += 1
        endings = [name for name in told[number] if name in ENDINGS]
        if isinstance(outcome, Decided):
            assert (state, endings) == ("approved", ["nss.review.approved.v1"])
            assert told[number][-1] == "nss.review.withdrawal-refused.v1"
        else:
            assert isinstance(outcome, MovedOn)
            assert (state, endings) == ("withdrawn", ["nss.review.withdrawal-accepted.v1"])
    assert sum(states.values()) == races
    assert len(states) == 2, "each side wins some of the races, or nothing was raced"


@pytest.mark.parametrize("races", RACES)
async def test_of_two_reviewers_one_decides_and_the_other_is_told_who(desk: Desk, races: int) -> None:
    numbers = await prepared(desk, races)

    async def race(number: ReceiptNumber) -> tuple[Outcome, Outcome]:
        approving, asking = approve(desk, number, FIRST), ask(desk, number, SECOND)
        if int(number[2:6]) % 2:
            return await asyncio.gather(approving, asking)
        asked, approved = await asyncio.gather(asking, approving)
        return approved, asked

    winners = Counter[str]()
    for number, (approved, asked) in zip(numbers, await run_all(numbers, race), strict=True):
        winner, loser, name = (
            (approved, asked, FIRST.name) if isinstance(approved, Decided) else (asked, approved, SECOND.name)
        )
        assert isinstance(winner, Decided)
        assert isinstance(loser, MovedOn)
        assert loser.moved_by == name
        winners[name] += 1
        assert await desk.state_of(number) == winner.review.state
    assert len(winners) == 2
    assert await desk.count("approval_records") == winners[FIRST.name]


@pytest.mark.parametrize("races", RACES)
async def test_of_a_question_its_return_and_its_answer_one_life_results(desk: Desk, races: int) -> None:
    """A reviewer takes the question back while the answer comes; intake sends one of the two, review obeys it once."""
    numbers = await prepared(desk, races)

    async def race(number: ReceiptNumber) -> Outcome:
        asked = await ask(desk, number, FIRST)
        assert isinstance(asked, Decided)
        assert asked.review.clarification is not None
        question = asked.review.clarification.clarification_id
        stamp = Stamp(SECOND, NOW, desk.deps.new_id)
        wish = workflows.decide(desk.pool, number, workflows.taking_back(CancelForm(question), stamp), stamp)
        answer = _answer(number, question) if int(number[2:6]) % 2 else _return(number, question)
        wished, _, approved = await asyncio.gather(wish, hear(desk, number, answer), approve(desk, number, FIRST))
        assert not isinstance(wished, Refused)
        return approved

    outcomes = await run_all(numbers, race)
    told = await told_per_number(desk)
    for number, approved in zip(numbers, outcomes, strict=True):
        row = await desk.pool.fetchrow(
            "select state, revision, clarification from reviews where receipt_number = $1", number
        )
        assert row is not None
        is_corrected = bool(int(number[2:6]) % 2)
        assert row["revision"] == (2 if is_corrected else 1)
        assert row["clarification"] is None
        assert row["state"] == ("approved" if isinstance(approved, Decided) else "under_review")
        assert told[number].count("nss.review.approved.v1") == isinstance(approved, Decided)
        assert not (is_corrected and isinstance(approved, Decided)), "an approval of the old revision went through"


def _answer(number: ReceiptNumber, question: Any) -> intake.ApplicationCorrected:
    content = an_application_received(receipt_number=number, office_code=office_of(number), revision=2).model_dump()
    return intake.ApplicationCorrected(**content, corrected_at=NOW, answers_clarification_id=question)


def _return(number: ReceiptNumber, question: Any) -> intake.ClarificationReturned:
    return intake.ClarificationReturned(receipt_number=number, revision=1, clarification_id=question, returned_at=NOW)
