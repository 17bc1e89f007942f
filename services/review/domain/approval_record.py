"""What an approval was based on, kept for ever beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.review.domain.checks import CheckResult
from services.review.domain.review import Review


@dataclass(frozen=True, slots=True)
class ApprovalRecord:
    """An approved review, the version of the policy, the failing checks that were ticked, and all checks' results."""

    event_id: UUID
    review: Review
    policy_version: int
    acknowledged: frozenset[str]
    checks: Sequence[CheckResult]
