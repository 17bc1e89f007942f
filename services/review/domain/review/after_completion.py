"""What can still happen after the review has ended: void, another start date, the required system setting (E18, T6)."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from services.review.domain.review.forms import NOTE_LIMIT, SettingForm, StartDateForm, VoidForm, as_stored
from services.review.domain.review.problems import DecisionProblem, MovedOn, Refused
from services.review.domain.review.record import (
    ApprovalTerms,
    Decider,
    Moved,
    Review,
    Voiding,
    VoidReason,
    has_start_date,
    moved_on,
)
from services.review.domain.review.start_dates import (
    StartDateChoice,
    read_start_date,
    setting_deadline,
    start_date_problems,
)
from services.review.domain.review.states import Move, ReviewState, next_state
from services.review.domain.schedule import Schedule
from shared.contracts.provisioning_events import MailboxesRescheduled, MailboxesVoided
from shared.contracts.review_events import ApplicationVoided, StartDateChanged, SystemSettingRecorded
from shared.kernel.japanese_text import parse_japanese_date
from shared.kernel.local_time import TOKYO, local_date

LAST_CHANGE_AT = time(18)
"""On the day before the start; from then on provisioning holds the application."""

_SETTING_CAN_BE_RECORDED = frozenset({ReviewState.APPROVED, ReviewState.REVIEW_COMPLETED})


def last_change_before(start: date) -> datetime:
    """The first instant at which an application that starts on that day can be changed here no longer."""
    return datetime.combine(start - timedelta(days=1), LAST_CHANGE_AT, tzinfo=TOKYO)


def first_changeable_start(now: datetime) -> date:
    """The earliest start date whose application can still be changed at that instant."""
    tomorrow = local_date(now) + timedelta(days=1)
    return tomorrow if now < last_change_before(tomorrow) else tomorrow + timedelta(days=1)


def can_be_changed(review: Review, now: datetime) -> bool:
    """Whether review still holds the completed application. A reissue ended when its review did."""
    start = review.terms.confirmed_start_date if review.terms else None
    return review.state is ReviewState.REVIEW_COMPLETED and start is not None and start >= first_changeable_start(now)


def void(review: Review, form: VoidForm, decider: Decider, now: datetime) -> Moved | Refused | MovedOn:
    """Without effect any more; provisioning retires the IDs (E28). Or every problem at once, or who was faster."""
    problems = _change_problems(review, form.revision, now)
    if isinstance(problems, MovedOn):
        return problems
    if form.reason_code not in set(VoidReason):
        problems.append(DecisionProblem.REASON_UNKNOWN)
    note = as_stored(form.note)
    if form.reason_code == VoidReason.OTHER and not note:
        problems.append(DecisionProblem.NOTE_REQUIRED)
    if len(note) > NOTE_LIMIT:
        problems.append(DecisionProblem.NOTE_TOO_LONG)
    if problems:
        return Refused(problems)
    return _voided(review, Voiding(form.reason_code, note or None), decider.name, now)


def void_for_missing_setting(review: Review, now: datetime) -> Moved | None:
    """The system-setting deadline has passed without the setting (T6); None when there is no reason any more."""
    terms = review.terms
    if terms is None or terms.system_setting_deadline is None or terms.setting_completed_on is not None:
        return None
    if terms.system_setting_deadline >= local_date(now) or not can_be_changed(review, now):
        return None
    return _voided(review, Voiding(VoidReason.SYSTEM_SETTING_MISSING, None), None, now)


def void_for_closed_office(review: Review, now: datetime) -> Moved | None:
    """The office closes (E33): what review holds has no effect any more; None for what it does not hold."""
    if review.state is not ReviewState.UNDER_REVIEW and not can_be_changed(review, now):
        return None
    return _voided(review, Voiding(VoidReason.OFFICE_CLOSED, None), None, now)


def change_start_date(
    review: Review, form: StartDateForm, decider: Decider, schedule: Schedule | None, now: datetime
) -> Moved | Refused | MovedOn:
    """A later open registration day (E18); window end and setting deadline follow. A lead's decision."""
    problems = _change_problems(review, form.revision, now)
    if isinstance(problems, MovedOn):
        return problems
    terms = review.terms
    if not problems and terms is not None:
        problems = _new_date_problems(terms, form, schedule, local_date(now))
    note, new = as_stored(form.note), read_start_date(form.confirmed_start_date)
    if problems or schedule is None or terms is None or terms.confirmed_start_date is None or new is None:
        return Refused(problems)
    deadline = setting_deadline(schedule, new) if terms.system_setting_required else None
    changed = StartDateChanged(
        receipt_number=review.receipt_number,
        old_start_date=terms.confirmed_start_date,
        new_start_date=new,
        system_setting_deadline=deadline,
        note=note,
    )
    moved_terms = replace(
        terms,
        confirmed_start_date=new,
        start_date_note=note,
        system_setting_deadline=deadline,
        calendar_version=schedule.calendar_version,
        schedule_version=schedule.schedule_version,
    )
    state = next_state(review.state, Move.CHANGE_START_DATE)
    return Moved(replace(review, state=state, terms=moved_terms, moved_at=now, moved_by=decider.name), changed)


