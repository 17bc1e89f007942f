"""Many clean applications approved at once: what was asked for each, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.review.domain.review import ApprovalForm, DecisionProblem, MovedOn, Refused, Review, read_start_date
from shared.kernel.identifiers import InvalidIdentifier, ReceiptNumber, parse_receipt_number

MOST_AT_ONCE = 50


class BulkOutcome(StrEnum):
    """What became of one row."""

    APPROVED = "approved"
    REFUSED = "refused"
    MOVED_ON = "moved_on"


class InvalidOrder(ValueError):
    """The text is no row of a request."""


@dataclass(frozen=True, slots=True)
class BulkOrder:
    """One row as it stood on the screen: approved exactly so, or not at all."""

    receipt_number: ReceiptNumber
    revision: int
    confirmed_start_date: date | None

    def __str__(self) -> str:
        day = f"{self.confirmed_start_date:%Y%m%d}" if self.confirmed_start_date else ""
        return f"{self.receipt_number}-{self.revision}-{day}"


@dataclass(frozen=True, slots=True)
class BulkCandidate:
    """An application of the oldest under review. `form` is the approval that suggests itself; None needs a person."""

    review: Review
    form: ApprovalForm | None

    @property
    def order(self) -> BulkOrder | None:
        """The row as it can be ticked; None needs a person."""
        if self.form is None:
            return None
        day = read_start_date(self.form.confirmed_start_date)
        return BulkOrder(self.review.receipt_number, self.form.revision, day)


def parse_order(text: str) -> BulkOrder:
    """The row a form carries. Raises InvalidOrder."""
    parts = text.split("-")
    try:
        number, revision, day = parts
        return BulkOrder(parse_receipt_number(number), int(revision), date.fromisoformat(day) if day else None)
    except (ValueError, InvalidIdentifier):
        raise InvalidOrder(text) from None


@dataclass(frozen=True, slots=True)
class BulkItem:
    """One row and its result; `outcome` is None until it has been decided."""

    bulk_id: UUID
    position: int
    order: BulkOrder
    outcome: BulkOutcome | None = None
    problems: Sequence[str] = ()
    moved_by: str | None = None
    decided_at: datetime | None = None


def refusal_of(judgement: Refused | MovedOn | None) -> tuple[BulkOutcome, Sequence[str], str | None]:
    """Outcome, problems and who was faster, for a row that was not approved."""
    match judgement:
        case Refused():
            return BulkOutcome.REFUSED, [problem.value for problem in judgement.problems], None
        case MovedOn():
            return BulkOutcome.MOVED_ON, [], judgement.moved_by
        case None:
            return BulkOutcome.REFUSED, [DecisionProblem.NOT_CLEAN.value], None
