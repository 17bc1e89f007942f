"""What the console shows: a page of the queue, and one application with everything a reviewer decides by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.review.domain.contract import Contract
from services.review.domain.review import (
    ApplicationContact,
    Review,
    ReviewState,
    gives_up_last_mailbox,
    has_start_date,
    must_hold,
)
from services.review.domain.review_queue import QueuePage, QueueRow
from services.review.domain.schedule import Schedule
from services.review.domain.timeline import TimelineEntry
from shared.contracts.people import RegistrationDay

OFFERED_DAYS = 6
OFFERED_BEFORE_WISH = 2


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of the queue; `counts` of the open states; no schedule means that approvals are held (E20)."""

    page: QueuePage
    counts: Mapping[ReviewState, int]
    schedule: Schedule | None


@dataclass(frozen=True, slots=True)
class CaseFile:
    """One application with what a reviewer decides by."""

    row: QueueRow
    contact: ApplicationContact | None
    contract: Contract | None
    schedule: Schedule | None
    timeline: Sequence[TimelineEntry]

    @property
    def review(self) -> Review:
        """The application itself."""
        return self.row.review

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

    def offered_days(self, today: date) -> Sequence[RegistrationDay]:
        """The few rows to choose from: those around the wished date, none of today or before."""
        rows = self.schedule.days_from(today + timedelta(days=1)) if self.schedule else []
        wished = self.review.requested_start_date or today
        before_wish = sum(row.registration_date < wished for row in rows)
        first = max(0, min(before_wish - OFFERED_BEFORE_WISH, len(rows) - OFFERED_DAYS))
        return rows[first : first + OFFERED_DAYS]

    @property
    def gives_up_last_mailbox(self) -> bool:
        """Whether the reviewer must confirm that destinations have been moved (E12)."""
        return gives_up_last_mailbox(self.review, self.contract)
