"""To whom a mail goes and what it carries. Pure: ids and instants are arguments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from services.notifier.domain.facts import CURRENT_TEMPLATE_VERSION, Facts, LetterFacts
from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.contracts.intake_events import ApplicationCorrected, ApplicationReceived
from shared.contracts.notifier_events import Mail, RecipientRole
from shared.kernel.identifiers import ReceiptNumber

MESSAGE_KEY_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What an installation puts on every mail. It is kept with each mail, so that a change touches later ones only."""

    sender: str
    portal_url: str
    help_desk_phone: str
    contract_section_phone: str


@dataclass(frozen=True, slots=True)
class Recipient:
    """One addressee in one role. `department` is empty for the administrator (M2's head)."""

    role: RecipientRole
    name: str
    email: str
    department: str = ""


@dataclass(frozen=True, slots=True)
class ApplicationContacts:
    """Whom to write about one revision of an application, and the facts every mail repeats."""

    receipt_number: ReceiptNumber
    revision: int
    office_code: str
    company_name: str
    office_name: str
    received_on: str
    contact: Recipient
    administrator: Recipient
    erased: bool = False
    """The people's data is gone: nobody is left to write to."""


@dataclass(frozen=True, slots=True)
class MailContent:
    """Which mail an event leads to, and what it says beyond what every mail says."""

    mail: Mail
    facts: Facts


@dataclass(frozen=True, slots=True)
class PlannedMail:
    """One mail to one address, unique per (receipt_number, event_id, role) (I6)."""

    mail: Mail
    template_version: int
    receipt_number: ReceiptNumber
    office_code: str
    event_id: UUID
    traceparent: str | None
    role: RecipientRole
    address: str
    sender: str
    facts: Facts
    message_key: str
    due_at: datetime


def contacts_of(content: ApplicationReceived | ApplicationCorrected) -> ApplicationContacts:
    """The contacts of one revision."""
    contact = content.contact
    return ApplicationContacts(
        receipt_number=content.receipt_number,
        revision=content.revision,
        office_code=content.office_code,
        company_name=content.company_name,
        office_name=content.office_name,
        received_on=content.received_on.isoformat(),
        contact=Recipient(
            RecipientRole.CONTACT,
            f"{contact.family_name} {contact.given_name}",
            contact.email,
            contact.department or "",
        ),
        administrator=Recipient(
            RecipientRole.ADMINISTRATOR, content.system_administrator.name, content.system_administrator.email
        ),
    )


def recipients(contacts: ApplicationContacts) -> Sequence[Recipient]:
    """Contact and administrator; one of them if both have the same address (B25, E32)."""
    if contacts.erased:
        return ()
    if contacts.contact.email.casefold() == contacts.administrator.email.casefold():
        return (contacts.contact,)
    return (contacts.contact, contacts.administrator)


def plan_mails(
    event: Event[EventData],
    content: MailContent | None,
    contacts: ApplicationContacts,
    letterhead: Letterhead,
    now: datetime,
) -> list[PlannedMail]:
    """The mail for everybody concerned; none where the event leads to none."""
    if content is None:
        return []
    return [
        PlannedMail(
            mail=content.mail,
            template_version=CURRENT_TEMPLATE_VERSION[content.mail],
            receipt_number=contacts.receipt_number,
            office_code=contacts.office_code,
            event_id=event.id,
            traceparent=event.traceparent,
            role=recipient.role,
            address=recipient.email,
            sender=letterhead.sender,
            facts={**_letter(contacts, recipient, letterhead), **content.facts},
            message_key=message_key(event.id, content.mail, recipient.role),
            due_at=now,
        )
        for recipient in recipients(contacts)
    ]


def _letter(contacts: ApplicationContacts, recipient: Recipient, letterhead: Letterhead) -> LetterFacts:
    return LetterFacts(
        company_name=contacts.company_name,
        office_name=contacts.office_name,
        department=recipient.department,
        recipient_name=recipient.name,
        receipt_number=contacts.receipt_number,
        received_on=contacts.received_on,
        link=f"{letterhead.portal_url}/login?next=/applications/{contacts.receipt_number}",
        help_desk_phone=letterhead.help_desk_phone,
        contract_section_phone=letterhead.contract_section_phone,
    )


def message_key(event_id: UUID, mail: Mail, role: RecipientRole) -> str:
    """The local part of the Message-ID: the same in every attempt, so that a repeated mail is recognisable (F14)."""
    return sha256(f"{event_id}/{mail}/{role}".encode()).hexdigest()[:MESSAGE_KEY_LENGTH]


def message_id(key: str, sender: str) -> str:
    """The Message-ID header of a mail."""
    return f"<{key}@{sender.rpartition('@')[2]}>"


def is_too_old_to_tell(event: Event[EventData], now: datetime, told_within: timedelta) -> bool:
    """An event this old is history that is read again, for instance into an empty database: nobody wants a mail."""
    return now - event.time > told_within
