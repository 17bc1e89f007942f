"""From an event to queued mails, in the transaction that handles the event."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.notifier import store
from services.notifier.domain.contents import content_of, ends_application, reschedule_content
from services.notifier.domain.mails import (
    ApplicationContacts,
    Letterhead,
    MailContent,
    contacts_of,
    is_too_old_to_tell,
    plan_mails,
)
from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.contracts.intake_events import ApplicationCorrected, ApplicationReceived
from shared.contracts.provisioning_events import MailboxesRescheduled
from shared.contracts.review_events import StartDateChanged
from shared.kernel.identifiers import ReceiptNumber
from shared.runtime.clock import Clock
from shared.runtime.database import Connection
from shared.runtime.event_router import Waiting
from shared.runtime.logs import get_log

log = get_log()


@dataclass(frozen=True, slots=True)
class MailDesk:
    """What queueing needs. Events older than `told_within` are history and lead to no mail."""

    clock: Clock
    letterhead: Letterhead
    seals: store.Seals
    told_within: timedelta = timedelta(days=30)


async def queue_contact_mails(
    db: Connection, events: Sequence[Event[ApplicationReceived]] | Sequence[Event[ApplicationCorrected]], desk: MailDesk
) -> None:
    """Keep whom to write about each revision, and queue M1 or M4."""
    now = desk.clock.now()
    contacts = {event.data.receipt_number: contacts_of(event.data) for event in events}
    await store.insert_contacts(db, [contacts_of(event.data) for event in events], now)
    await _insert(db, [(event, content_of(event.data)) for event in events], contacts, desk, now)


async def queue_mails(db: Connection, events: Sequence[Event[Any]], desk: MailDesk) -> list[Waiting]:
    """Queue what follows from events about known applications; the others wait for their contacts."""
    known, contacts, waiting = await _with_contacts(db, events)
    now = desk.clock.now()
    await _insert(db, [(event, content_of(event.data)) for event in known], contacts, desk, now)
    ends = {event.data.receipt_number: event.time for event in known if ends_application(event.data)}
    if ends:
        await store.insert_ends(db, ends)
    return waiting


async def queue_reschedule_mails(
    db: Connection, events: Sequence[Event[MailboxesRescheduled]], desk: MailDesk
) -> list[Waiting]:
    """Queue M7 with the reason that review gave for the move; one that overtakes its reason waits for it."""
    known, contacts, waiting = await _with_contacts(db, events)
    causes = [event.causation_id for event in known if event.causation_id is not None]
    reasons = await store.find_start_date_reasons(db, causes)
    told = [event for event in known if event.causation_id is None or event.causation_id in reasons]
    waiting += [Waiting(event, event.subject) for event in known if event not in told]
    planned = [
        (event, reschedule_content(event.data, reasons[event.causation_id] if event.causation_id else ""))
        for event in told
    ]
    await _insert(db, planned, contacts, desk, desk.clock.now())
    return waiting


async def keep_start_date_reasons(db: Connection, events: Sequence[Event[StartDateChanged]], desk: MailDesk) -> None:
    """Keep why start dates move; the mail follows when provisioning has moved them."""
    await store.insert_start_date_reasons(db, events, desk.clock.now())


async def _with_contacts(
    db: Connection, events: Sequence[Event[Any]]
) -> tuple[list[Event[Any]], dict[ReceiptNumber, ApplicationContacts], list[Waiting]]:
    """The events whose contacts are known in the revision they are about, those contacts, and the events that wait."""
    contacts = await store.find_latest_contacts(db, [event.data.receipt_number for event in events])
    known, waiting = [], []
    for event in events:
        found = contacts.get(event.data.receipt_number)
        if found is not None and found.revision >= getattr(event.data, "revision", 1):
            known.append(event)
        else:
            waiting.append(Waiting(event, event.subject))
    return known, contacts, waiting


async def _insert(
    db: Connection,
    contents: Sequence[tuple[Event[EventData], MailContent | None]],
    contacts: dict[ReceiptNumber, ApplicationContacts],
    desk: MailDesk,
    now: datetime,
) -> None:
    told = [pair for pair in contents if not is_too_old_to_tell(pair[0], now, desk.told_within)]
    if len(told) < len(contents):
        log.info("events too old to be mailed about", count=len(contents) - len(told))
    mails = [
        mail
        for event, content in told
        for mail in plan_mails(event, content, contacts[_receipt_number(event)], desk.letterhead, now)
    ]
    await store.insert_mails(db, mails, desk.seals, now)


def _receipt_number(event: Event[Any]) -> ReceiptNumber:
    number: ReceiptNumber = event.data.receipt_number
    return number
