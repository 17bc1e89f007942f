"""What provisioning's answers make of an application."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from services.review.domain.review import (
    IllegalTransition,
    ReviewState,
    RevisionMismatch,
    complete,
    mailboxes_after,
    note_issue_failed,
    start_service,
)
from shared.contracts.event_data import MailboxKind
from shared.contracts.people import MailboxChange
from shared.contracts.review_events import IssueFailedNoted, MailboxCounts, ReviewCompleted
from shared.kernel.identifiers import MailboxId
from tests.builders import NEW_MAILBOX, NOW, a_mailbox, an_issue_failure, mailboxes_issued, service_started
from tests.unit.review.builders import a_review, an_approved_review


def test_issued_mailboxes_complete_the_review() -> None:
    late_evening = datetime(2018, 10, 24, 15, 30, tzinfo=UTC)
    moved = complete(an_approved_review(date(2018, 11, 8)), mailboxes_issued(issued_at=late_evening), NOW)
    assert moved is not None
    assert isinstance(moved.announces, ReviewCompleted)
    event = moved.announces
    assert moved.review.state is ReviewState.REVIEW_COMPLETED
    assert event.completed_on == date(2018, 10, 25)  # half past midnight in Japan
    assert moved.review.issued is not None
    assert moved.review.issued.completed_on == event.completed_on
    assert event.mailbox_ids_issued == [NEW_MAILBOX]
    assert event.mailboxes_after == MailboxCounts(smtp_pop3=2, edifact=0)
    assert (event.viewable_from, event.viewable_until) == (NOW, date(2018, 11, 5))
    assert (event.start_date_changed, event.start_date_note) == (True, "月次の登録日に合わせました。")
    assert event.system_setting_deadline is None


def test_additions_and_abolitions_count_by_kind() -> None:
    change = MailboxChange(
        add_smtp_pop3=2,
        add_edifact=1,
        abolish=[MailboxId("NAC00101"), MailboxId("NAC00103")],
        mailboxes_before=[
            a_mailbox("NAC00101"),
            a_mailbox("NAC00102"),
            a_mailbox("NAC00103", MailboxKind.EDIFACT),
        ],
    )
    assert mailboxes_after(a_review(mailbox_change=change)) == MailboxCounts(smtp_pop3=3, edifact=1)


@pytest.mark.parametrize("state", [ReviewState.REVIEW_COMPLETED, ReviewState.IN_SERVICE, ReviewState.VOIDED])
def test_what_is_completed_already_is_not_completed_again(state: ReviewState) -> None:
    assert complete(replace(an_approved_review(), state=state), mailboxes_issued(), NOW) is None


def test_an_issue_without_an_approval_is_impossible() -> None:
    with pytest.raises(IllegalTransition):
        complete(a_review(), mailboxes_issued(), NOW)


def test_an_issue_of_another_revision_is_refused() -> None:
    with pytest.raises(RevisionMismatch):
        complete(an_approved_review(), mailboxes_issued(revision=2), NOW)


def test_a_failed_issue_puts_the_application_back_under_review() -> None:
    moved = note_issue_failed(an_approved_review(), an_issue_failure(), NOW)
    assert moved is not None
    assert (moved.review.state, moved.review.terms) == (ReviewState.UNDER_REVIEW, None)
    assert moved.review.issue_failure == "ids_exhausted"
    assert moved.announces == IssueFailedNoted(receipt_number=moved.review.receipt_number, reason_code="ids_exhausted")


def test_a_failure_that_is_known_already_changes_nothing() -> None:
    assert note_issue_failed(a_review(), an_issue_failure(), NOW) is None


def test_the_start_of_service_is_final_and_told_by_nobody_here() -> None:
    completed = complete(an_approved_review(), mailboxes_issued(), NOW)
    assert completed is not None
    started = start_service(completed.review, service_started(), NOW)
    assert started is not None
    assert (started.review.state, started.announces) == (ReviewState.IN_SERVICE, None)
    assert start_service(started.review, service_started(), NOW) is None
