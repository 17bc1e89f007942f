"""Loading what a form is checked against, for the office it is about."""

from dataclasses import replace
from datetime import datetime

from services.intake import store
from services.intake.domain.office_facts import Corrected, FormRules, OfficeFacts
from services.intake.domain.sister_offices import offices_to_apply_for
from services.intake.workflows.register import load_facts
from shared.kernel.japanese_text import narrow
from shared.runtime.database import Connection


async def office_applied_for(db: Connection, applicant: str, typed_office_code: str) -> str:
    """The office typed, if the applicant may apply for it, else its own."""
    target = narrow(typed_office_code).upper()
    if target == applicant:
        return applicant
    own = await store.find_contract(db, applicant)
    may_apply = own is not None and target in offices_to_apply_for(own)
    return target if may_apply and await store.find_contract(db, target) is not None else applicant


async def load_form_facts(
    db: Connection,
    applicant: str,
    typed_office_code: str,
    rules: FormRules,
    now: datetime,
    corrects: Corrected | None = None,
) -> OfficeFacts:
    """The facts of the office typed, if the applicant may apply for it, else its own. Raises OfficeNotRegistered."""
    facts = await load_facts(db, await office_applied_for(db, applicant, typed_office_code), now)
    return replace(facts, corrects=corrects, find_unprintable=rules.find_unprintable)
