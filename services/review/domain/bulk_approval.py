"""Many clean applications approved at once: what was asked for each, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.review.domain.review import ApprovalForm, DecisionProblem, MovedOn, Refused, Review
from shared.kernel.identifiers import ReceiptNumber

MOST_AT_ONCE = 50


class BulkOutcome(StrEnum):
    """What became of one row."""

    APPROVED = "approved"
    REFUSED = "refused"
    MOVED_ON = "moved_on"


@dataclass(frozen=True, slots=True)
class BulkCandidate:
    """An application of the oldest under review. `form` is the approval that suggests itself; None needs a person."""

    review: Review
    form: ApprovalForm | None


@dataclass(frozen=True, slots=True)
class BulkOrder:
    """One row as it stood on the screen: approved exactly so, or not at all."""

    receipt_number: ReceiptNumber
    revision: int
    confirmed_start_date: date | None

    @property
    def text(self) -> str:
        """The row as a form carries it."""
        day = f"{self.confirmed_start_date:%Y%m%d}" if self.confirmed_start_date else ""
        return f"{self.receipt_number}-{self.revision}-{day}"


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
