"""People and the form's content as they stand in events; both carry personal data."""
# ruff: noqa: RUF012  pydantic copies the defaults of its models

from datetime import date
from typing import Annotated

from shared.contracts.event_data import EventPart, MailboxId, MailboxRef, personal, public


class Contact(EventPart):
    """The application contact of one application (B14, B15)."""

    family_name: Annotated[str, personal("Family name.")]
    given_name: Annotated[str, personal("Given name.")]
    family_name_kana: Annotated[str, personal("Family name in katakana.")]
    given_name_kana: Annotated[str, personal("Given name in katakana.")]
    department: Annotated[str | None, personal("Department.")] = None
    title: Annotated[str | None, personal("Title.")] = None
    phone: Annotated[str, personal("Telephone, digits only.")]
    fax: Annotated[str | None, personal("Fax, digits only.")] = None
    email: Annotated[str, personal("E-mail address.")]


class SystemAdministratorAddress(EventPart):
    """Who gets a copy of every mail (B25): taken from the contract, not editable by the applicant."""

    name: Annotated[str, personal("Name of the system administrator.")]
    email: Annotated[str, personal("E-mail address of the system administrator.")]


class MailboxChange(EventPart):
    """How many mailboxes to add per kind and which to abolish (B20, B21)."""

    add_smtp_pop3: Annotated[int, public("SMTP/POP3 mailboxes to add, not the new total.")] = 0
    add_edifact: Annotated[int, public("EDIFACT mailboxes to add, not the new total.")] = 0
    abolish: Annotated[list[MailboxId], public("Mailboxes to give up.")] = []
    mailboxes_before: Annotated[list[MailboxRef], public("The office's mailboxes when this revision was registered.")]


class PasswordReissue(EventPart):
    """Which mailboxes get a new password (S16)."""

    mailbox_ids: Annotated[list[MailboxId], public("Mailboxes whose password is to be reissued.")]


class RegistrationDay(EventPart):
    """One row of the registration schedule (S14)."""

    registration_date: Annotated[date, public("Day on which registrations take effect.")]
    application_deadline: Annotated[date, public("Last day to apply for this registration day.")]
    system_setting_deadline: Annotated[date, public("Last day for a required system setting (T6).")]


class CalendarException(EventPart):
    """A day that the calendar closes or opens against the general rule (T1)."""

    date: Annotated[date, public("The day.")]
    reason: Annotated[str, public("Why it differs from the general rule.")]
