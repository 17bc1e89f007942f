"""Bodies and answers of the staff API; dates are read in every form that means one date and written in ISO 8601."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from services.review.domain.case_file import CaseFile
from services.review.domain.claims import Claim
from services.review.domain.report import DaysTaken, MonthlyReport
from services.review.domain.review import Clarification, MovedOn, ProposedApproval, Review
from services.review.domain.review_queue import QueueFilter, QueueFlag, QueueRow
from services.review.domain.schedule import ProposedDay, ProposedSchedule, Schedule, published
from services.review.workflows import ScheduleTrial
from shared.contracts.people import CalendarException
from shared.kernel.japanese_text import parse_japanese_date
from shared.kernel.local_time import local_date

MAX_ROWS = 2000


def _read_date(value: Any) -> Any:
    return (parse_japanese_date(value) or value) if isinstance(value, str) else value


AnyDate = Annotated[date, BeforeValidator(_read_date)]


class ApiBody(BaseModel):
    """A body of the staff API: no field it does not know, no text that no database column can hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _can_be_stored(cls, value: Any) -> Any:
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and not _is_storable(text) for text in texts):
            raise ValueError("a NUL or half a character")
        return value


def _is_storable(text: str) -> bool:
    return not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text)


class LoginBody(ApiBody):
    """Who wants a token."""

    login: str = Field(max_length=200)
    password: str = Field(max_length=1000)


class QueueParams(BaseModel):
    """What the queue is asked for; `search` is a receipt number, an office code or a part of a name."""

    status: QueueFilter = QueueFilter.UNDER_REVIEW
    flag: QueueFlag | None = None
    office_code: str = Field(default="", max_length=20)
    search: str = Field(default="", max_length=100)
    mine: bool = False
    unread: bool = False
    cursor: str = Field(default="", max_length=40)


class ProblemAnswer(BaseModel):
    """An error of the API (RFC 9457): `code` is stable, `detail` is Japanese for people."""

    type: str
    title: str
    status: int
    code: str


class RegistrationDayBody(ApiBody):
    """One row; without its own system-setting deadline it is four business days before."""

    registration_date: AnyDate
    application_deadline: AnyDate
    system_setting_deadline: AnyDate | None = None


class CalendarExceptionBody(ApiBody):
    """A day that the calendar closes or opens."""

    date: AnyDate
    reason: str = Field(min_length=1, max_length=200)


class ScheduleBody(ApiBody):
    """The whole schedule and calendar: what is not in it is no longer so."""

    registration_days: list[RegistrationDayBody] = Field(max_length=MAX_ROWS)
    closures: list[CalendarExceptionBody] = Field(default=[], max_length=MAX_ROWS)
    openings: list[CalendarExceptionBody] = Field(default=[], max_length=MAX_ROWS)
    covers_until: AnyDate
    based_on: int | None = None
    """The version the caller has seen, 0 for none; left out, whatever is in force is replaced."""

    def to_proposal(self) -> ProposedSchedule:
        """The proposal the domain judges."""
        return ProposedSchedule(
            [
                ProposedDay(row.registration_date, row.application_deadline, row.system_setting_deadline)
                for row in self.registration_days
            ],
            [CalendarException(date=closure.date, reason=closure.reason) for closure in self.closures],
            [CalendarException(date=opening.date, reason=opening.reason) for opening in self.openings],
            self.covers_until,
        )


def schedule_answer(schedule: Schedule) -> dict[str, Any]:
    """The schedule as the topic has it."""
    return published(schedule).model_dump(mode="json")


def review_answer(review: Review) -> dict[str, Any]:
    """One application: what a program needs to decide, and no personal data."""
    terms, issued = review.terms, review.issued
    return {
        "receipt_number": review.receipt_number,
        "status": review.state.value,
        "revision": review.revision,
        "kind": review.kind.value,
        "office_code": review.office_code,
        "company_name": review.company_name,
        "office_name": review.office_name,
        "received_at": _instant(review.received_at),
        "received_on": review.received_on.isoformat(),
        "reason": review.reason,
        "warnings": list(review.warnings),
        "requested_start_date": _iso(review.requested_start_date),
        "confirmed_start_date": _iso(terms.confirmed_start_date if terms else None),
        "start_date_note": terms.start_date_note if terms else None,
        "mailbox_change": review.mailbox_change.model_dump(mode="json") if review.mailbox_change else None,
        "password_reissue": review.password_reissue.model_dump(mode="json") if review.password_reissue else None,
        "completed_on": _iso(issued.completed_on if issued else None),
        "issue_failure": review.issue_failure,
        "system_setting_required": terms.system_setting_required if terms else False,
        "system_setting_deadline": _iso(terms.system_setting_deadline if terms else None),
        "system_setting_completed_on": _iso(terms.setting_completed_on if terms else None),
        "clarification": _clarification(review.clarification),
        "proposal": _proposal(review.proposal),
        "void_reason": review.voiding.reason_code if review.voiding else None,
    }


