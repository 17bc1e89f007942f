"""Decisions of one person on one application; of two who decide at once the second is told who was faster (E29)."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from services.review import store
from services.review.domain.review import (
    CancelForm,
    ClarificationForm,
    Decider,
    Moved,
    MovedOn,
    Refused,
    Review,
    SecondForm,
    SettingForm,
    StartDateForm,
    VoidForm,
    ask,
    change_start_date,
    decline_proposal,
    record_setting,
    request_cancel,
    void,
)
from services.review.domain.timeline import TimelineStep
from services.review.workflows.moving import Step, write_steps
from shared.kernel.identifiers import ReceiptNumber
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.ids import NewId


@dataclass(frozen=True, slots=True)
class Decided:
    """The decision stands."""

    review: Review


Outcome = Decided | Refused | MovedOn | None
"""None: there is no such application."""

Judgement = Moved | Refused | MovedOn
Judge = Callable[[Connection, Review], Awaitable[Judgement]]
StepOf = Callable[[Review], tuple[TimelineStep, Mapping[str, str | None]]]


@dataclass(frozen=True, slots=True)
class Stamp:
    """Whose decision it is, when, and where new ids come from."""

    decider: Decider
    now: datetime
    new_id: NewId


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision as it was entered: how it is judged, and how it stands on the timeline."""

    judge: Judge
    step_of: StepOf


async def decide(pool: Pool, receipt_number: ReceiptNumber, decision: Decision, stamp: Stamp) -> Outcome:
    """Lock the application, judge, write; None for an unknown number."""
    async with transaction(pool) as db:
        review = await store.lock_review(db, receipt_number)
        if review is None:
            return None
        judgement = await decision.judge(db, review)
        if not isinstance(judgement, Moved):
            return judgement
        step, details = decision.step_of(judgement.review)
        await write_steps(db, [Step(judgement, step, stamp.decider, details)], stamp.now, stamp.new_id)
        return Decided(judgement.review)


async def preview(pool: Pool, receipt_number: ReceiptNumber, decision: Decision) -> Judgement | None:
    """What the decision would do and tell, without doing it; None for an unknown number."""
    async with pool.acquire() as db:
        review = await store.find_review(db, receipt_number)
        return await decision.judge(db, review) if review else None


def asking(form: ClarificationForm, stamp: Stamp) -> Decision:
    """Send a question; from there on the applicant moves the application."""

    async def judge(db: Connection, review: Review) -> Judgement:
        schedule = await store.find_schedule(db)
        return ask(review, form, stamp.decider, schedule, stamp.new_id(), stamp.now)

    return Decision(judge, _asked)


def taking_back(form: CancelForm, stamp: Stamp) -> Decision:
    """Ask intake for the question back; an answer that came first wins."""

    async def judge(_db: Connection, review: Review) -> Judgement:
        return request_cancel(review, form, stamp.decider, stamp.now)

    return Decision(judge, lambda _: (TimelineStep.CANCEL_REQUESTED, {}))


def voiding(form: VoidForm, stamp: Stamp) -> Decision:
    """Void after the review has ended, until 18:00 on the day before the start."""

    async def judge(_db: Connection, review: Review) -> Judgement:
        return void(review, form, stamp.decider, stamp.now)

    return Decision(judge, voided_step)


def moving_start(form: StartDateForm, stamp: Stamp) -> Decision:
    """Another start date after the review has ended (E18)."""

    async def judge(db: Connection, review: Review) -> Judgement:
        return change_start_date(review, form, stamp.decider, await store.find_schedule(db), stamp.now)

    return Decision(judge, _start_date_changed)


def recording_setting(form: SettingForm, stamp: Stamp) -> Decision:
    """The required system setting is complete."""

    async def judge(_db: Connection, review: Review) -> Judgement:
        return record_setting(review, form, stamp.decider, stamp.now)

    return Decision(judge, _setting_recorded)


def declining(form: SecondForm, stamp: Stamp) -> Decision:
    """Send a proposal back to its first approver; the application waits for a decision as before."""

    async def judge(_db: Connection, review: Review) -> Judgement:
        return decline_proposal(review, form.revision, stamp.decider, stamp.now)

    return Decision(judge, lambda _: (TimelineStep.PROPOSAL_DECLINED, {"note": form.note}))


def voided_step(review: Review) -> tuple[TimelineStep, Mapping[str, str | None]]:
    """How a void stands on the timeline."""
    voiding = review.voiding
    reason, note = (voiding.reason_code, voiding.note) if voiding else (None, None)
    return TimelineStep.VOIDED, {"void_reason": reason, "note": note}


def _asked(review: Review) -> tuple[TimelineStep, Mapping[str, str | None]]:
    question = review.clarification
    if question is None:
        return TimelineStep.ASKED, {}
    details = {
        "clarification_reason": question.reason_code,
        "note": question.question,
        "answer_by": _iso(question.answer_by),
    }
    return TimelineStep.ASKED, details


def _start_date_changed(review: Review) -> tuple[TimelineStep, Mapping[str, str | None]]:
    terms = review.terms
    start, note = (terms.confirmed_start_date, terms.start_date_note) if terms else (None, None)
    return TimelineStep.START_DATE_CHANGED, {"confirmed_start_date": _iso(start), "note": note}


def _setting_recorded(review: Review) -> tuple[TimelineStep, Mapping[str, str | None]]:
    day = review.terms.setting_completed_on if review.terms else None
    return TimelineStep.SETTING_RECORDED, {"completed_on": _iso(day)}


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
