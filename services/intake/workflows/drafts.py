"""The form before it is registered: begun with what is known, saved page by page, checked at every look."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.intake import store
from services.intake.domain.application import Content
from services.intake.domain.asked import Asked, asked_by
from services.intake.domain.clarification import Clarification, open_one
from services.intake.domain.counts import KindCount, counts_of
from services.intake.domain.form import ApplicationForm, CheckedForm, check_form
from services.intake.domain.form_errors import FormErrors
from services.intake.domain.mailboxes import current_mailboxes, in_use
from services.intake.domain.office_facts import Corrected, FormRules, OfficeFacts
from services.intake.domain.refilling import fields_that_differ, form_of, form_with_contact
from services.intake.domain.schedule import business_calendar, days_to_offer
from services.intake.domain.sister_offices import offices_to_apply_for
from services.intake.domain.steps import Step, errors_of, fill_in, first_with_errors, steps_of
from services.intake.store.drafts import Draft
from services.intake.workflows.acting import require_grant
from services.intake.workflows.office_facts import load_form_facts
from services.intake.workflows.refusals import DraftNotFound, NotFound, NotInClarification, OfficeNotRegistered
from services.intake.workflows.register import load_facts
from shared.contracts.event_data import ApplicationKind, MailboxRef
from shared.contracts.people import RegistrationDay
from shared.kernel.identifiers import OfficeCode, ReceiptNumber
from shared.kernel.local_time import end_of_day, local_date
from shared.runtime.database import Connection, Pool, transaction


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft with what its pages need beside the fields: the offices and days to choose from, the question."""

    draft: Draft
    facts: OfficeFacts
    offices: Sequence[OfficeCode]
    open_receipt_number: ReceiptNumber | None
    """The application that bars a new one of this kind (E7)."""
    result: CheckedForm | FormErrors
    question: Clarification | None = None
    """What a correction answers."""
    content: Content | None = None
    """What a correction changes."""

    @property
    def form(self) -> ApplicationForm:
        """As typed."""
        return self.draft.form

    @property
    def steps(self) -> Sequence[Step]:
        """Its pages before the check page."""
        return steps_of(self.draft.form, is_correction=self.draft.corrects is not None)

    @property
    def days(self) -> Sequence[RegistrationDay]:
        """The registration days to choose from (B11)."""
        return days_to_offer(self.facts.schedule, self.facts.today)

    @property
    def current_mailboxes(self) -> Sequence[MailboxRef]:
        """What the office has now and could give up (B21)."""
        return current_mailboxes(self.facts.mailboxes)

    @property
    def mailboxes_in_use(self) -> Sequence[MailboxRef]:
        """What passwords can be reissued for."""
        return in_use(self.facts.mailboxes, self.facts.today)

    @property
    def counts(self) -> Mapping[str, KindCount]:
        """How many mailboxes there are and would be, by kind; not what would be where the page has errors (S7)."""
        return counts_of(self.form, self.facts, is_wrong=bool(self.errors_of(Step.MAILBOXES).errors))

    @property
    def first_step_with_errors(self) -> Step | None:
        """Where something is missing or wrong; None for a form without errors."""
        return first_with_errors(self.steps, self.result) if isinstance(self.result, FormErrors) else None

    def errors_of(self, step: Step) -> FormErrors:
        """What is wrong on that page."""
        return errors_of(step, self.result) if isinstance(self.result, FormErrors) else FormErrors(())

    def asked(self, checked: CheckedForm) -> Asked:
        """What the form asks for (B22)."""
        return asked_by(checked, current_mailboxes(self.facts.mailboxes))

    def changed_fields(self, checked: CheckedForm) -> Collection[str]:
        """What a correction changes, by field name."""
        return fields_that_differ(checked, self.content) if self.content else ()


@dataclass(frozen=True, slots=True)
class DraftOwner:
    """Whose draft: the office that is logged in, and the form token."""

    office_code: str
    form_token: UUID


async def find_open_application(pool: Pool, office_code: str) -> ReceiptNumber | None:
    """What bars another application of the office for now (E7). Raises OfficeNotRegistered without a contract."""
    async with pool.acquire() as db:
        if await store.find_contract(db, office_code) is None:
            raise OfficeNotRegistered(office_code)
        return await store.find_open_receipt_number(db, office_code)


async def start_draft(pool: Pool, owner: DraftOwner, kind: ApplicationKind, rules: FormRules, now: datetime) -> Step:
    """A new draft whose contact is known already (B14); one begun before stays as it is. Its first page.

    Raises DraftNotFound when the token is another office's, OfficeNotRegistered without a contract.
    """
    async with transaction(pool) as db:
        facts = await load_facts(db, owner.office_code, now)
        latest = await store.find_latest_content(db, owner.office_code)
        contact = latest.contact if latest else facts.contract.default_contact
        form = form_with_contact(owner.office_code, kind, contact)
        draft = Draft(owner.form_token, form, now, _expires_at(facts, rules, now))
        if not await store.insert_draft(db, owner.office_code, draft):
            raise DraftNotFound
    return steps_of(form, is_correction=False)[0]