def _clarification(question: Clarification | None) -> dict[str, Any] | None:
    if question is None:
        return None
    return {
        "clarification_id": str(question.clarification_id),
        "reason_code": question.reason_code,
        "question": question.question,
        "asked_at": _instant(question.asked_at),
        "answer_by": _iso(question.answer_by),
        "cancel_requested_at": _instant(question.cancel_requested_at) if question.cancel_requested_at else None,
    }


def _proposal(proposal: ProposedApproval | None) -> dict[str, Any] | None:
    if proposal is None:
        return None
    return {
        "proposed_by": proposal.proposed_by,
        "proposed_at": _instant(proposal.proposed_at),
        "confirmed_start_date": _iso(proposal.confirmed_start_date),
        "note": proposal.form.note,
    }


def row_answer(row: QueueRow, now: datetime) -> dict[str, Any]:
    """An application of the queue: its age, the promised answer, who holds it, and what stands out about it."""
    held = row.claim if row.claim and row.claim.is_held(now) else None
    return review_answer(row.review) | {
        "age_business_days": row.age,
        "answer_by": _iso(row.answer_by),
        "suggested_start_date": _iso(row.suggested_start),
        "claim": claim_answer(held) if held else None,
        "unread": row.is_unread,
        "flags": [flag.value for flag in row.flags],
    }


def case_answer(case: CaseFile, now: datetime) -> dict[str, Any]:
    """One application with its checks, mailboxes of the office, timeline and revisions; nothing personal, no note."""
    return row_answer(case.row, now) | {
        "checks": [
            {
                "check": result.check.value,
                "rule": result.rule,
                "outcome": result.outcome.value,
                "reason": result.reason.value,
                "details": dict(result.details),
            }
            for result in case.checks
        ],
        "timeline": [
            {"step": entry.step.value, "occurred_at": _instant(entry.occurred_at), "actor": entry.actor}
            for entry in case.timeline
        ],
        "revisions": [
            {
                "revision": revision.revision,
                "seen_at": _instant(revision.seen_at),
                "changes": [
                    {"field": change.field.value, "before": change.before, "after": change.after} for change in changes
                ],
            }
            for revision, changes in case.corrections
        ],
        "office_mailboxes": [
            {"mailbox_id": mailbox.mailbox_id, "condition": mailbox.condition_on(local_date(now)).value}
            for mailbox in case.history.mailboxes
        ],
        "other_applications": [review.receipt_number for review in case.history.applications],
    }


def claim_answer(claim: Claim) -> dict[str, Any]:
    """Who works on the application, and until when nobody else may take it over."""
    return {
        "login": claim.login,
        "name": claim.display_name,
        "claimed_at": _instant(claim.claimed_at),
        "expires_at": _instant(claim.expires_at),
    }


def trial_answer(trial: ScheduleTrial) -> dict[str, Any]:
    """What publishing would change, and what stays as it is."""
    change = trial.change
    return {
        "based_on": trial.based_on,
        "schedule_version": trial.following.schedule_version,
        "calendar_version": trial.following.calendar_version,
        "added": [row.registration_date.isoformat() for row in change.added],
        "removed": [row.registration_date.isoformat() for row in change.removed],
        "altered": [row.registration_date.isoformat() for _, row in change.altered],
        "start_dates_kept": [{"date": day.isoformat(), "applications": count} for day, count in change.starts_kept],
        "windows_kept": change.windows_kept,
    }


def report_answer(report: MonthlyReport) -> dict[str, Any]:
    """The month, office by office."""
    return {
        "month": str(report.month),
        "offices": [asdict(line.activity) | {"days": _days(line.days)} for line in report.lines],
        "days": _days(report.days),
    }


def _days(days: DaysTaken) -> dict[str, Any]:
    return asdict(days) | {"average": days.average}


def winner_answer(winner: MovedOn) -> dict[str, Any]:
    """Who was faster, and what became of the application; no name where a service moved it."""
    return {
        "name": winner.moved_by,
        "moved_at": _instant(winner.moved_at),
        "status": winner.state.value,
        "revision": winner.revision,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _instant(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")
