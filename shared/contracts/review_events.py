"""Events of review: what reviewers decided, and the registration schedule."""
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
    OfficeCode,
    OpenEnum,
    ReceiptNumber,
    business,
    public,
)
from shared.contracts.people import CalendarException, RegistrationDay
from shared.contracts.topics import REVIEW, SCHEDULE


class DecidedBy(OpenEnum):
    """Who approved."""

    REVIEWER = "reviewer"
    POLICY = "policy"


class MailboxCounts(EventPart):
    """How many mailboxes an office has per kind."""

    smtp_pop3: Annotated[int, public("SMTP/POP3 mailboxes.")]
    edifact: Annotated[int, public("EDIFACT mailboxes.")]


class _ReviewEvent(EventData):
    topic = REVIEW

    receipt_number: Annotated[ReceiptNumber, public("Receipt number of the application.")]


class SchedulePublished(EventData):
    """The current registration schedule and calendar; the newest schedule_version wins."""

    ce_type = "nss.schedule.published.v1"
    topic = SCHEDULE

    schedule_version: Annotated[int, public("Rises by one with every publication.")]
    calendar_version: Annotated[int, public("Rises by one when closures or openings change.")]
    registration_days: Annotated[list[RegistrationDay], public("System registration days, ascending.")]
    closures: Annotated[list[CalendarException], public("Extra closed days.")] = []
    openings: Annotated[list[CalendarException], public("Extra open days.")] = []
    covers_until: Annotated[date, public("Last day for which the calendar may be asked.")]


class ReviewOpened(_ReviewEvent):
    """Review has taken the application over: it is under review."""

    ce_type = "nss.review.opened.v1"

    revision: Annotated[int, public("Revision under review.")]
    opened_at: Annotated[Instant, public("Instant of opening.")]


class ClarificationRequested(_ReviewEvent):
    """The reviewer asks the applicant to correct or withdraw (B27)."""

    ce_type = "nss.review.clarification-requested.v1"

    revision: Annotated[int, public("Revision the question is about.")]
    clarification_id: Annotated[UUID, public("Identity of the question.")]
    question: Annotated[str, business("The question, in the reviewer's words.")]
    reason_code: Annotated[str, public("Typed reason of the question.")]
    requested_at: Annotated[Instant, public("Instant of the question.")]
    answer_by: Annotated[date | None, public("Day by which an answer is asked for.")] = None


class ClarificationCancelRequested(_ReviewEvent):
    """The reviewer would like the question back; intake decides whether an answer came first."""

    ce_type = "nss.review.clarification-cancel-requested.v1"

    clarification_id: Annotated[UUID, public("The question to give back.")]
    requested_at: Annotated[Instant, public("Instant of the wish.")]


class ClarificationReminded(_ReviewEvent):
    """A question has gone unanswered for ten business days (T9)."""

    ce_type = "nss.review.clarification-reminded.v1"

    clarification_id: Annotated[UUID, public("The unanswered question.")]
    reminded_at: Annotated[Instant, public("Instant of the reminder.")]
    answer_by: Annotated[date | None, public("Day by which an answer is asked for.")] = None


class WithdrawalAccepted(_ReviewEvent):
    """Review lets the application go: final."""

    ce_type = "nss.review.withdrawal-accepted.v1"

    decided_at: Annotated[Instant, public("Instant of the decision.")]
    reason_code: Annotated[str | None, public("Why, where there is a code.")] = None


class WithdrawalRefused(_ReviewEvent):
    """The withdrawal came after the approval (E30)."""

    ce_type = "nss.review.withdrawal-refused.v1"

    decided_at: Annotated[Instant, public("Instant of the decision.")]
    reason_code: Annotated[str | None, public("Why, where there is a code.")] = None


