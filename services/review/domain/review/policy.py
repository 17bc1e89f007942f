"""Approving what needs no thought: by the automatic policy, off by default, or many at once by a reviewer."""

from datetime import date, datetime

from services.review.domain.review.approval import Grounds, approve
from services.review.domain.review.forms import ApprovalForm
from services.review.domain.review.problems import DecisionProblem, MovedOn, Refused
from services.review.domain.review.record import Decider, Moved, Review
from services.review.domain.review.second_approver import needs_second_approver
from services.review.domain.review.start_dates import suggested_start
from shared.kernel.local_time import local_date


def approve_by_policy(
    review: Review, grounds: Grounds, moved_note: str, policy: Decider, now: datetime
) -> Moved | Refused | MovedOn:
    """Approve for the earliest open registration day on or after the wish, if nothing calls for a person.

    `moved_note` is what the applicant reads where that day is not the wished one.
    """
    form = clean_approval(review, grounds, moved_note, local_date(now))
    if form is None:
        return Refused([DecisionProblem.NOT_CLEAN])
    return approve(review, form, policy, grounds, now)


def clean_approval(review: Review, grounds: Grounds, moved_note: str, today: date) -> ApprovalForm | None:
    """The approval that suggests itself; None where a person has to look.

    That is where a check is not clean, where issuing has failed before (the same would fail again), where two people
    have to agree, and where the schedule holds no day. Nothing that needs a tick is ticked.
    """
    if not grounds.is_clean or review.issue_failure or review.proposal:
        return None
    if needs_second_approver(review, grounds.contract, grounds.second_approver):
        return None
    if review.requested_start_date is None:
        return ApprovalForm(review.revision)
    start = suggested_start(grounds.schedule, review.requested_start_date, review.received_on, today)
    if start is None:
        return None
    note = moved_note if start != review.requested_start_date else ""
    return ApprovalForm(review.revision, start.isoformat(), note)
