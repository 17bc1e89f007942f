"""The steps of the form: which page holds which fields, in which order for which kind of application."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any

from services.intake.domain.form import ApplicationForm
from services.intake.domain.form_errors import FormErrors
from shared.contracts.event_data import ApplicationKind


class Step(StrEnum):
    """One subject, one page, one address."""

    ITEMS = "items"
    START = "start"
    CONTACT = "contact"
    MAILBOXES = "mailboxes"
    PASSWORDS = "passwords"
    REASON = "reason"


FIELDS: Mapping[Step, Sequence[str]] = {
    Step.ITEMS: ("office_code", "items"),
    Step.START: ("start_date_choice", "requested_start_date", "reason"),
    Step.CONTACT: (
        "family_name",
        "given_name",
        "family_name_kana",
        "given_name_kana",
        "department",
        "title",
        "phone",
        "fax",
        "email",
        "email_again",
    ),
    Step.MAILBOXES: ("add_smtp_pop3", "add_edifact", "abolish"),
    Step.PASSWORDS: ("office_code", "mailbox_ids"),
    Step.REASON: ("reason",),
}
TICKED = frozenset({"items", "abolish", "mailbox_ids"})
"""Fields with several values."""

_STEPS: Mapping[str, Sequence[Step]] = {
    ApplicationKind.MAILBOX_CHANGE: (Step.ITEMS, Step.START, Step.CONTACT, Step.MAILBOXES),
    ApplicationKind.PASSWORD_REISSUE: (Step.PASSWORDS, Step.REASON, Step.CONTACT),
}


def steps_of(form: ApplicationForm, *, is_correction: bool) -> Sequence[Step]:
    """The pages before the check page. Neither office nor items can be corrected (E36)."""
    steps = _STEPS.get(form.kind, _STEPS[ApplicationKind.MAILBOX_CHANGE])
    return tuple(step for step in steps if not (is_correction and step is Step.ITEMS))


def next_step(steps: Sequence[Step], step: Step) -> Step | None:
    """The page after this one; None where the check page follows."""
    position = steps.index(step) + 1
    return steps[position] if position < len(steps) else None


def errors_of(step: Step, errors: FormErrors) -> FormErrors:
    """The errors that belong on the page."""
    return FormErrors(tuple(error for error in errors.errors if error.field in FIELDS[step]))


def first_with_errors(steps: Sequence[Step], errors: FormErrors) -> Step:
    """Where to go from a check page that cannot be shown."""
    return next((step for step in steps if errors_of(step, errors).errors), steps[0])


def fill_in(form: ApplicationForm, step: Step, typed: Mapping[str, Sequence[str]]) -> ApplicationForm:
    """The form with the fields of one page as typed; a field that was not sent is empty, the others stay."""
    texts: dict[str, Any] = {name: next(reversed(typed.get(name, ())), "") for name in FIELDS[step]}
    ticks = {name: tuple(typed.get(name, ())) for name in FIELDS[step] if name in TICKED}
    return replace(form, **{**texts, **ticks})
