"""Registering a checked form: once per form token, once per office at a time."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from services.intake import store
from services.intake.domain.application import Application, Receipt, receive
from services.intake.domain.asked import asked_by
from services.intake.domain.form import ApplicationForm, CheckedForm, check_form
from services.intake.domain.form_errors import FormErrors
from services.intake.domain.mailboxes import current_mailboxes
from services.intake.domain.news import NewsKind
from services.intake.domain.office_facts import FormRules, OfficeFacts
from services.intake.domain.schedule import business_calendar, review_starts_on
from services.intake.domain.timeline import Actor, TimelineKind
from services.intake.workflows.office_facts import load_form_facts, office_applied_for
from services.intake.workflows.progress import entry_of, tell
from services.intake.workflows.refusals import (
    CheckPageOutdated,
    DraftNotFound,
    FormRefused,
    OfficeNotRegistered,
    OpenApplicationExists,
)
from shared.contracts.envelope import new_event
from shared.contracts.event_data import ApplicationKind
from shared.contracts.intake_events import ApplicationReceived
from shared.kernel.identifiers import RECEIPTS_PER_YEAR, OfficeCode, ReceiptNumber, receipt_number
from shared.kernel.local_time import TOKYO
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.event_outbox import append_events
from shared.runtime.ids import NewId

ALERT_WHEN_LEFT = RECEIPTS_PER_YEAR // 20

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Registration:
    """The register button: whose form, and which before/after the applicant had on screen."""

    office_code: str
    form_token: UUID
    shown_diff_sha256: str


@dataclass(frozen=True, slots=True)
class Submission:
    """A form to register. `shown_diff_sha256` is None where nobody looked at a check page (a program)."""

    applicant: str
    form_token: UUID
    form: ApplicationForm
    shown_diff_sha256: str | None = None


async def receive_application(
    pool: Pool, registration: Registration, rules: FormRules, now: datetime, new_id: NewId
) -> ReceiptNumber:
    """Register the saved form and return its receipt number; a form registered before returns its first (E31).

    Raises DraftNotFound, FormRefused, OpenApplicationExists (E7) and CheckPageOutdated; nothing is written then.
    """
    async with transaction(pool) as db:
        draft = await store.lock_draft(db, registration.form_token, registration.office_code, now)
        known = await store.find_receipt_number_of_form(db, registration.form_token, registration.office_code)
        if known:
            return known
        if draft is None or draft.corrects is not None:
            raise DraftNotFound
        submission = Submission(
            registration.office_code, registration.form_token, draft.form, registration.shown_diff_sha256
        )
        application, _ = await receive_locked(db, submission, rules, now, new_id)
        await store.delete_draft(db, registration.form_token)
    return application.receipt_number


async def receive_locked(
    db: Connection, submission: Submission, rules: FormRules, now: datetime, new_id: NewId
) -> tuple[Application, ApplicationReceived]:
    """Check the form again under the office's lock, and register it: application, revision, timeline, news, event.

    Raises FormRefused, OpenApplicationExists and CheckPageOutdated.
    """
    checked, facts = await _check_locked(db, submission, rules, now)
    asked = asked_by(checked, current_mailboxes(facts.mailboxes))
    if submission.shown_diff_sha256 not in (None, asked.sha256):
        raise CheckPageOutdated
    receipt = await _next_receipt(db, submission, facts, now)
    application, received = receive(checked, facts.contract, asked, receipt)
    event = new_event(received, event_id=new_id(), key=received.office_code, now=now)
    await store.insert_application(db, application)
    await store.insert_revision(db, received)
    entry = entry_of(event, TimelineKind.RECEIVED, Actor.APPLICANT, now, next_on=received.review_starts_on)
    await tell(db, application, entry, NewsKind.RECEIVED)
    await append_events(db, [event])
    return application, received


async def _check_locked(
    db: Connection, submission: Submission, rules: FormRules, now: datetime
) -> tuple[CheckedForm, OfficeFacts]:
    """The form checked under the lock of the office it is about, so that no second application can slip in between."""
    form = submission.form
    office_code = await office_applied_for(db, submission.applicant, form.office_code)
    if await store.lock_contract(db, office_code) is None:
        raise OfficeNotRegistered(office_code)
    facts = await load_form_facts(db, submission.applicant, form.office_code, rules, now)
    checked = check_form(form, facts)
    if isinstance(checked, FormErrors):
        raise FormRefused(checked)
    is_change = checked.kind is ApplicationKind.MAILBOX_CHANGE
    if is_change and (open_number := await store.find_open_receipt_number(db, office_code)):
        raise OpenApplicationExists(open_number)
    return checked, facts


async def _next_receipt(db: Connection, submission: Submission, facts: OfficeFacts, now: datetime) -> Receipt:
    year = now.astimezone(TOKYO).year
    serial = await store.next_receipt_number(db, year)
    if RECEIPTS_PER_YEAR - serial < ALERT_WHEN_LEFT:
        logger.warning("receipt_numbers_running_out", year=year, left=RECEIPTS_PER_YEAR - serial)
    starts_on = review_starts_on(business_calendar(facts.schedule, facts.today), now)
    applicant = OfficeCode(submission.applicant)
    return Receipt(receipt_number(year, serial), submission.form_token, applicant, now, starts_on)
