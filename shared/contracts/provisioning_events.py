"""Events of provisioning: what was issued, started, abolished. Never a secret: no type here can hold one."""
# ruff: noqa: RUF012  pydantic copies the defaults of its models

from datetime import date
from typing import Annotated

from shared.contracts.event_data import (
    EventData,
    EventPart,
    Instant,
    MailboxId,
    MailboxKind,
    MailboxRef,
    OfficeCode,
    OpenEnum,
    ReceiptNumber,
    public,
)
from shared.contracts.topics import MAILBOX


class IssueFailure(OpenEnum):
    """Why an approval could not be issued; review takes the application back."""

    IDS_EXHAUSTED = "ids_exhausted"
    MODE_NOT_CONTRACTED = "mode_not_contracted"
    NOT_ACTIVE = "not_active"
    UNKNOWN_OFFICE = "unknown_office"
    START_DATE_PASSED = "start_date_passed"
    REVISION_SUPERSEDED = "revision_superseded"


class IssuedMailbox(EventPart):
    """A mailbox that was issued."""

    mailbox_id: Annotated[MailboxId, public("Mailbox ID.")]
    kind: Annotated[MailboxKind, public("How results are collected.")]
    active_from: Annotated[date, public("First day of use.")]


class Abolition(EventPart):
    """A mailbox that will be abolished."""

    mailbox_id: Annotated[MailboxId, public("Mailbox ID.")]
    abolished_on: Annotated[date, public("Day from which logins are refused (E13).")]


class _MailboxEvent(EventData):
    topic = MAILBOX

    receipt_number: Annotated[ReceiptNumber, public("Receipt number of the application.")]


class MailboxesIssued(_MailboxEvent):
    """IDs and passwords exist; the passwords can be read on the ID notice until viewable_until."""

    ce_type = "nss.mailbox.issued.v1"

    revision: Annotated[int, public("Approved revision.")]
    office_code: Annotated[OfficeCode, public("The office.")]
    issued_at: Annotated[Instant, public("Instant of the issue.")]
    mailboxes: Annotated[list[IssuedMailbox], public("What was issued.")] = []
    abolitions: Annotated[list[Abolition], public("What will be abolished.")] = []
    viewable_from: Annotated[Instant | None, public("Start of the password window; absent without a password.")] = None
    viewable_until: Annotated[date | None, public("Last day of the password window.")] = None


class PasswordsReissued(_MailboxEvent):
    """New passwords for existing mailboxes; the old ones are dead."""

    ce_type = "nss.mailbox.password-reissued.v1"

    office_code: Annotated[OfficeCode, public("The office.")]
    mailbox_ids: Annotated[list[MailboxId], public("Mailboxes with a new password.")]
    reissued_at: Annotated[Instant, public("Instant of the reissue.")]
    viewable_from: Annotated[Instant, public("Start of the password window.")]
    viewable_until: Annotated[date, public("Last day of the password window.")]


class MailboxIssueFailed(_MailboxEvent):
    """Nothing was issued: all or nothing per application (E2)."""

    ce_type = "nss.mailbox.issue-failed.v1"

    revision: Annotated[int, public("Approved revision.")]
    office_code: Annotated[OfficeCode, public("The office.")]
    reason_code: Annotated[IssueFailure, public("Why nothing was issued.")]
    remaining: Annotated[int, public("Serials the office has left.")]


class ServiceStarted(_MailboxEvent):
    """The start date has come: additions are active, abolitions have taken effect."""

    ce_type = "nss.mailbox.service-started.v1"

    office_code: Annotated[OfficeCode, public("The office.")]
    started_on: Annotated[date, public("Start date.")]
    activated: Annotated[list[MailboxRef], public("Mailboxes that are active now.")] = []
    abolished: Annotated[list[MailboxId], public("Mailboxes that are closed now.")] = []


class OfficeClosed(EventData):
    """The office's contract has ended; its mailboxes are retired."""

    ce_type = "nss.mailbox.office-closed.v1"
    topic = MAILBOX

    office_code: Annotated[OfficeCode, public("The office.")]
    closed_on: Annotated[date, public("Closing day.")]
    abolished: Annotated[list[MailboxId], public("Mailboxes that are closed now.")] = []


class MailboxesVoided(_MailboxEvent):
    """The application was voided: its IDs are retired unused or deactivated."""

    ce_type = "nss.mailbox.voided.v1"

    mailbox_ids: Annotated[list[MailboxId], public("Retired mailboxes.")]
    was_active: Annotated[bool, public("They had been active.")]


class MailboxesRescheduled(_MailboxEvent):
    """The start date has moved; answers every review.start-date-changed."""

    ce_type = "nss.mailbox.rescheduled.v1"

    old_start_date: Annotated[date, public("Date so far.")]
    new_start_date: Annotated[date, public("Date from now on.")]
    viewable_until: Annotated[date | None, public("New last day of the password window.")] = None
    system_setting_deadline: Annotated[date | None, public("Recomputed deadline (T6).")] = None


class NoticeViewed(_MailboxEvent):
    """Somebody opened the ID notice."""

    ce_type = "nss.mailbox.notice-viewed.v1"

    viewed_at: Annotated[Instant, public("Instant of the view.")]
    first_time: Annotated[bool, public("Nobody had opened it before.")]


class WindowClosing(_MailboxEvent):
    """One business day is left of the password window."""

    ce_type = "nss.mailbox.window-closing.v1"

    viewable_until: Annotated[date, public("Last day of the password window.")]
    ever_viewed: Annotated[bool, public("The notice has been opened.")]


class WindowClosed(_MailboxEvent):
    """The password window is over; the secrets have been destroyed."""

    ce_type = "nss.mailbox.window-closed.v1"

    closed_at: Annotated[Instant, public("Instant of the closing.")]
    ever_viewed: Annotated[bool, public("The notice had been opened.")]
