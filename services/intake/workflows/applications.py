"""Registering a checked form: once per form token, once per office at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from services.intake import store
from services.intake.domain.application import Application, Receipt, receive
from services.intake.domain.asked import Asked, asked_by
from services.intake.domain.form import ApplicationForm, CheckedForm, check_form
from services.intake.domain.form_errors import FormErrors
from services.intake.domain.mailboxes import current_mailboxes
from services.intake.domain.news import NewsKind
from services.intake.domain.office_facts import FormRules, OfficeFacts
from services.intake.domain.schedule import business_calendar, review_starts_on
from services.intake.domain.sister_offices import offices_named
from services.intake.domain.timeline import Actor, TimelineEntry, TimelineKind
from services.intake.store.tokens import ApiAnswer, Key
from services.intake.workflows.office_facts import Books, open_books
from services.intake.workflows.progress import entry_of, news_about
from services.intake.workflows.refusals import (
    CheckPageOutdated,
    DraftNotFound,
    FormRefused,
    OpenApplicationExists,
)
from shared.contracts.envelope import Event, new_event
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
    traceparent: str | None = None
    """Of the request it came with; None where that is the work in hand."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A form that may be registered, with what it was checked against."""

    submission: Submission
    checked: CheckedForm
    asked: Asked
    facts: OfficeFacts


Registered = tuple[Application, ApplicationReceived]
AnswerAll = Callable[[Sequence[Registered]], Sequence[tuple[Key, ApiAnswer]]]
"""The answers to keep with what was registered."""


def no_answers(_: Sequence[Registered]) -> Sequence[tuple[Key, ApiAnswer]]:
    """A page shows what was registered; nothing is kept for a program."""
    return ()


async def receive_application(
    pool: Pool, registration: Registration, rules: FormRules, now: datetime, new_id: NewId
) -> ReceiptNumber:
    """Register the saved form and return its receipt number; a form registered before returns its first (E31).

    Raises DraftNotFound, FormRefused, OpenApplicationExists (E7), TooManyApplications and CheckPageOutdated; nothing is
    written then.
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
) -> Registered:
    """Check the form again under its offices' locks, so that no second application can slip in between; register it.

    Raises FormRefused, OpenApplicationExists, TooManyApplications, CheckPageOutdated and OfficeNotRegistered.
    """
    offices = offices_named(submission.applicant, submission.form.office_code)
    await store.lock_contracts(db, offices)
    books = await open_books(db, offices, rules, now)
    [registered] = await register(db, [accept(submission, books)], now, new_id)
    return registered


def accept(submission: Submission, books: Books) -> Accepted:
    """The form without errors.

    Raises FormRefused, OpenApplicationExists, TooManyApplications, CheckPageOutdated and OfficeNotRegistered.
    """
    facts = books.facts_for(submission.applicant, submission.form.office_code)
    checked = check_form(submission.form, facts)
    if isinstance(checked, FormErrors):
        raise FormRefused(checked)
    if checked.kind is ApplicationKind.MAILBOX_CHANGE and facts.open_receipt_number:
        raise OpenApplicationExists(facts.open_receipt_number)
    books.require_room(submission.applicant)
    asked = asked_by(checked, current_mailboxes(facts.mailboxes))
    if submission.shown_diff_sha256 is not None and submission.shown_diff_sha256 != asked.sha256:
        raise CheckPageOutdated
    return Accepted(submission, checked, asked, facts)


async def register(
    db: Connection, accepted: Sequence[Accepted], now: datetime, new_id: NewId, answer: AnswerAll = no_answers
) -> list[Registered]:
    """Write accepted forms of offices that are locked: application, revision, timeline, news, event, answer of each."""
    if not accepted:
        return []
    receipts = await _next_receipts(db, accepted, now)
    registered = [
        receive(each.checked, each.facts.contract, each.asked, receipt)
        for each, receipt in zip(accepted, receipts, strict=True)
    ]
    events = [
        new_event(
            received, event_id=new_id(), key=received.office_code, now=now, traceparent=each.submission.traceparent
        )
        for each, (_, received) in zip(accepted, registered, strict=True)
    ]
    entries = [_entry(event, now) for event in events]
    applications = {application.receipt_number: application for application, _ in registered}
    news = news_about(events, applications, NewsKind.RECEIVED, lambda event: event.time)
    await store.insert_received(db, registered, entries, news, answer(registered), now)
    await append_events(db, events)
    return registered


def _entry(event: Event[ApplicationReceived], now: datetime) -> TimelineEntry:
    return entry_of(event, TimelineKind.RECEIVED, Actor.APPLICANT, now, next_on=event.data.review_starts_on)


async def _next_receipts(db: Connection, accepted: Sequence[Accepted], now: datetime) -> list[Receipt]:
    year, facts = now.astimezone(TOKYO).year, accepted[0].facts
    serials = await store.next_receipt_numbers(db, year, len(accepted))
    if (left := RECEIPTS_PER_YEAR - max(serials)) < ALERT_WHEN_LEFT:
        logger.warning("receipt_numbers_running_out", year=year, left=left)
    # One schedule and one day hold for all of them.
    starts_on = review_starts_on(business_calendar(facts.schedule, facts.today), now)
    return [
        Receipt(
            receipt_number(year, serial),
            each.submission.form_token,
            OfficeCode(each.submission.applicant),
            now,
            starts_on,
        )
        for each, serial in zip(accepted, serials, strict=True)
    ]
