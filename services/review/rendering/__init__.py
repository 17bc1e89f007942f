"""Jinja environment of the console and the rows its pages show."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from jinja2 import Environment

from services.review import labels
from services.review.domain.bulk_approval import BulkOutcome
from services.review.domain.flow import FlowLevel, FlowPlace, FlowStation
from services.review.domain.notes import NoteKind
from services.review.domain.review import (
    ClarificationReason,
    DecisionProblem,
    Review,
    ReviewState,
    VoidReason,
    mailboxes_after,
    mailboxes_before,
)
from services.review.domain.review_queue import QueueFilter, QueueFlag
from services.review.domain.schedule_table import RowKind
from services.review.domain.staff import StaffRole
from services.review.domain.timeline import TimelineEntry
from shared.contracts.event_data import ApplicationKind
from shared.contracts.intake_events import ProcessingMode
from shared.contracts.notifier_events import Mail, MailFailure, RecipientRole
from shared.runtime.web.pages import build_environment, ymd, ymd_hm

TEMPLATES = Path(__file__).parents[1] / "templates"
STATIC = Path(__file__).parents[1] / "static"

LABELS: Mapping[type[StrEnum], Mapping[Any, str]] = {
    ApplicationKind: labels.APPLICATION_KIND_LABELS,
    ProcessingMode: labels.PROCESSING_MODE_LABELS,
    QueueFilter: labels.QUEUE_FILTER_LABELS,
    QueueFlag: labels.QUEUE_FLAG_LABELS,
    FlowStation: labels.FLOW_STATION_TEXTS,
    FlowPlace: labels.FLOW_PLACE_TEXTS,
    FlowLevel: labels.FLOW_LEVEL_TEXTS,
    NoteKind: labels.NOTE_KIND_LABELS,
    RowKind: labels.ROW_KIND_LABELS,
    ReviewState: labels.REVIEW_STATE_LABELS,
    ClarificationReason: labels.CLARIFICATION_REASON_LABELS,
    VoidReason: labels.VOID_REASON_LABELS,
    BulkOutcome: labels.BULK_OUTCOME_LABELS,
    StaffRole: labels.STAFF_ROLE_LABELS,
}

STATE_TAGS: Mapping[ReviewState, str] = {
    ReviewState.RECEIVED: "neutral",
    ReviewState.UNDER_REVIEW: "progress",
    ReviewState.CLARIFICATION: "attention",
    ReviewState.APPROVED: "progress",
    ReviewState.REVIEW_COMPLETED: "done",
    ReviewState.IN_SERVICE: "done",
    ReviewState.WITHDRAWN: "neutral",
    ReviewState.VOIDED: "void",
}


def build_console_environment() -> Environment:
    """The console's templates, with filters that turn values into Japanese words."""
    environment = build_environment(
        TEMPLATES,
        {
            "asked_for": asked_for,
            "label": label,
            "state_tag": STATE_TAGS.__getitem__,
            "failure": issue_failure_text,
            "warning": lambda code: labels.APPLICANT_WARNING_LABELS.get(code, code),
            "decision_field": labels.DECISION_FIELDS.__getitem__,
            "clarification_reason": lambda code: label(ClarificationReason(code)),
            "void_reason": lambda code: label(VoidReason(code)),
            "problem": lambda code: labels.DECISION_PROBLEM_LABELS[DecisionProblem(code)],
            "mover": lambda name: name or labels.MOVED_BY_SERVICE,
        },
    )
    # The address changes with the content, so that no browser shows an old look.
    digest = hashlib.sha256((STATIC / "console.css").read_bytes()).hexdigest()
    environment.globals["console_css"] = f"/console-static/console.css?v={digest[:12]}"
    return environment


def label(value: StrEnum) -> str:
    """The Japanese word of an enum member."""
    return LABELS[type(value)][value]


def asked_for(review: Review) -> str:
    """What the application asks for, in a few words."""
    change = review.mailbox_change
    if change is None:
        return label(review.kind)
    added, abolished = change.add_smtp_pop3 + change.add_edifact, len(change.abolish)
    words = [labels.ADDED.format(added) if added else "", labels.ABOLISHED.format(abolished) if abolished else ""]
    return labels.SEPARATOR.join(word for word in words if word)


