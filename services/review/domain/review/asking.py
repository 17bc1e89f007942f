"""Asking the applicant (B27), taking the question back, and reminding of it (T9)."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from services.review.domain.review.forms import QUESTION_LIMIT, CancelForm, ClarificationForm, as_stored
from services.review.domain.review.problems import DecisionProblem, MovedOn, Refused
from services.review.domain.review.record import (
    Clarification,
    ClarificationReason,
    Decider,
    Moved,
    Review,
    counts_on_from,
    moved_on,
)
from services.review.domain.review.states import Move, ReviewState, next_state
from services.review.domain.schedule import Schedule
from shared.contracts.intake_events import ClarificationReturned
from shared.contracts.review_events import (
    ClarificationCancelRequested,
    ClarificationReminded,
    ClarificationRequested,
)
from shared.kernel.business_days import BusinessCalendar, DateNotCovered
from shared.kernel.japanese_text import parse_japanese_date
from shared.kernel.local_time import TOKYO, local_date

REMIND_AFTER_BUSINESS_DAYS = 10
REMINDING_FROM = time(9)
"""Reminders go out when offices open, not at midnight."""


def ask(
    review: Review,
    form: ClarificationForm,
    decider: Decider,
    schedule: Schedule | None,
    clarification_id: UUID,
    now: datetime,
) -> Moved | Refused | MovedOn:
    """The question stands and intake holds the ball; or every problem at once, or who was faster.

    A proposal that waits for a second approver ends with it: the application may change now.
    """
    if review.state is not ReviewState.UNDER_REVIEW or review.revision != form.revision:
        return moved_on(review)
    problems = clarification_problems(form, schedule, local_date(now))
    if problems:
        return Refused(problems)
    clarification = Clarification(
        clarification_id=clarification_id,
        reason_code=ClarificationReason(form.reason_code).value,
        question=as_stored(form.question),
        asked_at=now,
        asked_by=decider.name,
        answer_by=parse_japanese_date(form.answer_by),
    )
    asked = replace(
        review,
        state=next_state(review.state, Move.ASK),
        clarification=clarification,
        proposal=None,
        issue_failure=None,
        moved_at=now,
        moved_by=decider.name,
    )
    return Moved(asked, _requested_event(asked, clarification))


def clarification_problems(form: ClarificationForm, schedule: Schedule | None, today: date) -> list[DecisionProblem]:
    """Every reason against the question, in the order of the form; empty when it can be sent."""
    problems = []
    if form.reason_code not in set(ClarificationReason):
        problems.append(DecisionProblem.REASON_UNKNOWN)
    question = as_stored(form.question)
    if not question:
        problems.append(DecisionProblem.QUESTION_REQUIRED)
    if len(question) > QUESTION_LIMIT:
        problems.append(DecisionProblem.QUESTION_TOO_LONG)
    return problems + _answer_by_problems(form.answer_by, schedule, today)


def suggested_answer_by(schedule: Schedule | None, today: date) -> date | None:
    """The day on which a reminder would follow; None where the calendar does not reach it."""
    try:
        return schedule.calendar.add_business_days(today, REMIND_AFTER_BUSINESS_DAYS) if schedule else None
    except DateNotCovered:
        return None


def request_cancel(review: Review, form: CancelForm, decider: Decider, now: datetime) -> Moved | Refused | MovedOn:
    """Ask intake for the question back; the application stays in CLARIFICATION until intake has answered."""
    open_question = review.clarification
    if open_question is None or open_question.clarification_id != form.clarification_id:
        return moved_on(review)
    if open_question.cancel_requested_at is not None:
        return Refused([DecisionProblem.CANCEL_ALREADY_REQUESTED])
    wish = ClarificationCancelRequested(
        receipt_number=review.receipt_number, clarification_id=form.clarification_id, requested_at=now
    )
    asked_back = replace(open_question, cancel_requested_at=now)
    return Moved(replace(review, clarification=asked_back, moved_at=now, moved_by=decider.name), wish)


def give_back(
    review: Review, returned: ClarificationReturned, schedule: Schedule | None, now: datetime
) -> Moved | None:
    """Review holds the application again, as it was asked about; None when that question is open no longer."""
    open_question = review.clarification
    if open_question is None or open_question.clarification_id != returned.clarification_id:
        return None
    back = replace(
        review,
        state=next_state(review.state, Move.GIVE_BACK),
        counts_from=counts_on_from(review, schedule, now),
        clarification=None,
        moved_at=now,
        moved_by=None,
    )
    return Moved(back, None)


def remind(review: Review, now: datetime) -> Moved | None:
    """The one reminder of a question; None when it is open no longer, was reminded of, or is being taken back."""
    question = review.clarification
    if question is None or question.reminded_at is not None or question.cancel_requested_at is not None:
        return None
    reminded = ClarificationReminded(
        receipt_number=review.receipt_number,
        clarification_id=question.clarification_id,
        reminded_at=now,
        answer_by=question.answer_by,
    )
    return Moved(replace(review, clarification=replace(question, reminded_at=now)), reminded)


def reminded_if_asked_before(calendar: BusinessCalendar, now: datetime) -> datetime:
    """Questions asked before this instant are due: their tenth business day has begun (T9). Raises DateNotCovered."""
    today = local_date(now)
    begun = today if now.astimezone(TOKYO).time() >= REMINDING_FROM else today - timedelta(days=1)
    tenth_back = calendar.add_business_days(begun + timedelta(days=1), -REMIND_AFTER_BUSINESS_DAYS)
    return datetime.combine(tenth_back, time.min, tzinfo=TOKYO)


def _answer_by_problems(text: str, schedule: Schedule | None, today: date) -> list[DecisionProblem]:
    if not text.strip():
        return []
    day = parse_japanese_date(text)
    if day is None:
        return [DecisionProblem.ANSWER_BY_UNREADABLE]
    if day <= today:
        return [DecisionProblem.ANSWER_BY_NOT_FUTURE]
    try:
        is_open = schedule is None or schedule.calendar.is_business_day(day)
    except DateNotCovered:
        is_open = False
    return [] if is_open else [DecisionProblem.ANSWER_BY_NOT_BUSINESS_DAY]


def _requested_event(review: Review, clarification: Clarification) -> ClarificationRequested:
    return ClarificationRequested(
        receipt_number=review.receipt_number,
        revision=review.revision,
        clarification_id=clarification.clarification_id,
        question=clarification.question,
        reason_code=clarification.reason_code,
        requested_at=clarification.asked_at,
        answer_by=clarification.answer_by,
    )
