"""The automatic policy, off by default: approve what a reviewer would approve without a thought."""

from datetime import datetime

from services.review.domain.review.approval import ApprovalForm, Approver, Grounds, MovedOn, Refused, approve
from services.review.domain.review.record import Moved, Review
from services.review.domain.review.start_dates import suggested_start
from shared.contracts.review_events import DecidedBy
from shared.kernel.local_time import local_date


def approve_by_policy(
    review: Review, grounds: Grounds, moved_note: str, policy_name: str, now: datetime
) -> Moved | Refused | MovedOn:
    """Approve for the earliest open registration day on or after the wish; nothing that needs a tick is ticked.

    `moved_note` is what the applicant reads where that day is not the wished one.
    """
    start = suggested_start(grounds.schedule, review.requested_start_date, review.received_on, local_date(now))
    moved = start is not None and start != review.requested_start_date
    form = ApprovalForm(
        revision=review.revision,
        confirmed_start_date=start.isoformat() if start else "",
        note=moved_note if moved else "",
    )
    return approve(review, form, Approver(policy_name, False, DecidedBy.POLICY), grounds, now)
