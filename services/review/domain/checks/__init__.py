"""The checks beside an application (S15): pure functions over facts, listed in one table."""

from services.review.domain.checks.codes import (
    CheckId,
    CheckOutcome,
    CheckReason,
    CheckResult,
    failed_checks,
    is_clean,
)
from services.review.domain.checks.facts import CheckFacts
from services.review.domain.checks.table import CHECKS, run_checks

__all__ = [
    "CHECKS",
    "CheckFacts",
    "CheckId",
    "CheckOutcome",
    "CheckReason",
    "CheckResult",
    "failed_checks",
    "is_clean",
    "run_checks",
]
