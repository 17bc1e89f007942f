"""The one table of checks: a new check is a row here and a test."""

from collections.abc import Callable
from dataclasses import dataclass

from services.review.domain.checks import office, wishes
from services.review.domain.checks.codes import CheckId, CheckResult, Finding
from services.review.domain.checks.facts import CheckFacts


@dataclass(frozen=True, slots=True)
class Check:
    """A row of the table."""

    check: CheckId
    rule: str
    judge: Callable[[CheckFacts], Finding]


CHECKS: tuple[Check, ...] = (
    Check(CheckId.OFFICE_OPEN, "E33", office.office_open),
    Check(CheckId.MODE_CONTRACTED, "E6", office.mode_contracted),
    Check(CheckId.SERIALS_LEFT, "E1", office.serials_left),
    Check(CheckId.MAILBOXES_CURRENT, "E11", office.mailboxes_current),
    Check(CheckId.LAST_MAILBOX, "E12", office.last_mailbox),
    Check(CheckId.PENDING_TWIN, "E7", office.pending_twin),
    Check(CheckId.SCHEDULE_DAY, "E15, E20", wishes.schedule_day),
    Check(CheckId.SYSTEM_SETTING, "B38", wishes.system_setting),
    Check(CheckId.FEE_EFFECT, "P4", wishes.fee_effect),
    Check(CheckId.CONTACT_REACHABLE, "E27", wishes.contact_reachable),
)


def run_checks(facts: CheckFacts) -> list[CheckResult]:
    """Every check in the order of the table."""
    found = [(row, row.judge(facts)) for row in CHECKS]
    return [CheckResult(row.check, row.rule, each.outcome, each.reason, each.details) for row, each in found]