def record_setting(review: Review, form: SettingForm, decider: Decider, now: datetime) -> Moved | Refused | MovedOn:
    """The required system setting is complete; the clock can no longer void the application for it."""
    terms = review.terms
    if review.revision != form.revision or review.state not in _SETTING_CAN_BE_RECORDED or terms is None:
        return moved_on(review)
    today = local_date(now)
    completed_on = parse_japanese_date(form.completed_on) if form.completed_on.strip() else today
    problems = _setting_problems(terms, completed_on, today)
    if problems or completed_on is None:
        return Refused(problems)
    recorded = SystemSettingRecorded(receipt_number=review.receipt_number, completed_on=completed_on)
    with_setting = replace(terms, setting_completed_on=completed_on)
    return Moved(replace(review, terms=with_setting, moved_at=now, moved_by=decider.name), recorded)


def note_rescheduled(review: Review, rescheduled: MailboxesRescheduled, now: datetime) -> Moved | None:
    """Provisioning has moved the start; one that had begun by then waits for its new day (design: late by a race)."""
    if review.state not in (ReviewState.REVIEW_COMPLETED, ReviewState.IN_SERVICE) or review.issued is None:
        return None
    state = next_state(review.state, Move.CHANGE_START_DATE)
    issued = replace(review.issued, viewable_until=rescheduled.viewable_until or review.issued.viewable_until)
    is_newest = review.terms is not None and review.terms.confirmed_start_date == rescheduled.new_start_date
    return Moved(replace(review, state=state, issued=issued, moved_at=now), None) if is_newest else None


def note_voided(review: Review, _voided: MailboxesVoided, now: datetime) -> Moved | None:
    """Provisioning has retired the IDs; the review was voided before, or is now."""
    if review.state is ReviewState.VOIDED:
        return Moved(review, None)
    state = next_state(review.state, Move.VOID)
    return Moved(replace(review, state=state, moved_at=now, moved_by=None), None)


def _change_problems(review: Review, revision: int, now: datetime) -> list[DecisionProblem] | MovedOn:
    if review.state is not ReviewState.REVIEW_COMPLETED or review.revision != revision:
        return moved_on(review)
    if not has_start_date(review):
        return [DecisionProblem.WITHOUT_START_DATE]
    return [] if can_be_changed(review, now) else [DecisionProblem.TOO_LATE]


def _new_date_problems(
    terms: ApprovalTerms, form: StartDateForm, schedule: Schedule | None, today: date
) -> list[DecisionProblem]:
    if schedule is None:
        return [DecisionProblem.SCHEDULE_MISSING]
    needs_time = terms.system_setting_required and terms.setting_completed_on is None
    choice = StartDateChoice(form.confirmed_start_date, needs_time, approver_is_lead=False)
    problems = start_date_problems(choice, schedule, today)
    old, new = terms.confirmed_start_date, read_start_date(form.confirmed_start_date)
    note = as_stored(form.note)
    if not problems and old is not None and new is not None and new <= old:
        problems.append(DecisionProblem.START_DATE_NOT_LATER)
    if not note:
        problems.append(DecisionProblem.NOTE_REQUIRED)
    if len(note) > NOTE_LIMIT:
        problems.append(DecisionProblem.NOTE_TOO_LONG)
    return problems


def _setting_problems(terms: ApprovalTerms, completed_on: date | None, today: date) -> list[DecisionProblem]:
    if not terms.system_setting_required or terms.system_setting_deadline is None:
        return [DecisionProblem.SETTING_NOT_REQUIRED]
    if terms.setting_completed_on is not None:
        return [DecisionProblem.SETTING_ALREADY_RECORDED]
    if completed_on is None:
        return [DecisionProblem.COMPLETED_ON_UNREADABLE]
    if completed_on > today:
        return [DecisionProblem.COMPLETED_ON_IN_FUTURE]
    if completed_on > terms.system_setting_deadline:
        return [DecisionProblem.COMPLETED_ON_AFTER_DEADLINE]
    return []


def _voided(review: Review, voiding: Voiding, voided_by: str | None, now: datetime) -> Moved:
    voided = replace(
        review,
        state=next_state(review.state, Move.VOID),
        voiding=voiding,
        proposal=None,
        moved_at=now,
        moved_by=voided_by,
    )
    told = ApplicationVoided(
        receipt_number=review.receipt_number, voided_at=now, reason_code=voiding.reason_code, note=voiding.note
    )
    return Moved(voided, told)
