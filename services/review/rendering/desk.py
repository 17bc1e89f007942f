"""Rows of the desk's own pages: checks, revisions, the office's history, the audit, and why a date results."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from services.review import labels
from services.review.domain.audit import AuditEntry
from services.review.domain.case_file import CaseFile
from services.review.domain.checks import CheckOutcome, CheckReason, CheckResult
from services.review.domain.claims import Claim
from services.review.domain.day_counts import DayOff, count_days, window_reason
from services.review.domain.ledger import LedgerMailbox, MailboxCondition
from services.review.domain.revisions import RevisionChange, RevisionField
from services.review.domain.schedule_checks import ScheduleFault
from services.review.domain.schedule_table import LineFault
from shared.contracts.intake_events import ProcessingMode
from shared.runtime.web.pages import ymd, ymd_hm

OUTCOME_TAGS = {CheckOutcome.OK: "done", CheckOutcome.WARN: "attention", CheckOutcome.FAIL: "void"}
CONDITION_TAGS = {
    MailboxCondition.NOT_STARTED: "progress",
    MailboxCondition.ACTIVE: "done",
    MailboxCondition.ABOLITION_DECIDED: "attention",
    MailboxCondition.ABOLISHED: "neutral",
    MailboxCondition.VOIDED: "void",
}


def case_rows(case: CaseFile, today: date, target_business_days: int) -> dict[str, Any]:
    """What case.html shows beside the application itself."""
    return {
        "checks": [check_row(result) for result in case.checks],
        "open_checks": sum(result.outcome is not CheckOutcome.OK for result in case.checks),
        "corrections": [
            (revision, [change_row(change) for change in changes]) for revision, changes in case.corrections
        ],
        "ledger": [ledger_row(mailbox, today) for mailbox in case.history.mailboxes],
        "audit": [audit_row(entry) for entry in case.private.audit],
        "answer_reason": answer_reason(case, target_business_days),
        "window_reason": window_text(case),
    }


def check_row(result: CheckResult) -> tuple[str, str, str, str, str]:
    """Name, outcome in words, kind of its tag, reason, rule."""
    outcome = labels.CHECK_OUTCOME_LABELS[result.outcome]
    return (
        labels.CHECK_LABELS[result.check],
        outcome,
        OUTCOME_TAGS[result.outcome],
        check_reason(result.reason, result.details),
        result.rule,
    )


def check_reason(reason: CheckReason, details: Any) -> str:
    """The reason as a sentence."""
    return labels.CHECK_REASON_TEXTS[reason].format(**{name: _detail(name, text) for name, text in details.items()})


def change_row(change: RevisionChange) -> tuple[str, str, str]:
    """Part of the form, before, after."""
    return (
        labels.REVISION_FIELD_LABELS[change.field],
        _form_value(change.field, change.before),
        _form_value(change.field, change.after),
    )


def ledger_row(mailbox: LedgerMailbox, today: date) -> tuple[str, str, str, str, str, str, str]:
    """ID, kind, condition, kind of its tag, origin, first day, what became of it."""
    condition = mailbox.condition_on(today)
    kind = labels.PROCESSING_MODE_LABELS[ProcessingMode(mailbox.kind.value)] if mailbox.kind else ""
    number = mailbox.receipt_number
    return (
        mailbox.mailbox_id,
        kind,
        labels.MAILBOX_CONDITION_LABELS[condition],
        CONDITION_TAGS[condition],
        labels.ISSUED_BY.format(number) if number else labels.OPENING_BALANCE,
        ymd(mailbox.active_from) if mailbox.active_from else "",
        _later(mailbox),
    )


def audit_row(entry: AuditEntry) -> tuple[datetime, str, str]:
    """Instant, login, what was done."""
    step = entry.details.get("step")
    text = labels.AUDIT_ACTION_TEXTS[entry.action]
    known = {each.value: words for each, words in labels.TIMELINE_STEP_LABELS.items()}
    return entry.occurred_at, entry.login, known.get(step, text) if step else text


def answer_reason(case: CaseFile, target_business_days: int) -> str:
    """Why the answer is promised for its day; empty where the calendar does not reach."""
    if case.schedule is None:
        return ""
    counted = count_days(case.schedule, case.review.counts_from, target_business_days)
    if counted is None:
        return ""
    return labels.ANSWER_REASON.format(
        start=ymd(counted.start), days=target_business_days, left_out=left_out_text(counted.left_out)
    )


def window_text(case: CaseFile) -> str:
    """Why passwords can be read until their last day; empty without a window, and where others decided it."""
    terms, issued = case.review.terms, case.review.issued
    start = terms.confirmed_start_date if terms else None
    if case.schedule is None or issued is None or issued.viewable_until is None or start is None:
        return ""
    reason = window_reason(case.schedule, start)
    if reason is None or reason.last_day != issued.viewable_until:
        return ""
    third = labels.THIRD_BUSINESS_DAY.format(day=_month_day(reason.closed_on))
    left_out = left_out_text(reason.left_out)
    return labels.WINDOW_REASON.format(last=_month_day(reason.last_day), third=third, left_out=left_out)


def left_out_text(left_out: Sequence[tuple[date, DayOff]]) -> str:
    """Which days did not count, and why; empty where all did."""
    if not left_out:
        return ""
    days = [
        labels.DAY_LEFT_OUT.format(day=_month_day(day), cause=labels.DAY_OFF_LABELS[cause]) for day, cause in left_out
    ]
    return labels.LEFT_OUT.format(days="、".join(days))


def schedule_fault(fault: ScheduleFault) -> str:
    """What is wrong with a schedule, and on which day."""
    text = labels.SCHEDULE_PROBLEM_LABELS[fault.problem]
    return labels.FAULT_OF_DAY.format(day=ymd(fault.day), text=text) if fault.day else text


def line_fault(fault: LineFault) -> str:
    """What is wrong with a line of a table."""
    return labels.FAULT_OF_LINE.format(line=fault.line, text=labels.LINE_PROBLEM_TEXTS[fault.problem])


def held_by_text(claim: Claim) -> str:
    """Who works on an application, and until when."""
    return labels.HELD_BY.format(name=claim.display_name, until=ymd_hm(claim.expires_at))


def _later(mailbox: LedgerMailbox) -> str:
    parts = [
        labels.ABOLISHED_ON.format(ymd(mailbox.abolished_on)) if mailbox.abolished_on else "",
        labels.ISSUED_BY.format(mailbox.abolished_by) if mailbox.abolished_by else "",
        labels.REISSUED_ON.format(ymd(mailbox.reissued_on)) if mailbox.reissued_on else "",
    ]
    return "　".join(part for part in parts if part)


def _detail(name: str, text: str) -> str:
    if name == "day":
        return ymd(date.fromisoformat(text))
    if name == "modes":
        return "、".join(labels.PROCESSING_MODE_LABELS[ProcessingMode(mode)] for mode in text.split())
    if name == "mails":
        return "、".join(labels.mail_words(mail) for mail in text.split())
    return "、".join(text.split())


def _form_value(field: RevisionField, text: str) -> str:
    if field is RevisionField.REQUESTED_START_DATE and text:
        return ymd(date.fromisoformat(text))
    if field in (RevisionField.ABOLISH, RevisionField.REISSUE):
        return "、".join(text.split()) or labels.NONE
    return text or labels.NONE


def _month_day(day: date) -> str:
    return f"{day.month}/{day.day}"
