"""The queue of the console: which applications, in which order, how old in business days, answered by when."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from services.review.domain.claims import Claim
from services.review.domain.review import Review, ReviewState
from services.review.domain.schedule import Schedule
from shared.contracts.event_data import ApplicationKind
from shared.kernel.business_days import DateNotCovered
from shared.kernel.identifiers import InvalidIdentifier, OfficeCode, parse_receipt_number
from shared.kernel.local_time import local_date


class QueueFilter(StrEnum):
    """What the queue can be narrowed to: every state an application can have here, or all of them."""

    UNDER_REVIEW = "under_review"
    CLARIFICATION = "clarification"
    APPROVED = "approved"
    REVIEW_COMPLETED = "review_completed"
    IN_SERVICE = "in_service"
    WITHDRAWN = "withdrawn"
    VOIDED = "voided"
    ALL = "all"

    @property
    def state(self) -> ReviewState | None:
        """The one state that passes the filter; None where every state does."""
        return None if self is QueueFilter.ALL else ReviewState(self.value)


class QueueFlag(StrEnum):
    """What makes an application stand out; shown on its row, and a filter."""

    OVERDUE = "overdue"
    OFF_SCHEDULE = "off_schedule"
    ISSUE_FAILED = "issue_failed"
    MAIL_FAILED = "mail_failed"
    ABOLITION = "abolition"
    REISSUE = "reissue"


class InvalidCursor(ValueError):
    """The text is not the cursor of a queue page."""


@dataclass(frozen=True, slots=True)
class QueuePosition:
    """Where a page of the queue begins: after this application. `counts_from` is the day its answer counts from."""

    counts_from: date
    receipt_number: str

    def __str__(self) -> str:
        return f"{self.counts_from:%Y%m%d}-{self.receipt_number}"


_ENDED_WITHOUT_ISSUE = frozenset({ReviewState.WITHDRAWN, ReviewState.VOIDED})
BEGINNING = QueuePosition(date.min, "")


@dataclass(frozen=True, slots=True)
class QueueQuery:
    """What a reviewer asks the queue for; an empty text and None narrow nothing.

    `search` is a receipt number, an office code or a part of a company or office name.
    """

    status: QueueFilter = QueueFilter.UNDER_REVIEW
    flag: QueueFlag | None = None
    office_code: OfficeCode | None = None
    search: str = ""
    mine: bool = False
    unread: bool = False


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One application in the queue.

    `age` counts business days since the day the answer counts from; `answer_by` is the day promised inside the
    Center. Both are None where the calendar does not reach.
    """

    review: Review
    age: int | None
    answer_by: date | None
    suggested_start: date | None
    claim: Claim | None = None
    is_unread: bool = False
    flags: Sequence[QueueFlag] = field(default=())


@dataclass(frozen=True, slots=True)
class QueuePage:
    """Some rows, oldest first, and where the next page begins."""

    rows: list[QueueRow]
    following: QueuePosition | None


def parse_position(text: str) -> QueuePosition:
    """The position a cursor names; the beginning for no cursor. Raises InvalidCursor."""
    if not text:
        return BEGINNING
    day, _, receipt_number = text.partition("-")
    try:
        return QueuePosition(date.fromisoformat(day), parse_receipt_number(receipt_number))
    except (ValueError, InvalidIdentifier):
        raise InvalidCursor(text) from None


def position_of(review: Review) -> QueuePosition:
    """The place of an application in the queue."""
    return QueuePosition(review.counts_from, review.receipt_number)


def age_in_business_days(review: Review, schedule: Schedule | None, today: date) -> int | None:
    """Business days from the day the answer counts from until the Center's part ended, else today; None if unknown.

    While a question is open, and once the applicant has withdrawn, no day is added.
    """
    if schedule is None:
        return None
    try:
        return schedule.calendar.business_days_between(review.counts_from, _counted_until(review, today))
    except DateNotCovered:
        return None


def _counted_until(review: Review, today: date) -> date:
    if review.issued:
        return review.issued.completed_on
    if review.clarification:
        return local_date(review.clarification.asked_at)
    return local_date(review.moved_at) if review.state in _ENDED_WITHOUT_ISSUE else today


def answer_by(review: Review, schedule: Schedule | None, target_business_days: int) -> date | None:
    """The last business day of the internal target; None where the calendar does not reach."""
    if schedule is None:
        return None
    try:
        return schedule.calendar.add_business_days(review.counts_from, target_business_days)
    except DateNotCovered:
        return None


def overdue_before(schedule: Schedule | None, today: date, target_business_days: int) -> date:
    """Applications whose answer counts from a day before this one are overdue today; `date.min`: none is known to be.

    The promise ends with the target-th business day after `counts_from`, so it is broken once more have passed.
    """
    if schedule is None:
        return date.min
    try:
        return _first_day_within(schedule, today, target_business_days)
    except DateNotCovered:
        return date.min


def _first_day_within(schedule: Schedule, today: date, target_business_days: int) -> date:
    day = schedule.calendar.add_business_days(today, -target_business_days - 1)
    while schedule.calendar.business_days_between(day, today) > target_business_days:
        day += timedelta(days=1)
    return day


def flags_of(review: Review, schedule: Schedule | None, overdue: date, *, mail_failed: bool) -> list[QueueFlag]:
    """What stands out about an application, in the order of the filters."""
    wished = review.requested_start_date
    found = {
        QueueFlag.OVERDUE: review.state is ReviewState.UNDER_REVIEW and review.counts_from < overdue,
        QueueFlag.OFF_SCHEDULE: bool(wished and schedule and not schedule.row_of(wished)),
        QueueFlag.ISSUE_FAILED: review.issue_failure is not None,
        QueueFlag.MAIL_FAILED: mail_failed,
        QueueFlag.ABOLITION: bool(review.mailbox_change and review.mailbox_change.abolish),
        QueueFlag.REISSUE: review.kind is ApplicationKind.PASSWORD_REISSUE,
    }
    return [flag for flag, is_so in found.items() if is_so]
