"""The Jinja environment of intake's pages: its templates, the words for enum members, and rows for tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

from jinja2 import Environment

from services.intake import labels
from services.intake.domain.change_items import ITEMS, LIVE_ITEMS
from services.intake.domain.form_errors import FormErrors
from services.intake.domain.form_fields import REASON_LENGTH, reason_length
from services.intake.domain.new_password import NewPasswordProblem
from services.intake.domain.timeline import TimelineEntry
from shared.kernel.local_time import local_date
from shared.runtime.web.pages import build_environment

TEMPLATES = Path(__file__).parent / "templates"


def build_page_environment() -> Environment:
    """Intake's templates in front of the shared ones, with every `*_LABELS` mapping as a filter of its own."""
    environment = build_environment(
        TEMPLATES,
        {
            "status_label": labels.APPLICATION_STATUS_LABELS.__getitem__,
            "status_tag_kind": labels.STATUS_TAG_KINDS.__getitem__,
            "next_step": labels.NEXT_STEP_LABELS.__getitem__,
            "kind_label": labels.MAILBOX_KIND_LABELS.__getitem__,
            "mailbox_state_label": labels.MAILBOX_STATE_LABELS.__getitem__,
            "mode_label": partial(labels.label_of, labels.PROCESSING_MODE_LABELS),
            "system_class_label": partial(labels.label_of, labels.SYSTEM_CLASS_LABELS),
            "news_label": labels.NEWS_KIND_LABELS.__getitem__,
            "news_category_label": labels.NEWS_CATEGORY_LABELS.__getitem__,
            "warning_label": labels.FORM_WARNING_LABELS.__getitem__,
            "mail_label": partial(labels.label_of, labels.MAIL_LABELS),
            "role_label": partial(labels.label_of, labels.RECIPIENT_ROLE_LABELS),
            "mail_state_label": labels.MAIL_STATE_LABELS.__getitem__,
            "weekday": labels.weekday,
            "last_day_of": last_day_of,
            "reason_length": reason_length,
            "application_kind_label": labels.APPLICATION_KIND_LABELS.__getitem__,
            "application_class_label": labels.APPLICATION_CLASS_LABELS.__getitem__,
            "draft_label": lambda kind: labels.DRAFT_NAMES.get(kind, labels.DRAFT_NAMES["mailbox_change"]),
            "item_label": labels.CHANGE_ITEM_CAPTIONS.__getitem__,
            "item_group_label": labels.ITEM_GROUP_CAPTIONS.__getitem__,
            "item_group_reason": labels.ITEM_GROUP_REASONS.__getitem__,
            "outcome_label": labels.CLARIFICATION_OUTCOME_LABELS.__getitem__,
            "void_reason": lambda code: labels.VOID_REASONS.get(code, ""),
            "document_label": labels.DOCUMENT_KIND_LABELS.__getitem__,
        },
    )
    environment.globals.update(
        field_labels=labels.FORM_FIELD_LABELS,
        item_groups=ITEMS,
        live_items=LIVE_ITEMS,
        application_classes=labels.APPLICATION_CLASSES,
        special_classes=labels.SPECIAL_CLASSES,
        change_flags=labels.CHANGE_FLAGS,
        mailbox_flag=labels.MAILBOX_FLAG,
        reason_limit=REASON_LENGTH,
    )
    return environment


def error_texts(errors: FormErrors) -> dict[str, str]:
    """Field name to sentence, in page order; a field with several errors shows its first."""
    texts: dict[str, str] = {}
    for error in errors.errors:
        texts.setdefault(error.field, labels.form_error_text(error))
    return texts


def last_day_of(end: datetime) -> date:
    """The last whole day before an instant at which something ends, in Japan."""
    return local_date(end - timedelta(microseconds=1))


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One entry as a reader sees it: when, what, who did it, what somebody wrote, and what comes next."""

    at: datetime
    heading: str
    actor: str
    note: str | None
    next_step: str


def timeline_rows(entries: Sequence[TimelineEntry]) -> list[TimelineRow]:
    """Every entry; a mail says which one and to whom."""
    return [
        TimelineRow(
            at=entry.occurred_at,
            heading=_heading(entry),
            actor=labels.ACTOR_LABELS[entry.actor],
            note=entry.note,
            next_step=labels.timeline_next(entry),
        )
        for entry in entries
    ]


def _heading(entry: TimelineEntry) -> str:
    text = labels.TIMELINE_KIND_LABELS[entry.kind]
    if entry.mail is None or entry.role is None:
        return text
    mail = labels.label_of(labels.MAIL_LABELS, entry.mail)
    role = labels.label_of(labels.RECIPIENT_ROLE_LABELS, entry.role)
    return labels.mail_entry_text(text, mail, role)


def password_error_texts(problems: Mapping[str, NewPasswordProblem]) -> dict[str, str]:
    """Field name to sentence, in page order."""
    return {field: labels.password_problem_text(field, problem) for field, problem in problems.items()}
