"""Answering a question by correcting the form: the same number, the next revision (B27)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.intake import store
from services.intake.domain.application import Application, Correction, correct
from services.intake.domain.asked import asked_by
from services.intake.domain.clarification import Clarification, ClarificationOutcome
from services.intake.domain.form import ApplicationForm, check_form
from services.intake.domain.form_errors import FormErrors
from services.intake.domain.mailboxes import current_mailboxes
from services.intake.domain.news import NewsKind
from services.intake.domain.office_facts import Corrected, FormRules
from services.intake.domain.schedule import business_calendar, review_starts_on
from services.intake.domain.timeline import Actor, TimelineKind
from services.intake.workflows.acting import require_grant
from services.intake.workflows.applications import Registration
from services.intake.workflows.office_facts import load_form_facts
from services.intake.workflows.progress import entry_of, tell
from services.intake.workflows.refusals import (
    CheckPageOutdated,
    DraftNotFound,
    FormRefused,
    NotFound,
    NotInClarification,
)
from shared.contracts.envelope import new_event
from shared.kernel.identifiers import ReceiptNumber
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.event_outbox import append_events
from shared.runtime.ids import NewId


@dataclass(frozen=True, slots=True)
class CorrectionForm:
    """A corrected form. `shown_diff_sha256` is None where nobody looked at a check page (a program)."""

    office_code: str
    receipt_number: str
    clarification_id: UUID
    form: ApplicationForm
    shown_diff_sha256: str | None = None


async def register_correction(
    pool: Pool, registration: Registration, rules: FormRules, now: datetime, new_id: NewId
) -> ReceiptNumber:
    """Register the saved correction, whose form token is its question; one registered before changes nothing (E31).

    Raises DraftNotFound, FormRefused, CheckPageOutdated, GrantRevoked and NotInClarification; nothing is written then.
    """
    token, office_code = registration.form_token, registration.office_code
    async with transaction(pool) as db:
        draft = await store.lock_draft(db, token, office_code, now)
        if draft is None or draft.corrects is None:
            known = await store.find_receipt_number_of_answer(db, token, office_code)
            if known is None:
                raise DraftNotFound
            return known
        form = CorrectionForm(office_code, draft.corrects, token, draft.form, registration.shown_diff_sha256)
        await correct_locked(db, form, rules, now, new_id)
        await store.delete_draft(db, token)
    return draft.corrects


async def correct_application(
    pool: Pool, form: CorrectionForm, rules: FormRules, now: datetime, new_id: NewId
) -> Application:
    """The same for a form that comes whole. Raises NotFound beside what `register_correction` raises."""
    async with transaction(pool) as db:
        return await correct_locked(db, form, rules, now, new_id)


async def correct_locked(
    db: Connection, form: CorrectionForm, rules: FormRules, now: datetime, new_id: NewId
) -> Application:
    """Whoever locks the application first moves it: correction, withdrawal, or the question taken back."""
    application, question = await _lock_question(db, form)
    fixed = Corrected(application.office_code, application.kind)
    facts = await load_form_facts(db, form.office_code, application.office_code, rules, now, fixed)
    checked = check_form(form.form, facts)
    if isinstance(checked, FormErrors):
        raise FormRefused(checked)
    asked = asked_by(checked, current_mailboxes(facts.mailboxes))
    if form.shown_diff_sha256 not in (None, asked.sha256):
        raise CheckPageOutdated
    starts_on = review_starts_on(business_calendar(facts.schedule, facts.today), now)
    correction = Correction(question.clarification_id, now, starts_on)
    moved, corrected = correct(application, checked, facts.contract, asked, correction)
    event = new_event(corrected, event_id=new_id(), key=moved.office_code, now=now)
    await store.update_applications(db, [moved])
    await store.insert_revision(db, corrected)
    await store.close_clarifications(db, [question.closed(ClarificationOutcome.CORRECTED, now)])
    entry = entry_of(event, TimelineKind.CORRECTED, Actor.APPLICANT, now, next_on=starts_on)
    await tell(db, moved, entry, NewsKind.CORRECTED)
    await append_events(db, [event])
    return moved


async def _lock_question(db: Connection, form: CorrectionForm) -> tuple[Application, Clarification]:
    application = await store.lock_application(db, form.receipt_number, form.office_code)
    if application is None:
        raise NotFound(form.receipt_number)
    await require_grant(db, form.office_code, application)
    questions = await store.list_clarifications(db, [application.receipt_number])
    question = next((each for each in questions if each.clarification_id == form.clarification_id), None)
    if question is None or not question.is_open:
        raise NotInClarification(application.receipt_number, application.status)
    return application, question
