"""The queue of the console: which applications, in which order, how old in business days."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.review.domain.review import Review, ReviewState
from services.review.domain.schedule import Schedule
from shared.kernel.business_days import DateNotCovered
from shared.kernel.identifiers import InvalidIdentifier, parse_receipt_number


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


class InvalidCursor(ValueError):
    """The text is not the cursor of a queue page."""


@dataclass(frozen=True, slots=True)
class QueuePosition:
    """Where a page of the queue begins: after this application."""

    review_starts_on: date
    receipt_number: str

    def __str__(self) -> str:
        return f"{self.review_starts_on:%Y%m%d}-{self.receipt_number}"


BEGINNING = QueuePosition(date.min, "")


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One application in the queue. `age` counts business days since the review target began; None if unknown."""

    review: Review
    age: int | None
    suggested_start: date | None


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
    return QueuePosition(review.review_starts_on, review.receipt_number)


def age_in_business_days(review: Review, schedule: Schedule | None, today: date) -> int | None:
    """Business days from the day the target counts from (T8) until the review ended, else today; None if unknown."""
    if schedule is None:
        return None
    until = review.issued.completed_on if review.issued else today
    try:
        return schedule.calendar.business_days_between(review.review_starts_on, until)
    except DateNotCovered:
        return None
