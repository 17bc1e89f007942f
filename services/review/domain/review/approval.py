"""Approving an application with a confirmed start date; a refusal names every reason at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType

from services.review.domain.contract import Contract
from services.review.domain.review.record import ApprovalTerms, Moved, Review, mailboxes_after, mailboxes_before
from services.review.domain.review.start_dates import (
    ApprovalProblem,
    StartDateChoice,
    read_start_date,
    setting_deadline,
    start_date_problems,
)
from services.review.domain.review.states import Move, ReviewState, next_state
from services.review.domain.schedule import Schedule
from services.review.domain.staff import StaffMember
from shared.contracts.event_data import ApplicationKind
from shared.contracts.intake_events import ProcessingMode
from shared.contracts.review_events import ApplicationApproved, DecidedBy
from shared.kernel.local_time import local_date

POLICY_VERSION = 1
NOTE_LIMIT = 240
DESTINATIONS_MOVED = "destinations_moved"
"""The check a reviewer ticks when the last SMTP/POP3 mailbox goes while its users remain (E12)."""

FIELD_OF: Mapping[ApprovalProblem, str] = MappingProxyType(
    {
        **dict.fromkeys(ApprovalProblem, "confirmed_start_date"),
        ApprovalProblem.NOTE_REQUIRED: "note",
        ApprovalProblem.NOTE_TOO_LONG: "note",
        ApprovalProblem.DESTINATIONS_NOT_ACKNOWLEDGED: "acknowledged",
    }
)
"""Which field of the form each problem belongs to."""


@dataclass(frozen=True, slots=True)
class ApprovalForm:
    """What the reviewer entered. `revision` is the revision that was on the screen."""

    revision: int
    confirmed_start_date: str = ""
    note: str = ""
    acknowledged: frozenset[str] = frozenset()
    system_setting_required: bool = False


@dataclass(frozen=True, slots=True)
class Approver:
    """Who decides: a member of staff, or the automatic policy under its own name."""

    name: str
    is_lead: bool
    decided_by: DecidedBy


@dataclass(frozen=True, slots=True)
class Grounds:
    """The facts of the moment that an approval is judged by."""

    schedule: Schedule | None
    contract: Contract | None


@dataclass(frozen=True, slots=True)
class Refused:
    """The approval cannot be made as entered; every reason, in the order of the form."""

    problems: Sequence[ApprovalProblem]


@dataclass(frozen=True, slots=True)
class MovedOn:
    """Somebody was faster (E29): the application is no longer what the screen showed."""

    state: ReviewState
    revision: int
    moved_by: str | None
    moved_at: datetime


def reviewer(member: StaffMember) -> Approver:
    """The member of staff as the one who decides."""
    return Approver(member.display_name, member.is_lead, DecidedBy.REVIEWER)


def approve(
    review: Review, form: ApprovalForm, approver: Approver, grounds: Grounds, now: datetime
) -> Moved | Refused | MovedOn:
    """The approved review with its event, or every problem at once, or who was faster."""
    if review.state is not ReviewState.UNDER_REVIEW or review.revision != form.revision:
        return MovedOn(review.state, review.revision, review.moved_by, review.moved_at)
    problems = approval_problems(review, form, approver, grounds, local_date(now))
    if problems or grounds.schedule is None:
        return Refused(problems)
    terms = _terms(review, form, approver, grounds.schedule, now)
    approved = replace(
        review,
        state=next_state(review.state, Move.APPROVE),
        terms=terms,
        issue_failure=None,
        moved_at=now,
        moved_by=approver.name,
    )
    return Moved(approved, _approved_event(approved, terms))


def approval_problems(
    review: Review, form: ApprovalForm, approver: Approver, grounds: Grounds, today: date
) -> list[ApprovalProblem]:
    """Every reason against the approval, in the order of the form; empty when it can be made."""
    problems: list[ApprovalProblem] = []
    if must_hold(review, grounds.schedule):
        problems.append(ApprovalProblem.SCHEDULE_MISSING)
    elif grounds.schedule is not None and has_start_date(review):
        choice = StartDateChoice(form.confirmed_start_date, form.system_setting_required, approver.is_lead)
        problems += start_date_problems(choice, grounds.schedule, today)
    problems += _note_problems(review, form)
    if gives_up_last_mailbox(review, grounds.contract) and DESTINATIONS_MOVED not in form.acknowledged:
        problems.append(ApprovalProblem.DESTINATIONS_NOT_ACKNOWLEDGED)
    return problems


def has_start_date(review: Review) -> bool:
    """A reissue of passwords has no dates."""
    return review.kind is ApplicationKind.MAILBOX_CHANGE


def must_hold(review: Review, schedule: Schedule | None) -> bool:
    """Whether approval waits for a schedule that reaches the wished month (E20)."""
    if schedule is None:
        return True
    wished = review.requested_start_date
    return wished is not None and not schedule.reaches_month_of(wished)


def gives_up_last_mailbox(review: Review, contract: Contract | None) -> bool:
    """Whether the last SMTP/POP3 mailbox goes while SMTP/POP3 users remain (E12)."""
    has_users = contract is not None and ProcessingMode.SMTP_POP3 in contract.processing_modes
    return has_users and mailboxes_before(review).smtp_pop3 > 0 and mailboxes_after(review).smtp_pop3 == 0


def _note_problems(review: Review, form: ApprovalForm) -> list[ApprovalProblem]:
    note = form.note.replace("\r\n", "\n").strip()
    day = read_start_date(form.confirmed_start_date)
    if len(note) > NOTE_LIMIT:
        return [ApprovalProblem.NOTE_TOO_LONG]
    if has_start_date(review) and day is not None and day != review.requested_start_date and not note:
        return [ApprovalProblem.NOTE_REQUIRED]
    return []


def _terms(review: Review, form: ApprovalForm, approver: Approver, schedule: Schedule, now: datetime) -> ApprovalTerms:
    start = read_start_date(form.confirmed_start_date) if has_start_date(review) else None
    needs_setting = form.system_setting_required and start is not None
    return ApprovalTerms(
        approved_at=now,
        approved_by=approver.name,
        decided_by=approver.decided_by,
        confirmed_start_date=start,
        start_date_note=form.note.replace("\r\n", "\n").strip() or None,
        system_setting_required=needs_setting,
        system_setting_deadline=setting_deadline(schedule, start) if needs_setting and start else None,
        calendar_version=schedule.calendar_version,
        schedule_version=schedule.schedule_version,
    )


def _approved_event(review: Review, terms: ApprovalTerms) -> ApplicationApproved:
    change, reissue = review.mailbox_change, review.password_reissue
    return ApplicationApproved(
        receipt_number=review.receipt_number,
        revision=review.revision,
        kind=review.kind,
        office_code=review.office_code,
        contract_version=review.contract_version,
        approved_at=terms.approved_at,
        requested_start_date=review.requested_start_date,
        confirmed_start_date=terms.confirmed_start_date,
        add_smtp_pop3=change.add_smtp_pop3 if change else 0,
        add_edifact=change.add_edifact if change else 0,
        abolish=list(change.abolish) if change else [],
        reissue=list(reissue.mailbox_ids) if reissue else [],
        start_date_changed=terms.confirmed_start_date != review.requested_start_date,
        start_date_note=terms.start_date_note,
        system_setting_required=terms.system_setting_required,
        calendar_version=terms.calendar_version,
        schedule_version=terms.schedule_version,
        policy_version=POLICY_VERSION,
        decided_by=terms.decided_by,
    )
