"""Forms that do not start empty: with a known contact, or with what an application already says."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from services.intake.domain.application import Content
from services.intake.domain.form import ApplicationForm, CheckedForm
from shared.contracts.event_data import ApplicationKind
from shared.contracts.people import Contact


def form_with_contact(office_code: str, kind: ApplicationKind, contact: Contact | None) -> ApplicationForm:
    """A new form of the office; the contact of its latest application or of the register stands in it (B14)."""
    form = ApplicationForm(office_code=office_code, kind=kind)
    return form if contact is None else _with_contact(form, contact)


def form_of(content: Content) -> ApplicationForm:
    """The form as it was registered, to be corrected."""
    change, reissue, wished = content.mailbox_change, content.password_reissue, content.requested_start_date
    form = ApplicationForm(
        office_code=content.office_code,
        kind=content.kind,
        start_date_choice=wished.isoformat() if wished else "",
        reason=content.reason,
        add_smtp_pop3=_count(change.add_smtp_pop3 if change else 0),
        add_edifact=_count(change.add_edifact if change else 0),
        abolish=tuple(change.abolish) if change else (),
        mailbox_ids=tuple(reissue.mailbox_ids) if reissue else (),
    )
    return _with_contact(form, content.contact)


def fields_that_differ(checked: CheckedForm, content: Content) -> Collection[str]:
    """What a correction changes against the revision before, by field name."""
    change, reissue = content.mailbox_change, content.password_reissue
    before = {
        "requested_start_date": content.requested_start_date,
        "reason": content.reason,
        **content.contact.model_dump(),
        "add_smtp_pop3": change.add_smtp_pop3 if change else 0,
        "add_edifact": change.add_edifact if change else 0,
        "abolish": sorted(change.abolish) if change else [],
        "mailbox_ids": sorted(reissue.mailbox_ids) if reissue else [],
    }
    after = {
        "requested_start_date": checked.requested_start_date,
        "reason": checked.reason,
        **checked.contact.model_dump(),
        "add_smtp_pop3": checked.add_smtp_pop3,
        "add_edifact": checked.add_edifact,
        "abolish": sorted(checked.abolish),
        "mailbox_ids": sorted(checked.mailbox_ids),
    }
    return frozenset(name for name, value in after.items() if value != before[name])


def _with_contact(form: ApplicationForm, contact: Contact) -> ApplicationForm:
    texts: dict[str, Any] = {name: value or "" for name, value in contact.model_dump().items()}
    return replace(form, **texts, email_again=contact.email)


def _count(number: int) -> str:
    return str(number) if number else ""