class ApplicationApproved(_ReviewEvent):
    """Approved with a start date; provisioning issues next."""

    ce_type = "nss.review.approved.v1"

    revision: Annotated[int, public("Approved revision.")]
    kind: Annotated[ApplicationKind, public("What was asked for.")]
    office_code: Annotated[OfficeCode, public("The office.")]
    contract_version: Annotated[int, public("The contract the application was made on.")]
    approved_at: Annotated[Instant, public("Instant of the approval.")]
    requested_start_date: Annotated[date | None, public("Wished start date.")] = None
    confirmed_start_date: Annotated[date | None, public("Confirmed start date; absent for a reissue.")] = None
    add_smtp_pop3: Annotated[int, public("SMTP/POP3 mailboxes to issue.")] = 0
    add_edifact: Annotated[int, public("EDIFACT mailboxes to issue.")] = 0
    abolish: Annotated[list[MailboxId], public("Mailboxes to abolish.")] = []
    reissue: Annotated[list[MailboxId], public("Mailboxes that get a new password.")] = []
    start_date_changed: Annotated[bool, public("The confirmed date is not the wished one (B29).")] = False
    start_date_note: Annotated[str | None, business("Why the date differs, for the applicant.")] = None
    system_setting_required: Annotated[bool, public("A system setting is needed as well (B38).")] = False
    calendar_version: Annotated[int, public("Calendar the dates were computed with.")]
    schedule_version: Annotated[int, public("Schedule the start date was chosen from.")]
    policy_version: Annotated[int, public("Version of the approval policy.")]
    decided_by: Annotated[DecidedBy, public("A reviewer or the automatic policy.")]


class IssueFailedNoted(_ReviewEvent):
    """Issuing failed; the application is back under review."""

    ce_type = "nss.review.issue-failed-noted.v1"

    reason_code: Annotated[str, public("Why provisioning could not issue.")]


class ReviewCompleted(_ReviewEvent):
    """Review completed: approved and issued. The completion mail follows from this event alone."""

    ce_type = "nss.review.completed.v1"

    revision: Annotated[int, public("Completed revision.")]
    kind: Annotated[ApplicationKind, public("What was asked for.")]
    office_code: Annotated[OfficeCode, public("The office.")]
    completed_at: Annotated[Instant, public("Instant of completion.")]
    completed_on: Annotated[date, public("Date of completion: date in Japan of the issue (E19).")]
    requested_start_date: Annotated[date | None, public("Wished start date.")] = None
    confirmed_start_date: Annotated[date | None, public("Confirmed start date; absent for a reissue.")] = None
    start_date_changed: Annotated[bool, public("The confirmed date is not the wished one (B29).")] = False
    start_date_note: Annotated[str | None, business("Why the date differs.")] = None
    mailbox_ids_issued: Annotated[list[MailboxId], public("New mailboxes.")] = []
    mailbox_ids_abolished: Annotated[list[MailboxId], public("Abolished mailboxes.")] = []
    mailbox_ids_reissued: Annotated[list[MailboxId], public("Mailboxes with a new password.")] = []
    viewable_from: Annotated[Instant | None, public("When the password window opened.")] = None
    viewable_until: Annotated[date | None, public("Last day of the password window (B35).")] = None
    system_setting_deadline: Annotated[date | None, public("Last day for a required system setting (T6).")] = None
    mailboxes_after: Annotated[MailboxCounts, public("Mailboxes of the office afterwards.")]


class ApplicationVoided(_ReviewEvent):
    """Voided: the application has no effect any more."""

    ce_type = "nss.review.voided.v1"

    voided_at: Annotated[Instant, public("Instant of the decision.")]
    reason_code: Annotated[str, public("Typed reason.")]
    note: Annotated[str | None, business("Note for the applicant.")] = None


class StartDateChanged(_ReviewEvent):
    """The start date moves after completion (E18); provisioning answers with mailbox.rescheduled."""

    ce_type = "nss.review.start-date-changed.v1"

    old_start_date: Annotated[date, public("Date so far.")]
    new_start_date: Annotated[date, public("Date from now on.")]
    system_setting_deadline: Annotated[date | None, public("Recomputed deadline (T6).")] = None
    note: Annotated[str, business("Why, for the applicant.")]


class SystemSettingRecorded(_ReviewEvent):
    """The required system setting is complete; the application can no longer be voided for it."""

    ce_type = "nss.review.system-setting-recorded.v1"

    completed_on: Annotated[date, public("Day of completion.")]