async def start_correction(pool: Pool, office_code: str, number: str, rules: FormRules, now: datetime) -> UUID:
    """A draft of the application as it stands; its form token is the question, so that each question has one draft.

    Where two offices may answer, it is in the hands of the one that opened it last, with what was typed so far.
    Raises NotFound, GrantRevoked, and NotInClarification when there is no question any more.
    """
    async with transaction(pool) as db:
        application = await store.find_application(db, number, office_code)
        content = await store.find_content(db, number, application.revision) if application else None
        if application is None or content is None:
            raise NotFound(number)
        await require_grant(db, office_code, application)
        question = open_one(await store.list_clarifications(db, [number]))
        if question is None:
            raise NotInClarification(application.receipt_number, application.status)
        expires_at = _expires_at(await load_facts(db, office_code, now), rules, now)
        draft = Draft(question.clarification_id, form_of(content), now, expires_at, application.receipt_number)
        await store.open_correction_draft(db, office_code, draft)
    return question.clarification_id


async def view_draft(pool: Pool, owner: DraftOwner, rules: FormRules, now: datetime) -> DraftView:
    """A saved form with everything as typed. Raises DraftNotFound, GrantRevoked and NotInClarification."""
    async with transaction(pool) as db:
        draft = await store.find_draft(db, owner.form_token, owner.office_code, now)
        if draft is None:
            raise DraftNotFound
        return await _view(db, owner.office_code, draft, rules, now)


async def save_step(
    pool: Pool,
    owner: DraftOwner,
    step: Step,
    typed: Mapping[str, Sequence[str]],
    rules: FormRules,
    now: datetime,
) -> DraftView:
    """Keep what was typed on one page, errors and all, for ten business days more.

    Raises DraftNotFound, GrantRevoked and NotInClarification.
    """
    async with transaction(pool) as db:
        draft = await store.lock_draft(db, owner.form_token, owner.office_code, now)
        if draft is None or step not in steps_of(draft.form, is_correction=draft.corrects is not None):
            raise DraftNotFound
        facts = await load_facts(db, owner.office_code, now)
        expires_at = _expires_at(facts, rules, now)
        saved = replace(draft, form=fill_in(draft.form, step, typed), saved_at=now, expires_at=expires_at)
        await store.update_draft(db, owner.office_code, saved)
        return await _view(db, owner.office_code, saved, rules, now)


async def discard_draft(pool: Pool, owner: DraftOwner) -> None:
    """Throw what was typed away; without a draft nothing happens."""
    async with transaction(pool) as db:
        await store.discard_draft(db, owner.form_token, owner.office_code)


async def find_receipt_of_form(pool: Pool, owner: DraftOwner) -> ReceiptNumber | None:
    """The receipt number the form has led to already, for whoever comes back to it (E31)."""
    async with pool.acquire() as db:
        token, office_code = owner.form_token, owner.office_code
        registered = await store.find_receipt_number_of_form(db, token, office_code)
        return registered or await store.find_receipt_number_of_answer(db, token, office_code)


async def _view(db: Connection, office_code: str, draft: Draft, rules: FormRules, now: datetime) -> DraftView:
    question, content, corrects = await _corrected(db, office_code, draft)
    facts = await load_form_facts(db, office_code, draft.form.office_code, rules, now, corrects)
    own = await store.find_contract(db, office_code)
    bars = draft.form.kind == ApplicationKind.MAILBOX_CHANGE and corrects is None
    return DraftView(
        draft=draft,
        facts=facts,
        offices=offices_to_apply_for(own) if own else (),
        open_receipt_number=await store.find_open_receipt_number(db, facts.contract.office_code) if bars else None,
        result=check_form(draft.form, facts),
        question=question,
        content=content,
    )


async def _corrected(
    db: Connection, office_code: str, draft: Draft
) -> tuple[Clarification | None, Content | None, Corrected | None]:
    if draft.corrects is None:
        return None, None, None
    application = await store.find_application(db, draft.corrects, office_code)
    if application is None:
        raise DraftNotFound
    await require_grant(db, office_code, application)
    questions = await store.list_clarifications(db, [application.receipt_number])
    question = open_one(questions)
    if question is None or question.clarification_id != draft.form_token:
        raise NotInClarification(application.receipt_number, application.status)
    content = await store.find_content(db, application.receipt_number, application.revision)
    return question, content, Corrected(application.office_code, application.kind)


def _expires_at(facts: OfficeFacts, rules: FormRules, now: datetime) -> datetime:
    calendar = business_calendar(facts.schedule, facts.today)
    return end_of_day(calendar.add_business_days(local_date(now), rules.draft_business_days))
