"""A form without errors and the facts of the office that sends it; each test changes one thing."""

from dataclasses import replace
from datetime import date
from typing import Any

from services.intake.domain.form import ApplicationForm, CheckedForm, check_form
from services.intake.domain.form_errors import FormErrors
from services.intake.domain.mailboxes import OfficeMailbox
from services.intake.domain.office_facts import OfficeFacts
from shared.contracts.event_data import MailboxKind
from shared.kernel.identifiers import MailboxId
from tests.builders import OFFICE, OPENING_MAILBOX, TYPED, a_contract, a_schedule

TODAY = date(2018, 10, 16)

VALID_FORM = ApplicationForm(**TYPED)


def a_form(**fields: Any) -> ApplicationForm:
    """The manual's own case: one SMTP/POP3 mailbox more from 1 November 2018."""
    return replace(VALID_FORM, **fields)


def a_box(mailbox_id: str = OPENING_MAILBOX, **fields: Any) -> OfficeMailbox:
    """A mailbox of NAC001 in use since 2017."""
    box = OfficeMailbox(MailboxId(mailbox_id), OFFICE, MailboxKind.SMTP_POP3, date(2017, 10, 8))
    return replace(box, **fields)


def facts(**fields: Any) -> OfficeFacts:
    """NAC001 with one mailbox, on 16 October 2018, Thursdays of November as registration days."""
    known = OfficeFacts(contract=a_contract(), mailboxes=[a_box()], schedule=a_schedule(), today=TODAY)
    return replace(known, **fields)


def checked(**fields: Any) -> CheckedForm:
    """A form that has no errors, checked."""
    result = check_form(a_form(**fields), facts())
    assert isinstance(result, CheckedForm), result
    return result


def codes(form: ApplicationForm, known: OfficeFacts | None = None) -> list[tuple[str, str]]:
    """(field, code) of every error, in order."""
    result = check_form(form, known or facts())
    return [(error.field, error.code.value) for error in result.errors] if isinstance(result, FormErrors) else []
