"""What the console shows: a page of the queue, and one application with everything a reviewer decides by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.review.domain.audit import AuditEntry
from services.review.domain.checks import CheckResult
from services.review.domain.claims import Claim
from services.review.domain.contract import Contract
from services.review.domain.ledger import LedgerMailbox
from services.review.domain.notes import CaseNote
from services.review.domain.review import (
    ApplicationContact,
    Review,
    ReviewState,
    can_be_changed,
    has_start_date,
    must_hold,
)
from services.review.domain.review_queue import QueuePage, QueueRow
from services.review.domain.revisions import Revision, RevisionChange, changes_between
from services.review.domain.schedule import Schedule
from services.review.domain.staff import StaffMember
from services.review.domain.timeline import TimelineEntry, TimelineStep
from shared.contracts.people import RegistrationDay

OFFERED_DAYS = 6
OFFERED_BEFORE_WISH = 2


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at the desk, and after how many business days an answer is promised inside the Center."""

    member: StaffMember
    target_business_days: int


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of the queue; `counts` of the open states; no schedule means that approvals are held (E20)."""

    page: QueuePage
    counts: Mapping[ReviewState, int]
    schedule: Schedule | None


@dataclass(frozen=True, slots=True)
class OfficeHistory:
    """What the office has and what it applied for before; `applications` the newest first."""

    mailboxes: Sequence[LedgerMailbox] = ()
    applications: Sequence[Review] = ()


@dataclass(frozen=True, slots=True)
class PrivateFile:
    """What is for those alone who decide: personal data, internal notes, and who has looked so far."""

    contact: ApplicationContact | None = None
    notes: Sequence[CaseNote] = ()
    audit: Sequence[AuditEntry] = ()


@dataclass(frozen=True, slots=True)
class CaseFile:
    """One application with what a reviewer decides by. `private` is empty for who may not see it."""

    row: QueueRow
    contract: Contract | None
    schedule: Schedule | None
    timeline: Sequence[TimelineEntry]
    checks: Sequence[CheckResult]
    revisions: Sequence[Revision]
    history: OfficeHistory
    private: PrivateFile

    @property
    def review(self) -> Review:
        """The application itself."""
        return self.row.review

    @property
    def contact(self) -> ApplicationContact | None:
        """Whom to ask; None once erased, and for who may not see it."""
        return self.private.contact

    @property
    def awaits_decision(self) -> bool:
        """Whether a reviewer may approve now."""
        return self.review.state is ReviewState.UNDER_REVIEW

    @property
    def is_held(self) -> bool:
        """Whether approval waits for a schedule (E20)."""
        return must_hold(self.review, self.schedule)

    @property
    def has_start_date(self) -> bool:
        """Whether the approval names a start date."""
        return has_start_date(self.review)

    @property
    def void_was_missed(self) -> bool:
        """Whether it should have been voided for a missing system setting (T6), and the void came too late."""
        terms = self.review.terms
        is_open = terms is not None and terms.setting_completed_on is None
        missed = any(entry.step is TimelineStep.VOID_MISSED for entry in self.timeline)
        return missed and is_open and self.review.state is not ReviewState.VOIDED

    def can_be_changed(self, now: datetime) -> bool:
        """Whether a void or another start date is still review's to decide."""
        return can_be_changed(self.review, now)

    def offered_days(self, today: date) -> Sequence[RegistrationDay]:
        """The few rows to choose from: those around the wished date, none of today or before."""
        rows = self.schedule.days_from(today + timedelta(days=1)) if self.schedule else []
        wished = self.review.requested_start_date or today
        before_wish = sum(row.registration_date < wished for row in rows)
        first = max(0, min(before_wish - OFFERED_BEFORE_WISH, len(rows) - OFFERED_DAYS))
        return rows[first : first + OFFERED_DAYS]

    def claim_of_another(self, login: str, now: datetime) -> Claim | None:
        """Who works on it at the moment, if that is somebody else."""
        claim = self.row.claim
        return claim if claim is not None and claim.keeps_out(login, now) else None

    def own_claim(self, login: str, now: datetime) -> Claim | None:
        """The viewer's own claim while it runs."""
        claim = self.row.claim
        return claim if claim is not None and claim.login == login and claim.is_held(now) else None

    @property
    def corrections(self) -> Sequence[tuple[Revision, Sequence[RevisionChange]]]:
        """Every revision after the first with what it changed, the newest first."""
        pairs = zip(self.revisions, self.revisions[1:], strict=False)
        return [(later, changes_between(earlier, later)) for earlier, later in pairs][::-1]