def issue_failure_text(code: str) -> str:
    """Why provisioning could not issue; a code of a newer provisioning is shown as it is."""
    known = {failure.value: text for failure, text in labels.ISSUE_FAILURE_LABELS.items()}
    return known.get(code, code)


def before_after_rows(review: Review) -> list[tuple[str, str, str]]:
    """What changes: number of mailboxes per kind, and the mailbox IDs."""
    change = review.mailbox_change
    if change is None:
        return []
    before, after = mailboxes_before(review), mailboxes_after(review)
    kept = [mailbox.mailbox_id for mailbox in change.mailboxes_before if mailbox.mailbox_id not in change.abolish]
    issued = review.issued.mailbox_ids if review.issued else ()
    new: Sequence[str] = issued or [labels.ID_AFTER_REVIEW] * bool(change.add_smtp_pop3 + change.add_edifact)
    all_before = [mailbox.mailbox_id for mailbox in change.mailboxes_before]
    return [
        (labels.SMTP_POP3_COUNT, labels.count_of(before.smtp_pop3), labels.count_of(after.smtp_pop3)),
        (labels.EDIFACT_COUNT, labels.count_of(before.edifact), labels.count_of(after.edifact)),
        (labels.MAILBOX_IDS, _joined(all_before), _joined([*kept, *new])),
    ]


def timeline_rows(entries: Sequence[TimelineEntry]) -> list[tuple[datetime, str, str]]:
    """Instant, heading and text of each line."""
    return [(entry.occurred_at, _heading(entry), _text(entry)) for entry in entries]


def _heading(entry: TimelineEntry) -> str:
    heading = labels.TIMELINE_STEP_LABELS[entry.step]
    if "mail" not in entry.details:
        return heading
    mail = labels.MAIL_LABELS[Mail(entry.details["mail"])]
    return f"{heading}：{mail}"


def _text(entry: TimelineEntry) -> str:
    details = entry.details
    parts = [
        entry.actor or "",
        _start_date_text(details),
        *_decision_texts(details),
        details.get("note", ""),
        issue_failure_text(details["reason_code"]) if "reason_code" in details else "",
        details.get("mailbox_ids", ""),
        labels.NEVER_VIEWED if "never_viewed" in details else "",
        _mail_text(details),
    ]
    return "　".join(part for part in parts if part)


def _start_date_text(details: Mapping[str, str]) -> str:
    if "confirmed_start_date" not in details:
        return ""
    return labels.START_DATE.format(ymd(datetime.fromisoformat(details["confirmed_start_date"]).date()))


def _decision_texts(details: Mapping[str, str]) -> list[str]:
    """What a decision of the desk or of the applicant left on the timeline."""
    texts = []
    if "revision" in details:
        texts.append(labels.REVISION.format(details["revision"]))
    if "clarification_reason" in details:
        texts.append(label(ClarificationReason(details["clarification_reason"])))
    if "void_reason" in details:
        texts.append(label(VoidReason(details["void_reason"])))
    for name, text in (("answer_by", labels.ANSWER_BY), ("completed_on", labels.COMPLETED_ON)):
        if name in details:
            texts.append(text.format(ymd(date.fromisoformat(details[name]))))
    if "proposed_by" in details:
        texts.append(labels.PROPOSED_BY.format(details["proposed_by"]))
    return texts


def _mail_text(details: Mapping[str, str]) -> str:
    parts = []
    if "role" in details:
        parts.append(labels.TO.format(labels.RECIPIENT_ROLE_LABELS[RecipientRole(details["role"])]))
    if "failure_class" in details:
        parts.append(labels.MAIL_FAILURE_LABELS[MailFailure(details["failure_class"])])
    if "next_attempt_at" in details:
        parts.append(labels.NEXT_ATTEMPT.format(ymd_hm(datetime.fromisoformat(details["next_attempt_at"]))))
    return "　".join(parts)


def _joined(mailbox_ids: Sequence[str]) -> str:
    return "、".join(mailbox_ids) or labels.NONE
