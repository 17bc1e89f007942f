"""The form before it is registered: started with what is known, saved as typed, checked as often as it is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.intake import store
from services.intake.domain.difference import Difference, difference_of
from services.intake.domain.form import ApplicationForm, CheckedForm, OfficeFacts, check_form
from services.intake.domain.form_errors import FormErrors
from services.intake.domain.mailboxes import current_mailboxes
from services.intake.domain.schedule import business_calendar, days_to_offer
from services.intake.workflows.refusals import DraftNotFound
from services.intake.workflows.register import load_facts
from shared.contracts.people import Contact, RegistrationDay
from shared.kernel.identifiers import ReceiptNumber
from shared.kernel.local_time import end_of_day, local_date
from shared.runtime.database import Connection, Pool, transaction

DRAFT_BUSINESS_DAYS = 10


@dataclass(frozen=True, slots=True)
class FormView:
    """A form to fill in: what stands in it, its errors, and what the page offers beside it."""

    form_token: UUID
    form: ApplicationForm
    facts: OfficeFacts
    days: Sequence[RegistrationDay]
    open_receipt_number: ReceiptNumber | None
    errors: FormErrors


@dataclass(frozen=True, slots=True)
class CheckView:
    """A form without errors: normalised, with its warnings and the before/after (B22)."""

    form_token: UUID
    checked: CheckedForm
    difference: Difference
    facts: OfficeFacts
    open_receipt_number: ReceiptNumber | None


async def start_form(pool: Pool, office_code: str, form_token: UUID, now: datetime) -> FormView:
    """An empty form whose contact comes from the office's latest application, else from the register (B14)."""
    async with pool.acquire() as db:
        facts = await load_facts(db, office_code, now)
        latest = await store.find_latest_content(db, office_code)
        contact = latest.contact if latest else facts.contract.default_contact
        view = await _form_view(db, form_token, _prefilled(office_code, contact), facts)
    return replace(view, errors=FormErrors(()))


async def save_draft(pool: Pool, office_code: str, form_token: UUID, form: ApplicationForm, now: datetime) -> FormView:
    """Keep what was typed for ten business days, errors and all, and say what is wrong with it.

    Raises DraftNotFound when the token is another office's.
    """
    async with transaction(pool) as db:
        facts = await load_facts(db, office_code, now)
        calendar = business_calendar(facts.schedule, facts.today)
        expires_at = end_of_day(calendar.add_business_days(local_date(now), DRAFT_BUSINESS_DAYS))
        if not await store.upsert_draft(db, form_token, office_code, form, now, expires_at):
            raise DraftNotFound
        return await _form_view(db, form_token, form, facts)


async def view_draft(pool: Pool, office_code: str, form_token: UUID, now: datetime) -> FormView:
    """A saved form with everything as typed. Raises DraftNotFound."""
    async with pool.acquire() as db:
        form = await store.find_draft(db, form_token, office_code, now)
        if form is None:
            raise DraftNotFound
        return await _form_view(db, form_token, form, await load_facts(db, office_code, now))


async def check_draft(pool: Pool, office_code: str, form_token: UUID, now: datetime) -> CheckView | FormView:
    """The saved form's check page, or the form again when it has errors. Raises DraftNotFound."""
    view = await view_draft(pool, office_code, form_token, now)
    checked = check_form(view.form, view.facts)
    if isinstance(checked, FormErrors):
        return view
    return CheckView(form_token, checked, difference_wished(checked, view.facts), view.facts, view.open_receipt_number)


async def find_receipt_of_form(pool: Pool, office_code: str, form_token: UUID) -> ReceiptNumber | None:
    """The receipt number the form has led to already, for whoever comes back to it (E31)."""
    async with pool.acquire() as db:
        return await store.find_receipt_number_of_form(db, form_token, office_code)


def difference_wished(checked: CheckedForm, facts: OfficeFacts) -> Difference:
    """The before/after that the check page shows."""
    return difference_of(
        current_mailboxes(facts.mailboxes),
        add_smtp_pop3=checked.add_smtp_pop3,
        add_edifact=checked.add_edifact,
        abolish=checked.abolish,
    )


async def _form_view(db: Connection, form_token: UUID, form: ApplicationForm, facts: OfficeFacts) -> FormView:
    checked = check_form(form, facts)
    return FormView(
        form_token=form_token,
        form=form,
        facts=facts,
        days=days_to_offer(facts.schedule, facts.today),
        open_receipt_number=await store.find_open_receipt_number(db, facts.contract.office_code),
        errors=checked if isinstance(checked, FormErrors) else FormErrors(()),
    )


def _prefilled(office_code: str, contact: Contact | None) -> ApplicationForm:
    if contact is None:
        return ApplicationForm(office_code=office_code)
    return ApplicationForm(
        office_code=office_code,
        family_name=contact.family_name,
        given_name=contact.given_name,
        family_name_kana=contact.family_name_kana,
        given_name_kana=contact.given_name_kana,
        department=contact.department or "",
        title=contact.title or "",
        phone=contact.phone,
        fax=contact.fax or "",
        email=contact.email,
        email_again=contact.email,
    )
