"""Which event leads to which mail, to whom, with which facts. Pure: ids and instants are arguments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from shared.contracts.envelope import Event
from shared.contracts.event_data import ApplicationKind
from shared.contracts.intake_events import ApplicationReceived
from shared.contracts.notifier_events import Mail, RecipientRole
from shared.contracts.provisioning_events import WindowClosing
from shared.contracts.review_events import ReviewCompleted
from shared.kernel.identifiers import ReceiptNumber

Facts = Mapping[str, object]
"""What a template may say, as JSON values; dates are ISO text until the template formats them."""

CURRENT_TEMPLATE_VERSION: Mapping[Mail, int] = {Mail.M1: 1, Mail.M2: 1, Mail.M8: 1}


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
    facts: Facts
    message_key: str
    due_at: datetime


def contacts_of(received: ApplicationReceived) -> ApplicationContacts:
    """The contacts an application was registered with."""
    contact = received.contact
    return ApplicationContacts(
        receipt_number=received.receipt_number,
        revision=received.revision,
        office_code=received.office_code,
        company_name=received.company_name,
        office_name=received.office_name,
        received_on=received.received_on.isoformat(),
        contact=Recipient(
            RecipientRole.CONTACT,
            f"{contact.family_name} {contact.given_name}",
            contact.email,
            contact.department or "",
        ),
        administrator=Recipient(
            RecipientRole.ADMINISTRATOR, received.system_administrator.name, received.system_administrator.email
        ),
    )


def recipients(contacts: ApplicationContacts) -> Sequence[Recipient]:
    """Contact and administrator; one of them if both have the same address (B25, E32)."""
    if contacts.contact.email.casefold() == contacts.administrator.email.casefold():
        return (contacts.contact,)
    return (contacts.contact, contacts.administrator)


def receipt_mails(event: Event[ApplicationReceived], now: datetime) -> list[PlannedMail]:
    """M1: received, not yet reviewed."""
    data = event.data
    change = data.mailbox_change
    facts: Facts = {
        "add_smtp_pop3": change.add_smtp_pop3 if change else 0,
        "add_edifact": change.add_edifact if change else 0,
        "abolish": list(change.abolish) if change else [],
        "requested_start_date": _iso(data.requested_start_date),
    }
    return _to_everybody(Mail.M1, event.id, event.traceparent, contacts_of(data), facts, now)


def completion_mails(event: Event[ReviewCompleted], contacts: ApplicationContacts, now: datetime) -> list[PlannedMail]:
    """M2: review ended and IDs issued; never an ID or a password (B28). Only for mailbox changes."""
    data = event.data
    if data.kind is not ApplicationKind.MAILBOX_CHANGE:
        return []
    facts: Facts = {
        "confirmed_start_date": _iso(data.confirmed_start_date),
        "start_date_changed": data.start_date_changed,
        "start_date_note": data.start_date_note or "",
        "viewable_until": _iso(data.viewable_until),
        "system_setting_deadline": _iso(data.system_setting_deadline),
        "issued": len(data.mailbox_ids_issued) > 0,
        "abolished": len(data.mailbox_ids_abolished) > 0,
    }
    return _to_everybody(Mail.M2, event.id, event.traceparent, contacts, facts, now)


def closing_window_mails(
    event: Event[WindowClosing], contacts: ApplicationContacts, now: datetime
) -> list[PlannedMail]:
    """M8: the password window ends soon and nobody has looked."""
    if event.data.ever_viewed:
        return []
    facts: Facts = {"viewable_until": event.data.viewable_until.isoformat()}
    return _to_everybody(Mail.M8, event.id, event.traceparent, contacts, facts, now)


def _to_everybody(
    mail: Mail, event_id: UUID, traceparent: str | None, contacts: ApplicationContacts, facts: Facts, now: datetime
) -> list[PlannedMail]:
    version = CURRENT_TEMPLATE_VERSION[mail]
    return [
        PlannedMail(
            mail=mail,
            template_version=version,
            receipt_number=contacts.receipt_number,
            office_code=contacts.office_code,
            event_id=event_id,
            traceparent=traceparent,
            role=recipient.role,
            address=recipient.email,
            facts={**_head(contacts, recipient), **facts},
            message_key=message_key(event_id, mail, recipient.role),
            due_at=now,
        )
        for recipient in recipients(contacts)
    ]


def _head(contacts: ApplicationContacts, recipient: Recipient) -> Facts:
    return {
        "company_name": contacts.company_name,
        "office_name": contacts.office_name,
        "department": recipient.department,
        "recipient_name": recipient.name,
        "receipt_number": contacts.receipt_number,
        "received_on": contacts.received_on,
    }


def message_key(event_id: UUID, mail: Mail, role: RecipientRole) -> str:
    """The local part of the Message-ID: the same in every attempt, so that a repeated mail is recognisable (F14)."""
    return sha256(f"{event_id}/{mail}/{role}".encode()).hexdigest()[:40]


def _iso(day: object) -> str | None:
    return None if day is None else str(day)
