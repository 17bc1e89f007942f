"""What applicants see of their applications; every look asks first whether it is theirs (E21)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.intake import store
from services.intake.domain.application import Application, ApplicationStatus, Content
from services.intake.domain.asked import Asked
from services.intake.domain.clarification import Clarification, can_withdraw, open_one
from services.intake.domain.difference import Difference
from services.intake.domain.timeline import MailOutcome, TimelineEntry, is_sent_to_everybody
from services.intake.workflows.acting import may_act
from services.intake.workflows.refusals import NotFound
from shared.contracts.intake_events import ContractPublished
from shared.contracts.notifier_events import Mail
from shared.kernel.identifiers import InvalidIdentifier, ReceiptNumber, parse_receipt_number
from shared.kernel.japanese_text import narrow
from shared.runtime.database import Pool, transaction

APPLICATIONS_PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """One application for its status page, with the register's row of its office as it is today."""

    application: Application
    content: Content
    contract: ContractPublished | None
    timeline: Sequence[TimelineEntry]
    mails: Sequence[MailOutcome]
    clarifications: Sequence[Clarification] = ()
    may_act: bool = True
    """False where the grant has been revoked by which the office that looks applied for another one."""

    @property
    def difference(self) -> Difference | None:
        """The before/after of a change."""
        return Asked(self.content.mailbox_change, self.content.password_reissue).difference

    @property
    def question(self) -> Clarification | None:
        """The question that awaits an answer."""
        return open_one(self.clarifications)

    @property
    def can_withdraw(self) -> bool:
        """Whether the page offers a withdrawal."""
        return self.may_act and can_withdraw(self.application)

    @property
    def receipt_mail_sent(self) -> bool:
        """The receipt mail has gone to contact and administrator (S9)."""
        same = self.content.contact.email.casefold() == self.content.system_administrator.email.casefold()
        return is_sent_to_everybody(Mail.M1, self.mails, same_address=same)


@dataclass(frozen=True, slots=True)
class ApplicationList:
    """A page of applications, newest first; `next_after` leads to the page of older ones."""

    applications: Sequence[Application]
    next_after: ReceiptNumber | None


async def view_application(pool: Pool, office_code: str, number: str) -> ApplicationView:
    """The office's own application. Raises NotFound for an unknown number as for a foreign one."""
    async with transaction(pool) as db:
        application = await store.find_application(db, number, office_code)
        content = await store.find_content(db, number, application.revision) if application else None
        if application is None or content is None:
            raise NotFound(number)
        return ApplicationView(
            application=application,
            content=content,
            contract=await store.find_contract(db, application.office_code),
            timeline=await store.list_timeline(db, number),
            mails=await store.find_mail_outcomes(db, number),
            clarifications=await store.list_clarifications(db, [number]),
            may_act=await may_act(db, office_code, application),
        )


async def open_application(pool: Pool, office_code: str, number: str, now: datetime) -> ApplicationView:
    """The same, opened by the applicant: its news is read now. Raises NotFound."""
    view = await view_application(pool, office_code, number)
    async with transaction(pool) as db:
        await store.mark_news_read(db, office_code, number, now)
    return view


async def list_applications(
    pool: Pool, office_code: str, status: ApplicationStatus | None = None, after: str | None = None
) -> ApplicationList:
    """A page of the office's applications, newest first (S10); `after` is the last number of the page before."""
    statuses = list(ApplicationStatus) if status is None else [status]
    async with pool.acquire() as db:
        found = await store.list_applications(db, office_code, statuses, after, APPLICATIONS_PER_PAGE + 1)
    page = found[:APPLICATIONS_PER_PAGE]
    return ApplicationList(page, page[-1].receipt_number if len(found) > len(page) else None)


async def find_application_by_number(pool: Pool, office_code: str, typed: str) -> ReceiptNumber | None:
    """The office's application with the number typed, in any width and case; None where it has none such."""
    try:
        number = parse_receipt_number(narrow(typed).upper())
    except InvalidIdentifier:
        return None
    async with pool.acquire() as db:
        application = await store.find_application(db, number, office_code)
    return application.receipt_number if application else None
