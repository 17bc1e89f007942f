"""Loading what a form is checked against, for the office it is about."""

from dataclasses import replace
from datetime import datetime

from services.intake import store
from services.intake.domain.office_facts import Corrected, FormRules, OfficeFacts
from services.intake.workflows.register import load_facts
from shared.contracts.intake_events import ContractPublished
from shared.kernel.identifiers import OfficeCode
from shared.kernel.japanese_text import narrow
from shared.runtime.database import Connection


async def load_form_facts(
    db: Connection,
    applicant: str,
    typed_office_code: str,
    rules: FormRules,
    now: datetime,
    corrects: Corrected | None = None,
) -> OfficeFacts:
    """The facts of the office typed, if the applicant may apply for it, else its own. Raises OfficeNotRegistered."""
    own = await load_facts(db, applicant, now)
    target = narrow(typed_office_code).upper()
    facts = own if target == applicant else await _facts_of_sister(db, own, target, now)
    return replace(facts, corrects=corrects, find_unprintable=rules.find_unprintable)


def offices_to_apply_for(contract: ContractPublished) -> list[OfficeCode]:
    """The office itself and the sister offices it was granted (B5)."""
    sisters = [office for office in contract.sister_offices if office[:3] == contract.office_code[:3]]
    return [contract.office_code, *sorted(set(sisters) - {contract.office_code})]


async def _facts_of_sister(db: Connection, own: OfficeFacts, target: str, now: datetime) -> OfficeFacts:
    if target not in offices_to_apply_for(own.contract) or await store.find_contract(db, target) is None:
        return own
    return await load_facts(db, target, now)
