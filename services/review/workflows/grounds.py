"""What approvals are judged by: schedule, contract, and the checks of the moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.review import store
from services.review.domain.checks import CheckResult, failed_checks, is_clean, run_checks
from services.review.domain.review import Grounds, Review, SecondApproverRule
from services.review.workflows.checking import gather_check_facts
from shared.kernel.identifiers import ReceiptNumber
from shared.runtime.database import Connection


@dataclass(frozen=True, slots=True)
class Basis:
    """The grounds of one approval, and the checks that are recorded with it."""

    grounds: Grounds
    checks: Sequence[CheckResult]


async def find_bases(
    db: Connection, reviews: Sequence[Review], rule: SecondApproverRule, today: date
) -> Mapping[ReceiptNumber, Basis]:
    """The basis of each application's approval; a few statements, however many applications there are."""
    schedule = await store.find_schedule(db)
    facts = await gather_check_facts(db, reviews, schedule, today)
    bases = {}
    for number, known in facts.items():
        checks = run_checks(known)
        grounds = Grounds(schedule, known.contract, failed_checks(checks), is_clean(checks), rule)
        bases[number] = Basis(grounds, checks)
    return bases
