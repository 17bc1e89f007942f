"""A form without errors and the facts of the office that sends it; each test changes one thing."""

from dataclasses import replace
from datetime import date
from typing import Any

from services.intake.domain.form import ApplicationForm, CheckedForm, OfficeFacts, check_form
from services.intake.domain.form_errors import FormErrors
from services.intake.domain.mailboxes import OfficeMailbox
from shared.contracts.event_data import MailboxKind
from shared.kernel.identifiers import MailboxId
from tests.builders import OFFICE, OPENING_MAILBOX, a_contract, a_schedule

TODAY = date(2018, 10, 16)

VALID_FORM = ApplicationForm(
    office_code=OFFICE,
    start_date_choice="2018-11-01",
    reason="取扱件数の増加に伴い、受信用のメールボックスを分けるため。",
    family_name="通関",
    given_name="花子",
    family_name_kana="ツウカン",
    given_name_kana="ハナコ",
    department="第一営業部通関課",
    title="係長",
    phone="0120794550",
    email="tsukan-hanako@naccs.example",
    email_again="tsukan-hanako@naccs.example",
    add_smtp_pop3="1",
)


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
