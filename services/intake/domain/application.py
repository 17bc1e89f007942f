"""An application as intake sees it: how it is received, and what the other services' events make of its state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.intake.domain.difference import Difference, diff_sha256, difference_of
from services.intake.domain.form import CheckedForm
from shared.contracts.event_data import ApplicationKind, MailboxRef
from shared.contracts.intake_events import ApplicationReceived, ContractPublished
from shared.contracts.people import MailboxChange, SystemAdministratorAddress
from shared.kernel.identifiers import MailboxId, OfficeCode, ReceiptNumber
from shared.kernel.local_time import local_date


class ApplicationStatus(StrEnum):
    """The status as applicants see it; an approved application that is being issued still reads UNDER_REVIEW."""

    RECEIVED = "received"
    UNDER_REVIEW = "under_review"
    CLARIFICATION = "clarification"
    REVIEW_COMPLETED = "review_completed"
    IN_SERVICE = "in_service"
    WITHDRAWN = "withdrawn"
    VOIDED = "voided"


OPEN_STATUSES = frozenset({ApplicationStatus.RECEIVED, ApplicationStatus.UNDER_REVIEW, ApplicationStatus.CLARIFICATION})
"""While one of these holds, the office cannot register a second mailbox application (E7)."""


@dataclass(frozen=True, slots=True)
class Application:
    """One application. What review and provisioning decide is None or empty until their events have come."""

    receipt_number: ReceiptNumber
    form_token: UUID
    kind: ApplicationKind
    status: ApplicationStatus
    revision: int
    applicant_office_code: OfficeCode
    office_code: OfficeCode
    received_at: datetime
    received_on: date
    requested_start_date: date | None
    confirmed_start_date: date | None = None
    start_date_note: str | None = None
    completed_on: date | None = None
    system_setting_deadline: date | None = None
    viewable_from: datetime | None = None
    viewable_until: date | None = None
    mailbox_ids_issued: tuple[MailboxId, ...] = ()
    mailbox_ids_abolished: tuple[MailboxId, ...] = ()
    started_on: date | None = None

    @property
    def start_date_changed(self) -> bool:
        """The confirmed date is not the wished one (B29)."""
        return self.confirmed_start_date is not None and self.confirmed_start_date != self.requested_start_date

    @property
    def has_id_notice(self) -> bool:
        """Passwords were issued, so there is an ID notice to open (B34); an abolition alone has none."""
        return self.viewable_until is not None


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where and when a form is registered: everything `receive` needs beside the form itself."""

    receipt_number: ReceiptNumber
    form_token: UUID
    now: datetime
    review_starts_on: date


def receive(
    checked: CheckedForm, contract: ContractPublished, before: Sequence[MailboxRef], receipt: Receipt
) -> tuple[Application, ApplicationReceived]:
    """The application in state RECEIVED, revision 1, and the event that announces it (B23, B24, T8)."""
    change = MailboxChange(
        add_smtp_pop3=checked.add_smtp_pop3,
        add_edifact=checked.add_edifact,
        abolish=list(checked.abolish),
        mailboxes_before=list(before),
    )
    received = ApplicationReceived(
        receipt_number=receipt.receipt_number,
        revision=1,
        kind=ApplicationKind.MAILBOX_CHANGE,
        applicant_office_code=contract.office_code,
        office_code=checked.office_code,
        company_name=contract.company_name,
        office_name=contract.office_name,
        received_at=receipt.now,
        received_on=local_date(receipt.now),
        review_starts_on=receipt.review_starts_on,
        contract_version=contract.contract_version,
        requested_start_date=checked.requested_start_date,
        reason=checked.reason,
        contact=checked.contact,
        system_administrator=SystemAdministratorAddress(
            name=contract.system_administrator.name, email=contract.system_administrator.email
        ),
        mailbox_change=change,
        warnings=[warning.code.value for warning in checked.warnings],
        diff_sha256=diff_sha256(difference_asked(change)),
    )
    return _application_of(received, receipt.form_token), received


def difference_asked(change: MailboxChange) -> Difference:
    """The before/after of a registered application, the same that its check page showed."""
    return difference_of(
        change.mailboxes_before,
        add_smtp_pop3=change.add_smtp_pop3,
        add_edifact=change.add_edifact,
        abolish=change.abolish,
    )


def status_under_review(status: ApplicationStatus) -> ApplicationStatus:
    """Review has opened it; nothing moves back that has gone on already."""
    return ApplicationStatus.UNDER_REVIEW if status is ApplicationStatus.RECEIVED else status


def status_completed(status: ApplicationStatus) -> ApplicationStatus:
    """Review has ended. The start of service may be known already, because topics are not ordered among themselves."""
    return ApplicationStatus.REVIEW_COMPLETED if status in OPEN_STATUSES else status


def status_in_service(status: ApplicationStatus) -> ApplicationStatus:
    """The start date has come; a withdrawn or voided application stays what it is."""
    final = {ApplicationStatus.WITHDRAWN, ApplicationStatus.VOIDED}
    return status if status in final else ApplicationStatus.IN_SERVICE


def _application_of(received: ApplicationReceived, form_token: UUID) -> Application:
    return Application(
        receipt_number=received.receipt_number,
        form_token=form_token,
        kind=received.kind,
        status=ApplicationStatus.RECEIVED,
        revision=received.revision,
        applicant_office_code=received.applicant_office_code,
        office_code=received.office_code,
        received_at=received.received_at,
        received_on=received.received_on,
        requested_start_date=received.requested_start_date,
    )
