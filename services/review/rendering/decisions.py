"""Rows of the pages that decide."""

from collections.abc import Sequence

from services.review import labels
from services.review.domain.checks import CheckOutcome, CheckResult
from services.review.rendering.desk import check_reason


def acknowledgements(checks: Sequence[CheckResult]) -> list[tuple[str, str, str]]:
    """Each failing check as a box to tick: its id, what the tick says, and what was found."""
    return [
        (
            result.check.value,
            labels.ACKNOWLEDGED.format(labels.CHECK_LABELS[result.check]),
            check_reason(result.reason, result.details),
        )
        for result in checks
        if result.outcome is CheckOutcome.FAIL
    ]
