"""An application as intake knows it, and how a checked form becomes one or corrects one."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.intake.domain.asked import Asked
from services.intake.domain.form import CheckedForm
from shared.contracts.event_data import ApplicationKind
from shared.contracts.intake_events import ApplicationCorrected, ApplicationReceived, ContractPublished
from shared.contracts.people import SystemAdministratorAddress
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


Content = ApplicationReceived | ApplicationCorrected
"""What one revision says: the event that announced it."""

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
    system_setting_completed_on: date | None = None
    viewable_from: datetime | None = None
    viewable_until: date | None = None
    window_closed_at: datetime | None = None
    mailbox_ids_issued: tuple[MailboxId, ...] = ()
    mailbox_ids_abolished: tuple[MailboxId, ...] = ()
    mailbox_ids_reissued: tuple[MailboxId, ...] = ()
    started_on: date | None = None
    withdrawal_requested_at: datetime | None = None
    """Set while review has not answered."""
    withdrawn_at: datetime | None = None
    voided_at: datetime | None = None
    void_reason_code: str | None = None
    void_note: str | None = None
    ended_at: datetime | None = None
    """When its course ended; None again if it is taken back from its end (a date that moves after the start)."""
    contact_erased_at: datetime | None = None

    @property
    def start_date_changed(self) -> bool:
        """The confirmed date is not the wished one (B29)."""
        return self.confirmed_start_date is not None and self.confirmed_start_date != self.requested_start_date

    @property
    def has_id_notice(self) -> bool:
        """Passwords were issued, so there is an ID notice to open (B34); an abolition alone has none."""
        return self.viewable_until is not None and self.status is not ApplicationStatus.VOIDED

    def window_is_open(self, today: date) -> bool:
        """Whether passwords can still be read, as far as intake knows; provisioning decides at every view (T3)."""
        return self.has_id_notice and self.window_closed_at is None and today <= (self.viewable_until or date.min)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where and when a form is registered: everything `receive` needs beside the form itself."""

    receipt_number: ReceiptNumber
    form_token: UUID
    applicant_office_code: OfficeCode
    now: datetime
    review_starts_on: date


@dataclass(frozen=True, slots=True)
class Correction:
    """Which question a corrected form answers, and when it came."""

    clarification_id: UUID
    now: datetime
    review_starts_on: date


def receive(
    checked: CheckedForm, contract: ContractPublished, asked: Asked, receipt: Receipt
) -> tuple[Application, ApplicationReceived]:
    """The application in state RECEIVED, revision 1, and the event that announces it (B23, B24, T8)."""
    received = ApplicationReceived(
        receipt_number=receipt.receipt_number,
        revision=1,
        applicant_office_code=receipt.applicant_office_code,
        received_at=receipt.now,
        received_on=local_date(receipt.now),
        review_starts_on=receipt.review_starts_on,
        **_content_of(checked, contract, asked),
    )
    return application_of(received, receipt.form_token), received


def correct(
    application: Application, checked: CheckedForm, contract: ContractPublished, asked: Asked, correction: Correction
) -> tuple[Application, ApplicationCorrected]:
    """The next revision, back under review under the same number, and the event that announces it (B27).

    `received_at` and the receipt date stay those of the first receipt.
    """
    corrected = ApplicationCorrected(
        receipt_number=application.receipt_number,
        revision=application.revision + 1,
        applicant_office_code=application.applicant_office_code,
        received_at=application.received_at,
        received_on=application.received_on,
        review_starts_on=correction.review_starts_on,
        corrected_at=correction.now,
        answers_clarification_id=correction.clarification_id,
        **_content_of(checked, contract, asked),
    )
    moved = replace(
        application,
        status=ApplicationStatus.UNDER_REVIEW,
        revision=corrected.revision,
        requested_start_date=corrected.requested_start_date,
    )
    return moved, corrected


def _content_of(checked: CheckedForm, contract: ContractPublished, asked: Asked) -> dict[str, Any]:
    """The fields that a receipt and a correction take from the form and the contract."""
    administrator = contract.system_administrator
    return {
        "kind": checked.kind,
        "office_code": checked.office_code,
        "company_name": contract.company_name,
        "office_name": contract.office_name,
        "contract_version": contract.contract_version,
        "requested_start_date": checked.requested_start_date,
        "reason": checked.reason,
        "contact": checked.contact,
        "system_administrator": SystemAdministratorAddress(name=administrator.name, email=administrator.email),
        "mailbox_change": asked.mailbox_change,
        "password_reissue": asked.password_reissue,
        "warnings": [warning.code.value for warning in checked.warnings],
        "diff_sha256": asked.sha256,
    }


def application_of(received: ApplicationReceived, form_token: UUID) -> Application:
    """The application as the event announces it."""
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
