"""What review's own events make of an application whose decision was lost with its database. Nothing is told again.

Who decided stands in no event, so that stays empty.
"""

from dataclasses import replace

from services.review.domain.review.record import ApprovalTerms, Clarification, Review, Voiding
from services.review.domain.review.start_dates import setting_deadline
from services.review.domain.review.states import Move, next_state
from services.review.domain.schedule import Schedule
from shared.contracts.review_events import (
    ApplicationApproved,
    ApplicationVoided,
    ClarificationCancelRequested,
    ClarificationReminded,
    ClarificationRequested,
    StartDateChanged,
    SystemSettingRecorded,
)

UNKNOWN = ""
Decision = (
    ApplicationApproved
    | ApplicationVoided
    | ClarificationCancelRequested
    | ClarificationReminded
    | ClarificationRequested
    | StartDateChanged
    | SystemSettingRecorded
)


class NothingToDecide(ValueError):
    """The event does not fit the application as it stands: a person must compare."""


def restored(review: Review, event: Decision, schedule: Schedule | None) -> Review:
    """The application after the decision. Raises NothingToDecide and IllegalTransition."""
    match event:
        case ApplicationApproved():
            return _approved(review, event, schedule)
        case ClarificationRequested():
            return _asked(review, event)
        case ApplicationVoided():
            voiding = Voiding(event.reason_code, event.note)
            state = next_state(review.state, Move.VOID)
            return replace(review, state=state, voiding=voiding, proposal=None, moved_at=event.voided_at, moved_by=None)
        case ClarificationCancelRequested() | ClarificationReminded():
            return _about_question(review, event)
        case StartDateChanged() | SystemSettingRecorded():
            return _after_completion(review, event)


def _approved(review: Review, event: ApplicationApproved, schedule: Schedule | None) -> Review:
    start = event.confirmed_start_date
    needs_deadline = event.system_setting_required and start is not None
    terms = ApprovalTerms(
        approved_at=event.approved_at,
        approved_by=UNKNOWN,
        decided_by=event.decided_by,
        confirmed_start_date=start,
        start_date_note=event.start_date_note,
        system_setting_required=event.system_setting_required,
        system_setting_deadline=setting_deadline(schedule, start) if needs_deadline and schedule and start else None,
        calendar_version=event.calendar_version,
        schedule_version=event.schedule_version,
    )
    state, at = next_state(review.state, Move.APPROVE), event.approved_at
    return replace(review, state=state, terms=terms, proposal=None, issue_failure=None, moved_at=at, moved_by=None)


def _asked(review: Review, event: ClarificationRequested) -> Review:
    question = Clarification(
        clarification_id=event.clarification_id,
        reason_code=event.reason_code,
        question=event.question,
        asked_at=event.requested_at,
        asked_by=UNKNOWN,
        answer_by=event.answer_by,
    )
    state = next_state(review.state, Move.ASK)
    return replace(review, state=state, clarification=question, proposal=None, moved_at=event.requested_at)


def _about_question(review: Review, event: ClarificationCancelRequested | ClarificationReminded) -> Review:
    question = review.clarification
    if question is None or question.clarification_id != event.clarification_id:
        raise NothingToDecide(review.receipt_number)
    if isinstance(event, ClarificationReminded):
        return replace(review, clarification=replace(question, reminded_at=event.reminded_at))
    return replace(review, clarification=replace(question, cancel_requested_at=event.requested_at))


def _after_completion(review: Review, event: StartDateChanged | SystemSettingRecorded) -> Review:
    terms = review.terms
    if terms is None:
        raise NothingToDecide(review.receipt_number)
    if isinstance(event, SystemSettingRecorded):
        return replace(review, terms=replace(terms, setting_completed_on=event.completed_on))
    moved = replace(
        terms,
        confirmed_start_date=event.new_start_date,
        start_date_note=event.note,
        system_setting_deadline=event.system_setting_deadline,
    )
    return replace(review, state=next_state(review.state, Move.CHANGE_START_DATE), terms=moved)
