"""Small models of intake and provisioning, as design and event catalogue describe them, for the proof over the domain.

Each has an inbox per topic, read in order; which topic is read next, and when, is for the proof to choose.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from services.review.domain.review import ReviewState
from shared.contracts import intake_events as intake
from shared.contracts import provisioning_events as provisioning
from shared.contracts import review_events as review
from shared.contracts.event_data import ApplicationKind, EventData
from shared.kernel.local_time import local_date
from tests.builders import OFFICE, RECEIPT, an_application_received, mailboxes_issued

Publish = Callable[[EventData], None]
S = ReviewState


@dataclass
class Intake:
    """The applicant's side: one application, its status as applicants see it."""

    publish: Publish
    received: intake.ApplicationReceived
    status: ReviewState = S.RECEIVED
    revision: int = 1
    clarification_id: UUID | None = None
    waits_for_withdrawal: bool = False
    history: list[ReviewState] = field(default_factory=lambda: [S.RECEIVED])
    from_review: deque[EventData] = field(default_factory=deque)
    from_provisioning: deque[EventData] = field(default_factory=deque)

    def becomes(self, status: ReviewState) -> None:
        self.status = status
        self.history.append(status)

    def register(self) -> None:
        self.publish(self.received)

    def correct(self, now: datetime) -> None:
        assert self.clarification_id is not None
        self.revision += 1
        content = self.received.model_dump() | {"revision": self.revision}
        self.publish(
            intake.ApplicationCorrected(**content, corrected_at=now, answers_clarification_id=self.clarification_id)
        )
        self.clarification_id = None
        self.becomes(S.UNDER_REVIEW)

    def withdraw(self, now: datetime) -> None:
        if self.status is S.CLARIFICATION:
            self.publish(intake.ApplicationWithdrawn(receipt_number=RECEIPT, revision=self.revision, withdrawn_at=now))
            self.clarification_id = None
            self.becomes(S.WITHDRAWN)
        else:
            self.waits_for_withdrawal = True
            self.publish(intake.WithdrawalRequested(receipt_number=RECEIPT, revision=self.revision, requested_at=now))

    def hear_review(self, now: datetime) -> None:
        event = self.from_review.popleft()
        match event:
            case review.ReviewOpened():
                self.becomes(S.UNDER_REVIEW)
            case review.ClarificationRequested():
                self._hear_question(event.clarification_id, now)
            case review.ClarificationCancelRequested() if event.clarification_id == self.clarification_id:
                self._give_back(event.clarification_id, now)
            case review.WithdrawalAccepted():
                self.becomes(S.WITHDRAWN)
            case review.WithdrawalRefused():
                self.waits_for_withdrawal = False
            case review.ReviewCompleted() if S.IN_SERVICE not in self.history:
                self.becomes(S.REVIEW_COMPLETED)
            case review.ApplicationVoided():
                self.becomes(S.VOIDED)

    def _hear_question(self, clarification_id: UUID, now: datetime) -> None:
        self.clarification_id = clarification_id
        self.becomes(S.CLARIFICATION)
        if self.waits_for_withdrawal:
            self.withdraw(now)

    def hear_provisioning(self) -> None:
        event = self.from_provisioning.popleft()
        match event:
            case provisioning.ServiceStarted() if self.status is not S.VOIDED:
                if self.status is not S.REVIEW_COMPLETED:
                    self.becomes(S.REVIEW_COMPLETED)  # the completion is still on its way on the other topic
                self.becomes(S.IN_SERVICE)
            case provisioning.MailboxesRescheduled() if self.status is S.IN_SERVICE:
                self.becomes(S.REVIEW_COMPLETED)

    def _give_back(self, clarification_id: UUID, now: datetime) -> None:
        self.publish(
            intake.ClarificationReturned(
                receipt_number=RECEIPT, revision=self.revision, clarification_id=clarification_id, returned_at=now
            )
        )
        self.clarification_id = None
        self.becomes(S.UNDER_REVIEW)


@dataclass
class Provisioning:
    """The ledger's side: what was issued for the application, and whether its start has come."""

    publish: Publish
    is_exhausted: bool = False
    issued_revision: int | None = None
    start: date | None = None
    has_started: bool = False
    is_voided: bool = False
    issues: int = 0
    from_review: deque[EventData] = field(default_factory=deque)

    @property
    def has_approval(self) -> bool:
        return any(isinstance(event, review.ApplicationApproved) for event in self.from_review)

    def hear_review(self, now: datetime) -> None:
        event = self.from_review.popleft()
        match event:
            case review.ApplicationApproved():
                self._issue(event, now)
            case review.ApplicationVoided() if self.issued_revision is not None:
                self.is_voided = True
                told = provisioning.MailboxesVoided(receipt_number=RECEIPT, mailbox_ids=[], was_active=self.has_started)
                self.publish(told)
            case review.StartDateChanged():
                self.start, self.has_started = event.new_start_date, False
                self.publish(
                    provisioning.MailboxesRescheduled(
                        receipt_number=RECEIPT,
                        old_start_date=event.old_start_date,
                        new_start_date=event.new_start_date,
                    )
                )

    def is_due(self, now: datetime) -> bool:
        return self.start is not None and not self.has_started and not self.is_voided and self.start <= local_date(now)

    def begin_service(self) -> None:
        assert self.start is not None
        self.has_started = True
        self.publish(provisioning.ServiceStarted(receipt_number=RECEIPT, office_code=OFFICE, started_on=self.start))

    def _issue(self, approved: review.ApplicationApproved, now: datetime) -> None:
        failure = self._failure(approved, now)
        if failure:
            self.publish(
                provisioning.MailboxIssueFailed(
                    receipt_number=RECEIPT,
                    revision=approved.revision,
                    office_code=OFFICE,
                    reason_code=failure,
                    remaining=0,
                )
            )
            return
        self.issued_revision, self.start = approved.revision, approved.confirmed_start_date
        self.issues += 1
        if approved.kind is ApplicationKind.PASSWORD_REISSUE:
            self.publish(
                provisioning.PasswordsReissued(
                    receipt_number=RECEIPT,
                    office_code=OFFICE,
                    mailbox_ids=approved.reissue,
                    reissued_at=now,
                    viewable_from=now,
                    viewable_until=local_date(now),
                )
            )
        else:
            self.publish(mailboxes_issued(revision=approved.revision, issued_at=now))

    def _failure(self, approved: review.ApplicationApproved, now: datetime) -> provisioning.IssueFailure | None:
        start = approved.confirmed_start_date
        if start is not None and start <= local_date(now):
            return provisioning.IssueFailure.START_DATE_PASSED
        return provisioning.IssueFailure.IDS_EXHAUSTED if self.is_exhausted else None


def an_application(*, is_reissue: bool, wish: date) -> intake.ApplicationReceived:
    """What the applicant of the proof registers."""
    if not is_reissue:
        return an_application_received(requested_start_date=wish)
    return an_application_received(
        kind=ApplicationKind.PASSWORD_REISSUE,
        requested_start_date=None,
        mailbox_change=None,
        password_reissue={"mailbox_ids": [f"{OFFICE}01"]},
    )
