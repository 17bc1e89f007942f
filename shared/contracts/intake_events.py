"""Events of intake: the contract register and what applicants did."""
# ruff: noqa: RUF012  pydantic copies the defaults of its models

from datetime import date
from typing import Annotated
from uuid import UUID

from shared.contracts.event_data import (
    ApplicationKind,
    EventData,
    EventPart,
    Instant,
    MailboxId,
    MailboxKind,
    OfficeCode,
    OpenEnum,
    ReceiptNumber,
    business,
    personal,
    public,
)
from shared.contracts.people import Contact, MailboxChange, PasswordReissue, SystemAdministratorAddress
from shared.contracts.topics import APPLICATION, CONTRACT


class SystemClass(OpenEnum):
    """System class: which of the NACCS systems an office uses."""

    SEA = "sea"
    AIR = "air"
    COMMON = "common"


class ProcessingMode(OpenEnum):
    """Processing mode: how a user exchanges messages with NACCS."""

    SMTP_POP3 = "smtp_pop3"
    EDIFACT = "edifact"
    SMTP_TWO_WAY = "smtp_two_way"
    PACKAGE = "package"
    WEB = "web"
    NETAPI = "netapi"
    EBMS = "ebms"


class ContractHolder(EventPart):
    """Contract holder: named on documents, has no login."""

    name: Annotated[str, personal("Name of the contract holder.")]
    title: Annotated[str, personal("Title of the contract holder.")]


class SystemAdministrator(EventPart):
    """System administrator: gets a copy of every mail."""

    name: Annotated[str, personal("Name.")]
    email: Annotated[str, personal("E-mail address.")]
    phone: Annotated[str, personal("Telephone, digits only.")]
    emergency_fax: Annotated[str | None, personal("Fax for emergencies, digits only.")] = None


class ContractUser(EventPart):
    """One row of the contract's user table (S3)."""

    user_code: Annotated[str, public("User code, five characters, given by the Center.")]
    identification_number: Annotated[str, public("Identification number, three characters.")]
    division: Annotated[str | None, public("Division of the user table the row stands in.")] = None
    category: Annotated[str, public("Business category, as the register words it.")]
    processing_mode: Annotated[ProcessingMode, public("Processing mode of the user.")]
    started_on: Annotated[date, public("First day of use.")]
    paid_statistics: Annotated[bool | None, public("Management statistics: the paid part is subscribed.")] = None
    free_statistics: Annotated[bool | None, public("Management statistics: the free part is subscribed.")] = None
    bonded_record_storage: Annotated[bool | None, public("Storage of bonded-cargo records is subscribed.")] = None
    shared_with_other_office: Annotated[bool | None, public("The user code is shared with another office.")] = None


class OpeningMailbox(EventPart):
    """A mailbox that existed when the office was first registered here."""

    mailbox_id: Annotated[MailboxId, public("Mailbox ID.")]
    kind: Annotated[MailboxKind, public("How results are collected.")]
    active_from: Annotated[date, public("First day of use.")]


class AccessLine(EventPart):
    """One access line of the office."""

    line_type: Annotated[str, public("Kind of line.")]
    speed: Annotated[str | None, public("Speed or way of connecting.")] = None
    system_class: Annotated[SystemClass | None, public("NACCS system the line serves.")] = None
    maintenance: Annotated[str | None, public("Maintenance service.")] = None
    option: Annotated[str | None, public("Optional services.")] = None


class ContractPublished(EventData):
    """The current contract of an office. The newest contract_version wins; older ones are ignored."""

    ce_type = "nss.contract.published.v1"
    topic = CONTRACT

    office_code: Annotated[OfficeCode, public("The office.")]
    contract_version: Annotated[int, public("Rises by one with every change of the register.")]
    company_abbreviation: Annotated[str, public("Company abbreviation, three characters.")]
    company_name: Annotated[str, business("Company name.")]
    office_name: Annotated[str, business("Office name.")]
    contract_holder: Annotated[ContractHolder, personal("Contract holder.")]
    system_administrator: Annotated[SystemAdministrator, personal("System administrator.")]
    system_class: Annotated[SystemClass, public("System class of the office.")]
    customs: Annotated[str, public("Customs with jurisdiction over the office.")]
    billing_code: Annotated[str, public("Billing code, seven digits.")]
    price_plan: Annotated[str, public("Price plan.")]
    users: Annotated[list[ContractUser], public("User IDs of the office.")]
    opening_mailboxes: Annotated[list[OpeningMailbox], public("Mailboxes at first registration.")]
    sister_offices: Annotated[list[OfficeCode], public("Offices this one may apply for.")] = []
    contract_ends_on: Annotated[date | None, public("Day on which the contract ends.")] = None
    closed_on: Annotated[date | None, public("Day on which the office closes.")] = None
    office_address: Annotated[str | None, business("Address of the office.")] = None
    office_phone: Annotated[str | None, business("Telephone of the office, digits only.")] = None
    head_office_address: Annotated[str | None, business("Address of the head office.")] = None
    representative: Annotated[str | None, personal("Representative of the company.")] = None
    default_contact: Annotated[Contact | None, personal("Contact the form starts with.")] = None
    applied_charge: Annotated[str | None, public("Charge that applies.")] = None
    applied_month: Annotated[str | None, public("Month from which the charge applies, YYYY-MM.")] = None
    lines: Annotated[list[AccessLine], public("Access lines.")] = []
    logical_terminals: Annotated[list[str], public("Logical terminal names.")] = []
    mail_mode_terminals: Annotated[int | None, public("Number of terminals of the e-mail style mode.")] = None
    smtp_two_way_addresses: Annotated[int | None, public("Number of mail addresses of SMTP two-way users.")] = None
    net_terminals: Annotated[list[str], public("netNACCS terminals.")] = []
    certificates: Annotated[list[str], public("webNACCS client certificates.")] = []
    billing_address: Annotated[str | None, business("Address that invoices go to.")] = None
    billing_contact: Annotated[str | None, personal("Billing contact.")] = None
    billing_phone: Annotated[str | None, business("Telephone of the billing contact, digits only.")] = None
    payment_method: Annotated[str | None, public("Method of payment.")] = None


