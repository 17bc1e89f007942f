"""What applicants do while an application is here: corrections, withdrawals, questions given back."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from services.review import store
from services.review.domain.contract import Contract
from services.review.domain.review import (
    Moved,
    Review,
    ReviewState,
    answer_withdrawal,
    contact_of,
    correct,
    give_back,
    knows_contract_of,
    withdraw,
)
from services.review.domain.revisions import revision_of
from services.review.domain.timeline import TimelineStep
from services.review.workflows.moving import Step, write_steps
from shared.contracts.envelope import Event
from shared.contracts.intake_events import (
    ApplicationCorrected,
    ApplicationWithdrawn,
    ClarificationReturned,
    WithdrawalRequested,
)
from shared.kernel.identifiers import OfficeCode
from shared.runtime.database import Connection
from shared.runtime.event_router import Waiting
from shared.runtime.ids import NewId

WordT = TypeVar("WordT", ClarificationReturned, WithdrawalRequested, ApplicationWithdrawn)
StepOf = Callable[[Moved, WordT], tuple[TimelineStep, Mapping[str, str | None]]]


async def take_corrections(
    db: Connection, events: Sequence[Event[ApplicationCorrected]], now: datetime, new_id: NewId
) -> list[Waiting]:
    """Review the new revision; one made on a contract not known yet waits for its office's contract."""
    contracts = await store.find_contracts(db, {event.data.office_code for event in events})
    ready = [event for event in events if knows_contract_of(contracts.get(event.data.office_code), event.data)]
    reviews = await store.lock_reviews(db, {event.data.receipt_number for event in ready})
    known = [event for event in ready if event.data.receipt_number in reviews]
    schedule = await store.find_schedule(db)
    judged = [(event, correct(reviews[event.data.receipt_number], event.data, schedule, now)) for event in known]
    corrected = [(event, move) for event, move in judged if move is not None]
    if corrected:
        await store.update_contents(db, [move.review for _, move in corrected])
        await store.insert_revisions(db, [revision_of(move.review, now) for _, move in corrected])
        await store.insert_contacts(db, [contact_of(event.data) for event, _ in corrected])
        await write_steps(db, [_corrected(event, move) for event, move in corrected], now, new_id)
    handled = {event.id for event in known}
    return [_waiting(event, contracts) for event in events if event.id not in handled]


async def take_questions_back(
    db: Connection, events: Sequence[Event[ClarificationReturned]], now: datetime, new_id: NewId
) -> list[Waiting]:
    """Intake has given the questions back unanswered."""
    schedule = await store.find_schedule(db)

    def judge(review: Review, returned: ClarificationReturned, at: datetime) -> Moved | None:
        return give_back(review, returned, schedule, at)

    return await _apply(db, events, judge, lambda _move, _word: (TimelineStep.GIVEN_BACK, {}), now, new_id)


async def answer_withdrawals(
    db: Connection, events: Sequence[Event[WithdrawalRequested]], now: datetime, new_id: NewId
) -> list[Waiting]:
    """Let go what is under review, refuse what is approved (E29, E30)."""
    return await _apply(db, events, answer_withdrawal, _withdrawal_answered, now, new_id)


async def record_withdrawals(
    db: Connection, events: Sequence[Event[ApplicationWithdrawn]], now: datetime, new_id: NewId
) -> list[Waiting]:
    """The applicants withdrew instead of answering."""
    return await _apply(
        db, events, withdraw, lambda _move, word: (TimelineStep.WITHDRAWN, {"note": word.reason}), now, new_id
    )


async def _apply(
    db: Connection,
    events: Sequence[Event[WordT]],
    judge: Callable[[Review, WordT, datetime], Moved | None],
    step_of: StepOf[WordT],
    now: datetime,
    new_id: NewId,
) -> list[Waiting]:
    reviews = await store.lock_reviews(db, {event.data.receipt_number for event in events})
    known = [event for event in events if event.data.receipt_number in reviews]
    judged = [(event, judge(reviews[event.data.receipt_number], event.data, now)) for event in known]
    steps = [_step(event, move, step_of) for event, move in judged if move is not None]
    if steps:
        await write_steps(db, steps, now, new_id)
    return [Waiting(event, event.subject) for event in events if event.data.receipt_number not in reviews]


def _step(event: Event[WordT], move: Moved, step_of: StepOf[WordT]) -> Step:
    step, details = step_of(move, event.data)
    return Step(move, step, None, details, event)


def _withdrawal_answered(move: Moved, request: WithdrawalRequested) -> tuple[TimelineStep, Mapping[str, str | None]]:
    is_withdrawn = move.review.state is ReviewState.WITHDRAWN
    return TimelineStep.WITHDRAWN if is_withdrawn else TimelineStep.WITHDRAWAL_REFUSED, {"note": request.reason}


def _corrected(event: Event[ApplicationCorrected], move: Moved) -> Step:
    return Step(move, TimelineStep.CORRECTED, None, {"revision": str(event.data.revision)}, event)


def _waiting(event: Event[ApplicationCorrected], contracts: Mapping[OfficeCode, Contract]) -> Waiting:
    knows_contract = knows_contract_of(contracts.get(event.data.office_code), event.data)
    return Waiting(event, event.subject if knows_contract else event.data.office_code)
