"""Approving an application with a confirmed start date; a refusal names every reason at once."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from services.review.domain.contract import Contract
from services.review.domain.review.forms import NOTE_LIMIT, ApprovalForm, as_stored
from services.review.domain.review.problems import DecisionProblem, MovedOn, Refused
from services.review.domain.review.record import (
    ApprovalTerms,
    Decider,
    Moved,
    ProposedApproval,
    Review,
    has_start_date,
    moved_on,
)
from services.review.domain.review.second_approver import NO_SECOND_APPROVER, SecondApproverRule, needs_second_approver
from services.review.domain.review.start_dates import (
    StartDateChoice,
    read_start_date,
    setting_deadline,
    start_date_problems,
)
from services.review.domain.review.states import Move, ReviewState, next_state
from services.review.domain.schedule import Schedule
from services.review.domain.staff import StaffMember
from shared.contracts.review_events import ApplicationApproved, DecidedBy
from shared.kernel.local_time import local_date

POLICY_VERSION = 2
"""Rises with every change of what may be approved; stands in the event and in the record of each approval."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """The facts of the moment that an approval is judged by.

    `failing_checks` are to be acknowledged one by one; `is_clean` says that no check calls for a person.
    """

    schedule: Schedule | None
    contract: Contract | None
    failing_checks: frozenset[str] = frozenset()
    is_clean: bool = True
    second_approver: SecondApproverRule = NO_SECOND_APPROVER


def reviewer(member: StaffMember) -> Decider:
    """The member of staff as the one who decides."""
    return Decider(member.display_name, member.is_lead, DecidedBy.REVIEWER, member.login)


def approve(
    review: Review, form: ApprovalForm, decider: Decider, grounds: Grounds, now: datetime
) -> Moved | Refused | MovedOn:
    """The approved review with its event, or every problem at once, or who was faster.

    Where a second approver is needed, the review stays where it is and carries the proposal; nothing is told yet.
    """
    if not _awaits_decision(review, form.revision) or review.proposal is not None:
        return moved_on(review)
    problems = approval_problems(review, form, decider, grounds, local_date(now))
    if problems or grounds.schedule is None:
        return Refused(problems)
    if needs_second_approver(review, grounds.contract, grounds.second_approver) and decider.login is not None:
        proposal = ProposedApproval(form, decider.name, decider.login, now)
        return Moved(replace(review, proposal=proposal, moved_at=now, moved_by=decider.name), None)
    return _approved(review, _terms(review, form, decider, grounds.schedule, now))


def approve_as_second(
    review: Review, revision: int, decider: Decider, grounds: Grounds, now: datetime
) -> Moved | Refused | MovedOn:
    """The proposal stands: judged again as of today, and never by the person who made it."""
    proposal = review.proposal
    if not _awaits_decision(review, revision) or proposal is None:
        return moved_on(review)
    if decider.login == proposal.proposed_by_login:
        return Refused([DecisionProblem.SAME_PERSON])
    problems = approval_problems(review, proposal.form, decider, grounds, local_date(now))
    if problems or grounds.schedule is None:
        return Refused(problems)
    terms = _terms(review, proposal.form, decider, grounds.schedule, now)
    both = replace(terms, proposed_by=proposal.proposed_by, proposed_by_login=proposal.proposed_by_login)
    return _approved(review, both)


def decline_proposal(review: Review, revision: int, decider: Decider, now: datetime) -> Moved | MovedOn:
    """The proposal goes back: the application is under review as before."""
    if not _awaits_decision(review, revision) or review.proposal is None:
        return moved_on(review)
    return Moved(replace(review, proposal=None, moved_at=now, moved_by=decider.name), None)


def approval_problems(
    review: Review, form: ApprovalForm, decider: Decider, grounds: Grounds, today: date
) -> list[DecisionProblem]:
    """Every reason against the approval, in the order of the form; empty when it can be made."""
    if grounds.contract is not None and grounds.contract.closed_on is not None:
        return [DecisionProblem.OFFICE_CLOSED]
    problems: list[DecisionProblem] = []
    if must_hold(review, grounds.schedule):
        problems.append(DecisionProblem.SCHEDULE_MISSING)
    elif grounds.schedule is not None and has_start_date(review):
        choice = StartDateChoice(form.confirmed_start_date, form.system_setting_required, decider.is_lead)
        problems += start_date_problems(choice, grounds.schedule, today)
    problems += _note_problems(review, form)
    if grounds.failing_checks - form.acknowledged:
        problems.append(DecisionProblem.CHECK_NOT_ACKNOWLEDGED)
    return problems


def must_hold(review: Review, schedule: Schedule | None) -> bool:
    """Whether approval waits for a schedule that reaches the wished month (E20)."""
    if schedule is None:
        return True
    wished = review.requested_start_date
    return wished is not None and not schedule.reaches_month_of(wished)


def _awaits_decision(review: Review, revision: int) -> bool:
    return review.state is ReviewState.UNDER_REVIEW and review.revision == revision


def _note_problems(review: Review, form: ApprovalForm) -> list[DecisionProblem]:
    note = as_stored(form.note)
    day = read_start_date(form.confirmed_start_date)
    if len(note) > NOTE_LIMIT:
        return [DecisionProblem.NOTE_TOO_LONG]
    if has_start_date(review) and day is not None and day != review.requested_start_date and not note:
        return [DecisionProblem.NOTE_REQUIRED]
    return []


def _terms(review: Review, form: ApprovalForm, decider: Decider, schedule: Schedule, now: datetime) -> ApprovalTerms:
    start = read_start_date(form.confirmed_start_date) if has_start_date(review) else None
    needs_setting = form.system_setting_required and start is not None
    return ApprovalTerms(
        approved_at=now,
        approved_by=decider.name,
        decided_by=decider.decided_by,
        confirmed_start_date=start,
        start_date_note=as_stored(form.note) or None,
        system_setting_required=needs_setting,
        system_setting_deadline=setting_deadline(schedule, start) if needs_setting and start else None,
        calendar_version=schedule.calendar_version,
        schedule_version=schedule.schedule_version,
        approved_by_login=decider.login,
    )


def _approved(review: Review, terms: ApprovalTerms) -> Moved:
    approved = replace(
        review,
        state=next_state(review.state, Move.APPROVE),
        terms=terms,
        proposal=None,
        issue_failure=None,
        moved_at=terms.approved_at,
        moved_by=terms.approved_by,
    )
    return Moved(approved, _approved_event(approved, terms))


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
