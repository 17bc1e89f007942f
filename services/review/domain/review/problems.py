"""Why a decision is refused, and what each decision answers to somebody who came too late."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from services.review.domain.review.states import ReviewState


class DecisionProblem(StrEnum):
    """Why a decision is refused; stable codes of page and API."""

    SCHEDULE_MISSING = "schedule_missing"
    OFFICE_CLOSED = "office_closed"
    START_DATE_UNREADABLE = "start_date_unreadable"
    START_DATE_NOT_FUTURE = "start_date_not_future"
    START_DATE_TOO_EARLY = "start_date_too_early"
    START_DATE_TOO_EARLY_FOR_SETTING = "start_date_too_early_for_setting"
    START_DATE_NOT_REGISTRATION_DAY = "start_date_not_registration_day"
    START_DATE_NOT_BUSINESS_DAY = "start_date_not_business_day"
    START_DATE_NOT_COVERED = "start_date_not_covered"
    START_DATE_NOT_LATER = "start_date_not_later"
    NOTE_REQUIRED = "note_required"
    NOTE_TOO_LONG = "note_too_long"
    CHECK_NOT_ACKNOWLEDGED = "check_not_acknowledged"
    NOT_CLEAN = "not_clean"
    SAME_PERSON = "same_person"
    QUESTION_REQUIRED = "question_required"
    QUESTION_TOO_LONG = "question_too_long"
    REASON_UNKNOWN = "reason_unknown"
    ANSWER_BY_UNREADABLE = "answer_by_unreadable"
    ANSWER_BY_NOT_FUTURE = "answer_by_not_future"
    ANSWER_BY_NOT_BUSINESS_DAY = "answer_by_not_business_day"
    CANCEL_ALREADY_REQUESTED = "cancel_already_requested"
    TOO_LATE = "too_late"
    WITHOUT_START_DATE = "without_start_date"
    SETTING_NOT_REQUIRED = "setting_not_required"
    SETTING_ALREADY_RECORDED = "setting_already_recorded"
    COMPLETED_ON_UNREADABLE = "completed_on_unreadable"
    COMPLETED_ON_IN_FUTURE = "completed_on_in_future"
    COMPLETED_ON_AFTER_DEADLINE = "completed_on_after_deadline"


_P = DecisionProblem
FIELD_OF: Mapping[DecisionProblem, str] = MappingProxyType(
    {
        **dict.fromkeys(DecisionProblem, "confirmed_start_date"),
        _P.OFFICE_CLOSED: "revision",
        _P.NOTE_REQUIRED: "note",
        _P.NOTE_TOO_LONG: "note",
        _P.CHECK_NOT_ACKNOWLEDGED: "acknowledged",
        _P.NOT_CLEAN: "revision",
        _P.SAME_PERSON: "revision",
        _P.QUESTION_REQUIRED: "question",
        _P.QUESTION_TOO_LONG: "question",
        _P.REASON_UNKNOWN: "reason_code",
        _P.ANSWER_BY_UNREADABLE: "answer_by",
        _P.ANSWER_BY_NOT_FUTURE: "answer_by",
        _P.ANSWER_BY_NOT_BUSINESS_DAY: "answer_by",
        _P.CANCEL_ALREADY_REQUESTED: "clarification_id",
        _P.TOO_LATE: "revision",
        _P.WITHOUT_START_DATE: "revision",
        _P.SETTING_NOT_REQUIRED: "revision",
        _P.SETTING_ALREADY_RECORDED: "revision",
        _P.COMPLETED_ON_UNREADABLE: "completed_on",
        _P.COMPLETED_ON_IN_FUTURE: "completed_on",
        _P.COMPLETED_ON_AFTER_DEADLINE: "completed_on",
    }
)
"""Which field of the form each problem belongs to."""


STATE_PROBLEMS = frozenset(problem for problem, field in FIELD_OF.items() if field in ("revision", "clarification_id"))
"""Not what was entered stands in the way, but where the application stands."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The decision cannot be made as entered; every reason, in the order of the form."""

    problems: Sequence[DecisionProblem]


@dataclass(frozen=True, slots=True)
class MovedOn:
    """Somebody was faster (E29): the application is no longer what the screen showed."""

    state: ReviewState
    revision: int
    moved_by: str | None
    moved_at: datetime
