"""What provisioning's answers make of an approved application."""

from dataclasses import replace
from datetime import datetime

from services.review.domain.review.record import IssuedResult, Moved, Review, mailboxes_after
from services.review.domain.review.states import IllegalTransition, Move, ReviewState, next_state
from shared.contracts.provisioning_events import (
    MailboxesIssued,
    MailboxIssueFailed,
    PasswordsReissued,
    ServiceStarted,
)
from shared.contracts.review_events import IssueFailedNoted, MailboxCounts, ReviewCompleted
from shared.kernel.local_time import local_date

_ISSUED = frozenset({ReviewState.REVIEW_COMPLETED, ReviewState.IN_SERVICE, ReviewState.VOIDED})


class RevisionMismatch(ValueError):
    """Provisioning answered an approval of another revision."""


def complete(review: Review, issued: MailboxesIssued, now: datetime) -> Moved | None:
    """The completed review with what was issued; None when that is known already. It ends on the day of issue (E19)."""
    if review.state in _ISSUED:
        return None
    if review.revision != issued.revision:
        raise RevisionMismatch(f"{review.receipt_number}: issued for revision {issued.revision}, not {review.revision}")
    result = IssuedResult(
        completed_on=local_date(issued.issued_at),
        mailbox_ids=tuple(mailbox.mailbox_id for mailbox in issued.mailboxes),
        viewable_until=issued.viewable_until,
    )
    completed = replace(
        review,
        state=next_state(review.state, Move.COMPLETE),
        issued=result,
        moved_at=now,
        moved_by=None,
    )
    return Moved(completed, _completed_event(completed, issued, now))


def complete_reissue(
    review: Review, reissued: PasswordsReissued, mailboxes: MailboxCounts, now: datetime
) -> Moved | None:
    """The end of a reissue (S16): no dates, new passwords; None when that is known already. Raises IllegalTransition.

    `mailboxes` are the office's, which a reissue does not change.
    """
    terms = review.terms
    if review.state in _ISSUED:
        return None
    state = next_state(review.state, Move.COMPLETE)
    completed_on = local_date(reissued.reissued_at)
    result = IssuedResult(completed_on, tuple(reissued.mailbox_ids), reissued.viewable_until)
    completed = ReviewCompleted(
        receipt_number=review.receipt_number,
        revision=review.revision,
        kind=review.kind,
        office_code=review.office_code,
        completed_at=now,
        completed_on=completed_on,
        start_date_note=terms.start_date_note if terms else None,
        mailbox_ids_reissued=list(reissued.mailbox_ids),
        viewable_from=reissued.viewable_from,
        viewable_until=reissued.viewable_until,
        mailboxes_after=mailboxes,
    )
    return Moved(replace(review, state=state, issued=result, moved_at=now, moved_by=None), completed)


def note_issue_failed(review: Review, failed: MailboxIssueFailed, now: datetime) -> Moved | None:
    """Back under review, with the reason; None when the approval that failed is not the one in force."""
    if review.state is not ReviewState.APPROVED or review.revision != failed.revision:
        return None
    back = replace(
        review,
        state=next_state(review.state, Move.NOTE_ISSUE_FAILED),
        terms=None,
        issue_failure=failed.reason_code.value,
        moved_at=now,
        moved_by=None,
    )
    noted = IssueFailedNoted(receipt_number=review.receipt_number, reason_code=failed.reason_code.value)
    return Moved(back, noted)


def start_service(review: Review, _started: ServiceStarted, now: datetime) -> Moved | None:
    """In service, as provisioning announced; None when it has started already or was voided."""
    if review.state in (ReviewState.IN_SERVICE, ReviewState.VOIDED):
        return None
    state = next_state(review.state, Move.START_SERVICE)
    return Moved(replace(review, state=state, moved_at=now, moved_by=None), None)


def _completed_event(review: Review, issued: MailboxesIssued, now: datetime) -> ReviewCompleted:
    terms = review.terms
    if terms is None:
        raise IllegalTransition(review.state, Move.COMPLETE)
    return ReviewCompleted(
        receipt_number=review.receipt_number,
        revision=review.revision,
        kind=review.kind,
        office_code=review.office_code,
        completed_at=now,
        completed_on=local_date(issued.issued_at),
        requested_start_date=review.requested_start_date,
        confirmed_start_date=terms.confirmed_start_date,
        start_date_changed=terms.confirmed_start_date != review.requested_start_date,
        start_date_note=terms.start_date_note,
        mailbox_ids_issued=[mailbox.mailbox_id for mailbox in issued.mailboxes],
        mailbox_ids_abolished=[abolition.mailbox_id for abolition in issued.abolitions],
        viewable_from=issued.viewable_from,
        viewable_until=issued.viewable_until,
        system_setting_deadline=terms.system_setting_deadline,
        mailboxes_after=mailboxes_after(review),
    )
