"""The story of a mail: queued in the transaction that handles its event, sent outside any transaction, then marked."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from services.notifier import rendering, store
from services.notifier.domain.mails import (
    ApplicationContacts,
    PlannedMail,
    closing_window_mails,
    completion_mails,
    contacts_of,
    receipt_mails,
)
from services.notifier.domain.retry import (
    Accepted,
    GiveUp,
    Refused,
    RefusedForNow,
    ReplyLost,
    RetryPolicy,
    SendOutcome,
    TryAgain,
    next_attempt,
)
from services.notifier.mailer import Mailer
from services.notifier.rendering import Envelope, MailTemplates, Sender, UnsafeAddress
from services.notifier.store import ClaimedMail
from shared.contracts.envelope import Event, new_event
from shared.contracts.event_data import EventData
from shared.contracts.intake_events import ApplicationReceived
from shared.contracts.notifier_events import MailDeferred, MailFailed, MailFailure, MailSent
from shared.contracts.provisioning_events import WindowClosing
from shared.contracts.review_events import ReviewCompleted
from shared.runtime.clock import Clock
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.event_outbox import append_events
from shared.runtime.event_router import Waiting
from shared.runtime.failpoints import reach
from shared.runtime.ids import NewId

AboutApplication = TypeVar("AboutApplication", ReviewCompleted, WindowClosing)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What sending needs."""

    pool: Pool
    clock: Clock
    new_id: NewId
    mailer: Mailer
    templates: MailTemplates
    sender: Sender
    policy: RetryPolicy
    jitter: Callable[[], float]
    batch_size: int = 50


async def queue_receipt_mails(db: Connection, events: Sequence[Event[ApplicationReceived]], now: datetime) -> None:
    """Keep whom to write about each application, and queue M1."""
    mails = [mail for event in events for mail in receipt_mails(event, now)]
    await store.insert_contacts(db, [contacts_of(event.data) for event in events], now)
    await store.insert_mails(db, mails, now)


async def queue_completion_mails(
    db: Connection, events: Sequence[Event[ReviewCompleted]], now: datetime
) -> list[Waiting]:
    """Queue M2; an application whose contacts are not known yet waits for them."""
    return await _queue_mails(db, events, completion_mails, now)


async def queue_closing_window_mails(
    db: Connection, events: Sequence[Event[WindowClosing]], now: datetime
) -> list[Waiting]:
    """Queue M8 where nobody has looked at the ID notice yet."""
    return await _queue_mails(db, events, closing_window_mails, now)


async def _queue_mails(
    db: Connection,
    events: Sequence[Event[AboutApplication]],
    mails_for: Callable[[Event[AboutApplication], ApplicationContacts, datetime], list[PlannedMail]],
    now: datetime,
) -> list[Waiting]:
    contacts = await store.find_latest_contacts(db, [event.data.receipt_number for event in events])
    known = [event for event in events if event.data.receipt_number in contacts]
    mails = [mail for event in known for mail in mails_for(event, contacts[event.data.receipt_number], now)]
    await store.insert_mails(db, mails, now)
    return [Waiting(event, event.subject) for event in events if event.data.receipt_number not in contacts]


async def deliver_due_mails(delivery: Delivery) -> int:
    """Send one batch of due mails; returns how many were tried. No transaction is open while SMTP talks."""
    now = delivery.clock.now()
    async with transaction(delivery.pool) as db:
        claimed = await store.claim_due_mails(
            db, delivery.batch_size, now, claimed_until=now + delivery.policy.after_lost_reply
        )
    outcomes = await asyncio.gather(*(_send(delivery, mail) for mail in claimed))
    if claimed:
        reach("notifier.after-smtp-accepted-before-marked")
        await _mark(delivery, list(zip(claimed, outcomes, strict=True)))
    return len(claimed)


async def _send(delivery: Delivery, mail: ClaimedMail) -> SendOutcome:
    try:
        rendering.checked_address(mail.address)
    except UnsafeAddress:
        return Refused(None, MailFailure.INVALID_ADDRESS)
    subject, body = delivery.templates.render(mail.mail, mail.template_version, mail.facts, delivery.sender.portal_url)
    envelope = Envelope(mail.address, mail.message_key, mail.receipt_number, mail.queued_at)
    message = rendering.build_message(subject, body, envelope, delivery.sender)
    return await delivery.mailer.send_mail(delivery.sender.address, mail.address, message)


async def _mark(delivery: Delivery, tried: Sequence[tuple[ClaimedMail, SendOutcome]]) -> None:
    now = delivery.clock.now()
    sent = [mail for mail, outcome in tried if isinstance(outcome, Accepted)]
    events = [_event(delivery, mail, _sent(delivery, mail, now), now) for mail in sent]
    async with transaction(delivery.pool) as db:
        await store.mark_sent(db, [mail.mail_id for mail in sent], now)
        for mail, outcome in tried:
            if not isinstance(outcome, Accepted):
                events.append(await _mark_unsent(db, delivery, mail, outcome, now))
        await append_events(db, events)


async def _mark_unsent(
    db: Connection, delivery: Delivery, mail: ClaimedMail, outcome: RefusedForNow | Refused | ReplyLost, now: datetime
) -> Event[EventData]:
    match next_attempt(outcome, mail.attempts, delivery.policy, now, delivery.jitter()):
        case TryAgain(at, reply_code, ambiguous):
            await store.mark_for_retry(db, mail.mail_id, at, reply_code, ambiguous)
            deferred = MailDeferred(
                receipt_number=mail.receipt_number,
                mail=mail.mail,
                role=mail.role,
                reply_code=reply_code,
                next_attempt_at=at,
            )
            return _event(delivery, mail, deferred, now)
        case GiveUp(failure, reply_code):
            await store.mark_given_up(db, mail.mail_id, failure, reply_code, now)
            failed = MailFailed(
                receipt_number=mail.receipt_number,
                mail=mail.mail,
                role=mail.role,
                failure_class=failure,
                reply_code=reply_code,
                failed_at=now,
            )
            return _event(delivery, mail, failed, now)


def _sent(delivery: Delivery, mail: ClaimedMail, now: datetime) -> MailSent:
    return MailSent(
        receipt_number=mail.receipt_number,
        mail=mail.mail,
        template_version=mail.template_version,
        role=mail.role,
        message_id=rendering.message_id(mail.message_key, delivery.sender),
        attempts=mail.attempts,
        sent_at=now,
        ambiguous=mail.ambiguous,
    )


def _event(delivery: Delivery, mail: ClaimedMail, data: EventData, now: datetime) -> Event[EventData]:
    return new_event(
        data,
        event_id=delivery.new_id(),
        key=mail.office_code,
        now=now,
        causation_id=mail.event_id,
        traceparent=mail.traceparent,
    )
