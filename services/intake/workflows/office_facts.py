"""Loading what a form is checked against, for the office it is about."""

from dataclasses import replace
from datetime import datetime

from services.intake import store
from services.intake.domain.office_facts import Corrected, FormRules, OfficeFacts
from services.intake.domain.sister_offices import offices_to_apply_for
from services.intake.workflows.register import load_facts
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


async def _facts_of_sister(db: Connection, own: OfficeFacts, target: str, now: datetime) -> OfficeFacts:
    if target not in offices_to_apply_for(own.contract) or await store.find_contract(db, target) is None:
        return own
    return await load_facts(db, target, now)