class _ApplicationContent(EventData):
    """What the form says; the same in the first receipt and in every correction."""

    topic = APPLICATION

    receipt_number: Annotated[ReceiptNumber, public("Receipt number of the application.")]
    revision: Annotated[int, public("Number of the form's content: 1 at receipt, +1 per correction.")]
    kind: Annotated[ApplicationKind, public("What is asked for.")]
    applicant_office_code: Annotated[OfficeCode, public("The office that applies (B5).")]
    office_code: Annotated[OfficeCode, public("The office applied for.")]
    company_name: Annotated[str, business("Company name.")]
    office_name: Annotated[str, business("Office name.")]
    received_at: Annotated[Instant, public("Instant of the first receipt.")]
    received_on: Annotated[date, public("Receipt date: date in Japan of the first receipt.")]
    review_starts_on: Annotated[date, public("Day the review target counts from (T8).")]
    contract_version: Annotated[int, public("The contract the application was made on.")]
    requested_start_date: Annotated[date | None, public("Wished start date; absent for a reissue.")] = None
    reason: Annotated[str, business("Reason for the change in the applicant's words, up to 240 characters.")]
    contact: Annotated[Contact, personal("Application contact.")]
    system_administrator: Annotated[SystemAdministratorAddress, personal("System administrator.")]
    mailbox_change: Annotated[MailboxChange | None, public("For kind mailbox_change.")] = None
    password_reissue: Annotated[PasswordReissue | None, public("For kind password_reissue.")] = None
    warnings: Annotated[list[str], public("Codes of the warnings the applicant saw.")] = []
    diff_sha256: Annotated[str, public("SHA-256 of the canonical JSON of the before/after on the check page.")]


class ApplicationReceived(_ApplicationContent):
    """An applicant registered an application and holds its receipt number (B23, B24)."""

    ce_type = "nss.application.received.v1"


class ApplicationCorrected(_ApplicationContent):
    """An applicant answered a clarification by correcting the form: revision 2 or higher."""

    ce_type = "nss.application.corrected.v1"

    corrected_at: Annotated[Instant, public("Instant of the correction.")]
    answers_clarification_id: Annotated[UUID, public("The clarification that is answered.")]


class ClarificationReturned(EventData):
    """The question goes back to review unanswered, because review asked for it."""

    ce_type = "nss.application.clarification-returned.v1"
    topic = APPLICATION

    receipt_number: Annotated[ReceiptNumber, public("Receipt number of the application.")]
    revision: Annotated[int, public("Revision that review holds again.")]
    clarification_id: Annotated[UUID, public("The question given back.")]
    returned_at: Annotated[Instant, public("Instant of the return.")]


class WithdrawalRequested(EventData):
    """The applicant wants to withdraw while review holds the application; review answers by itself."""

    ce_type = "nss.application.withdrawal-requested.v1"
    topic = APPLICATION

    receipt_number: Annotated[ReceiptNumber, public("Receipt number of the application.")]
    revision: Annotated[int, public("Revision the request was made on.")]
    requested_at: Annotated[Instant, public("Instant of the request.")]
    reason: Annotated[str | None, business("Why, if the applicant said so.")] = None


class ApplicationWithdrawn(EventData):
    """The applicant withdrew out of a clarification: final."""

    ce_type = "nss.application.withdrawn.v1"
    topic = APPLICATION

    receipt_number: Annotated[ReceiptNumber, public("Receipt number of the application.")]
    revision: Annotated[int, public("Revision that was withdrawn.")]
    withdrawn_at: Annotated[Instant, public("Instant of the withdrawal.")]
    reason: Annotated[str | None, business("Why, if the applicant said so.")] = None
