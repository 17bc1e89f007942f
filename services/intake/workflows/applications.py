"""Applications: registering the checked form once, and showing applicants where their own ones stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from services.intake import store
from services.intake.domain.application import Application, Receipt, difference_asked, receive
from services.intake.domain.difference import Difference, diff_sha256
from services.intake.domain.form import ApplicationForm, CheckedForm, OfficeFacts, check_form
from services.intake.domain.form_errors import FormErrors
from services.intake.domain.mailboxes import current_mailboxes
from services.intake.domain.schedule import business_calendar, review_starts_on
from services.intake.domain.timeline import (
    Actor,
    MailOutcome,
    NewsCategory,
    NewsItem,
    NewsKind,
    TimelineEntry,
    TimelineKind,
    is_sent_to_everybody,
)
from services.intake.store.drafts import Draft
from services.intake.workflows.drafts import difference_wished
from services.intake.workflows.refusals import (
    CheckPageOutdated,
    DraftNotFound,
    NotFound,
    OfficeNotRegistered,
    OpenApplicationExists,
)
from services.intake.workflows.register import load_facts
from shared.contracts.envelope import Event, new_event
from shared.contracts.intake_events import ApplicationReceived
from shared.contracts.notifier_events import Mail
from shared.kernel.identifiers import RECEIPTS_PER_YEAR, ReceiptNumber, receipt_number
from shared.kernel.local_time import TOKYO
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.event_outbox import append_events
from shared.runtime.ids import NewId

APPLICATIONS_LISTED = 100
NEWS_LISTED = 10
DRAFTS_LISTED = 3
ALERT_WHEN_LEFT = RECEIPTS_PER_YEAR // 20

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Registration:
    """The register button: whose form, and which before/after the applicant had on screen."""

    office_code: str
    form_token: UUID
    shown_diff_sha256: str


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """One application for its status page."""

    application: Application
    content: ApplicationReceived
    difference: Difference | None
    timeline: Sequence[TimelineEntry]
    mails: Sequence[MailOutcome]

    @property
    def receipt_mail_sent(self) -> bool:
        """The receipt mail has gone to contact and administrator (S9)."""
        same = self.content.contact.email.casefold() == self.content.system_administrator.email.casefold()
        return is_sent_to_everybody(Mail.M1, self.mails, same_address=same)


@dataclass(frozen=True, slots=True)
class MenuView:
    """The menu: newest news, the office's application that is on its way, and forms it has not registered yet."""

    news: Sequence[NewsItem]
    open_receipt_number: ReceiptNumber | None
    drafts: Sequence[Draft]


async def receive_application(pool: Pool, registration: Registration, now: datetime, new_id: NewId) -> ReceiptNumber:
    """Register the saved form and return its receipt number; a form registered before returns its first (E31).

    Raises DraftNotFound, OpenApplicationExists (E7) and CheckPageOutdated; nothing is written then.
    """
    async with transaction(pool) as db:
        form = await store.lock_draft(db, registration.form_token, registration.office_code, now)
        known = await store.find_receipt_number_of_form(db, registration.form_token, registration.office_code)
        if known:
            return known
        checked, facts = await _check_locked(db, registration, form, now)
        receipt = await _next_receipt(db, registration.form_token, facts, now)
        application, received = receive(checked, facts.contract, current_mailboxes(facts.mailboxes), receipt)
        event = new_event(received, event_id=new_id(), key=received.office_code, now=now)
        await _insert_received(db, application, event)
        await append_events(db, [event])
        await store.delete_draft(db, registration.form_token)
    return application.receipt_number


async def view_menu(pool: Pool, office_code: str, now: datetime) -> MenuView:
    """The ten newest news items of the office (B30), and what it has begun."""
    async with pool.acquire() as db:
        return MenuView(
            news=await store.list_news(db, office_code, NEWS_LISTED),
            open_receipt_number=await store.find_open_receipt_number(db, office_code),
            drafts=await store.list_drafts(db, office_code, now, DRAFTS_LISTED),
        )


async def list_applications(pool: Pool, office_code: str) -> list[Application]:
    """The office's applications, newest first (S10)."""
    async with pool.acquire() as db:
        return await store.list_applications(db, office_code, APPLICATIONS_LISTED)


async def view_application(pool: Pool, office_code: str, number: str) -> ApplicationView:
    """The office's own application. Raises NotFound for an unknown number as for a foreign one."""
    async with pool.acquire() as db:
        application = await store.find_application(db, number, office_code)
        content = await store.find_content(db, number, application.revision) if application else None
        if application is None or content is None:
            raise NotFound(number)
        change = content.mailbox_change
        return ApplicationView(
            application=application,
            content=content,
            difference=difference_asked(change) if change else None,
            timeline=await store.list_timeline(db, number),
            mails=await store.find_mail_outcomes(db, number),
        )


async def _check_locked(
    db: Connection, registration: Registration, form: ApplicationForm | None, now: datetime
) -> tuple[CheckedForm, OfficeFacts]:
    """The form checked again under the office's lock, so that no second application can slip in between."""
    if form is None:
        raise DraftNotFound
    if await store.lock_contract(db, registration.office_code) is None:
        raise OfficeNotRegistered(registration.office_code)
    if open_number := await store.find_open_receipt_number(db, registration.office_code):
        raise OpenApplicationExists(open_number)
    facts = await load_facts(db, registration.office_code, now)
    checked = check_form(form, facts)
    if isinstance(checked, FormErrors):
        raise CheckPageOutdated
    if diff_sha256(difference_wished(checked, facts)) != registration.shown_diff_sha256:
        raise CheckPageOutdated
    return checked, facts


async def _next_receipt(db: Connection, form_token: UUID, facts: OfficeFacts, now: datetime) -> Receipt:
    year = now.astimezone(TOKYO).year
    serial = await store.next_receipt_number(db, year)
    if RECEIPTS_PER_YEAR - serial < ALERT_WHEN_LEFT:
        logger.warning("receipt_numbers_running_out", year=year, left=RECEIPTS_PER_YEAR - serial)
    starts_on = review_starts_on(business_calendar(facts.schedule, facts.today), now)
    return Receipt(receipt_number(year, serial), form_token, now, starts_on)


async def _insert_received(db: Connection, application: Application, event: Event[ApplicationReceived]) -> None:
    await store.insert_application(db, application)
    await store.insert_revision(db, event.data)
    number, received_at = application.receipt_number, application.received_at
    entry = TimelineEntry(number, event.id, TimelineKind.RECEIVED, Actor.APPLICANT, received_at)
    await store.insert_timeline_entries(db, [entry])
    offices = sorted({application.applicant_office_code, application.office_code})
    category = NewsCategory.USE_APPLICATION
    news = [NewsItem(office, event.id, category, NewsKind.RECEIVED, number, received_at) for office in offices]
    await store.insert_news(db, news)
