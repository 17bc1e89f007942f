"""The Jinja environment of intake's pages: its templates, the words for enum members, and rows for tables."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from jinja2 import Environment

from services.intake import labels
from services.intake.domain.form_errors import FormErrors
from services.intake.domain.timeline import TimelineEntry
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
        },
    )
    environment.globals.update(field_labels=labels.FORM_FIELD_LABELS)
    return environment


def error_texts(errors: FormErrors) -> dict[str, str]:
    """Field name to sentence, in page order; a field with several errors shows its first."""
    texts: dict[str, str] = {}
    for error in errors.errors:
        texts.setdefault(error.field, labels.form_error_text(error))
    return texts


def timeline_rows(entries: Sequence[TimelineEntry]) -> list[tuple[datetime, str, str]]:
    """Instant, what happened, and who did it; a mail says which one and to whom."""
    return [(entry.occurred_at, _heading(entry), labels.ACTOR_LABELS[entry.actor]) for entry in entries]


def _heading(entry: TimelineEntry) -> str:
    text = labels.TIMELINE_KIND_LABELS[entry.kind]
    if entry.mail is None or entry.role is None:
        return text
    mail = labels.label_of(labels.MAIL_LABELS, entry.mail)
    role = labels.label_of(labels.RECIPIENT_ROLE_LABELS, entry.role)
    return labels.mail_entry_text(text, mail, role)
