"""The documents of an application: which there are, from when, and what stands on them (domain rules, section 10).

A sheet holds everything that is printed and nothing that changes afterwards, so that it prints the same at any time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from services.intake.domain.application import Application, ApplicationStatus, Content
from services.intake.domain.difference import KindDifference, difference_asked
from shared.contracts.event_data import ApplicationKind
from shared.contracts.intake_events import AccessLine, ContractPublished, ContractUser, SystemClass
from shared.kernel.identifiers import MailboxId

NOTICE_STATUSES = frozenset({ApplicationStatus.REVIEW_COMPLETED, ApplicationStatus.IN_SERVICE})


class DocumentKind(StrEnum):
    """The documents an office can print; the values stand in addresses."""

    APPLICATION_FORM = "application-form"
    APPROVAL_NOTICE = "approval-notice"


@dataclass(frozen=True, slots=True)
class PrintedOffice:
    """What the register said about the office when the revision was made."""

    company_name: str
    office_name: str
    office_address: str | None
    holder_title: str
    holder_name: str
    system_class: SystemClass
    billing_code: str
    users: Sequence[ContractUser]
    mail_mode_terminals: int | None
    smtp_two_way_addresses: int | None
    lines: Sequence[AccessLine]


@dataclass(frozen=True, slots=True)
class ApplicationFormSheet:
    """The application form of one revision: the office as it was, and what is asked for."""

    receipt_number: str
    revision: int
    received_on: date
    decided_at: datetime
    office_code: str
    requested_start_date: date | None
    reason: str
    office: PrintedOffice
    kinds: Sequence[KindDifference]
    reissued: Sequence[MailboxId]
    diff_sha256: str


@dataclass(frozen=True, slots=True)
class ApprovalNoticeSheet:
    """The approval notice: what was approved, from which day, and never a password (E25)."""

    receipt_number: str
    received_on: date
    completed_on: date
    decided_at: datetime
    office_code: str
    confirmed_start_date: date
    office: PrintedOffice
    kinds: Sequence[KindDifference]
    issued: Sequence[MailboxId]
    abolished: Sequence[MailboxId]
    diff_sha256: str


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a document can be printed today, and from which day, where that is known."""

    is_open: bool
    opens_on: date | None = None


def availability_of(kind: DocumentKind, application: Application, today: date) -> Availability | None:
    """When the document can be printed; None where there never is one (B32, B33, T5).

    The application form can be printed from its receipt on; the approval notice from the confirmed start date on,
    and a password reissue, a withdrawn and a voided application have none.
    """
    if kind is DocumentKind.APPLICATION_FORM:
        return Availability(True, application.received_on)
    gone = application.status in {ApplicationStatus.WITHDRAWN, ApplicationStatus.VOIDED}
    if gone or application.kind is not ApplicationKind.MAILBOX_CHANGE:
        return None
    opens_on = application.confirmed_start_date if application.status in NOTICE_STATUSES else None
    return Availability(opens_on is not None and opens_on <= today, opens_on)


def application_form(content: Content, contract: ContractPublished) -> ApplicationFormSheet:
    """The form of the revision; `contract` is the version the revision was made on."""
    return ApplicationFormSheet(
        receipt_number=content.receipt_number,
        revision=content.revision,
        received_on=content.received_on,
        decided_at=content.received_at,
        office_code=content.office_code,
        requested_start_date=content.requested_start_date,
        reason=content.reason,
        office=_office_printed(content, contract),
        kinds=_kinds_changed(content),
        reissued=content.password_reissue.mailbox_ids if content.password_reissue else (),
        diff_sha256=content.diff_sha256,
    )


def approval_notice(
    application: Application, content: Content, contract: ContractPublished, completed_at: datetime
) -> ApprovalNoticeSheet:
    """The notice of a completed application that has a start date."""
    assert application.completed_on is not None
    assert application.confirmed_start_date is not None
    return ApprovalNoticeSheet(
        receipt_number=application.receipt_number,
        received_on=application.received_on,
        completed_on=application.completed_on,
        decided_at=completed_at,
        office_code=application.office_code,
        confirmed_start_date=application.confirmed_start_date,
        office=_office_printed(content, contract),
        kinds=_kinds_changed(content),
        issued=application.mailbox_ids_issued,
        abolished=application.mailbox_ids_abolished,
        diff_sha256=content.diff_sha256,
    )


def _kinds_changed(content: Content) -> Sequence[KindDifference]:
    return difference_asked(content.mailbox_change).kinds if content.mailbox_change else ()


def _office_printed(content: Content, contract: ContractPublished) -> PrintedOffice:
    return PrintedOffice(
        company_name=content.company_name,
        office_name=content.office_name,
        office_address=contract.office_address,
        holder_title=contract.contract_holder.title,
        holder_name=contract.contract_holder.name,
        system_class=contract.system_class,
        billing_code=contract.billing_code,
        users=contract.users,
        mail_mode_terminals=contract.mail_mode_terminals,
        smtp_two_way_addresses=contract.smtp_two_way_addresses,
        lines=contract.lines,
    )
