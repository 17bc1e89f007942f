"""What provisioning's answers make of approved applications."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from services.review import store
from services.review.domain.ledger import counts_of
from services.review.domain.review import (
    Moved,
    Review,
    complete,
    complete_reissue,
    note_issue_failed,
    note_rescheduled,
    note_voided,
    start_service,
)
from services.review.domain.timeline import TimelineStep
from services.review.workflows.moving import Step, write_steps
from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.contracts.provisioning_events import (
    MailboxesIssued,
    MailboxesRescheduled,
    MailboxesVoided,
    MailboxIssueFailed,
    PasswordsReissued,
    ServiceStarted,
)
from shared.kernel.local_time import local_date
from shared.runtime import metrics
from shared.runtime.database import Connection
from shared.runtime.event_router import Waiting
from shared.runtime.ids import NewId
from shared.runtime.logs import get_log

AnswerT = TypeVar(
    "AnswerT",
    MailboxesIssued,
    PasswordsReissued,
    MailboxIssueFailed,
    ServiceStarted,
    MailboxesRescheduled,
    MailboxesVoided,
)
Details = Mapping[str, str | None]

log = get_log()


async def complete_reviews(
    db: Connection, events: Sequence[Event[MailboxesIssued]], now: datetime, new_id: NewId
) -> list[Waiting]:
    """End the review of every application whose mailboxes were issued; the completion mail follows from the event."""
    return await _apply(db, events, complete, TimelineStep.COMPLETED, now, new_id)


async def complete_reissues(
    db: Connection, events: Sequence[Event[PasswordsReissued]], now: datetime, new_id: NewId
) -> list[Waiting]:
    """End the review of every reissue (S16); provisioning has made the new passwords."""
    mailboxes = await store.find_office_mailboxes(db, {event.data.office_code for event in events})
    today = local_date(now)

    def end(review: Review, reissued: PasswordsReissued, at: datetime) -> Moved | None:
        return complete_reissue(review, reissued, counts_of(mailboxes[reissued.office_code], today), at)

    return await _apply(db, events, end, TimelineStep.REISSUED, now, new_id)


async def note_failed_issues(
    db: Connection, events: Sequence[Event[MailboxIssueFailed]], now: datetime, new_id: NewId
) -> list[Waiting]:
    """Back under review, with the reason, for every application that could not be issued (E2, E19); operators know."""
    waiting = await _apply(db, events, note_issue_failed, TimelineStep.ISSUE_FAILED, now, new_id)
    for event in events:
        reason = event.data.reason_code.value
        metrics.ISSUE_FAILURES.labels("review", reason).inc()
        log.warning("issue failed", receipt_number=event.data.receipt_number, reason_code=reason)
    return waiting


async def start_services(
    db: Connection, events: Sequence[Event[ServiceStarted]], now: datetime, new_id: NewId
) -> list[Waiting]:
    """In service: every application whose start date has come; nothing is published, provisioning told it."""
    return await _apply(db, events, start_service, TimelineStep.SERVICE_STARTED, now, new_id)


async def note_moved_starts(
    db: Connection, events: Sequence[Event[MailboxesRescheduled]], now: datetime, new_id: NewId
) -> list[Waiting]:
    """Provisioning has moved the start dates; the password windows moved with them (E18)."""
    return await _apply(db, events, note_rescheduled, TimelineStep.RESCHEDULED, now, new_id)


async def note_voided_mailboxes(
    db: Connection, events: Sequence[Event[MailboxesVoided]], now: datetime, new_id: NewId
) -> list[Waiting]:
    """Provisioning has retired the IDs of voided applications (E28)."""
    return await _apply(db, events, note_voided, TimelineStep.MAILBOXES_VOIDED, now, new_id)


async def _apply(
    db: Connection,
    events: Sequence[Event[AnswerT]],
    judge: Callable[[Review, AnswerT, datetime], Moved | None],
    step: TimelineStep,
    now: datetime,
    new_id: NewId,
) -> list[Waiting]:
    """An answer about an application not known here waits for it (its subject is the receipt number)."""
    reviews = await store.lock_reviews(db, {event.data.receipt_number for event in events})
    known = [event for event in events if event.data.receipt_number in reviews]
    judged = [(event, judge(reviews[event.data.receipt_number], event.data, now)) for event in known]
    steps = [Step(move, step, None, _details(event.data), event) for event, move in judged if move is not None]
    if steps:
        await write_steps(db, steps, now, new_id)
    return [Waiting(event, event.subject) for event in events if event.data.receipt_number not in reviews]


def _details(answer: EventData) -> Details:
    match answer:
        case MailboxesIssued():
            return {"mailbox_ids": " ".join(mailbox.mailbox_id for mailbox in answer.mailboxes)}
        case PasswordsReissued():
            return {"mailbox_ids": " ".join(answer.mailbox_ids)}
        case MailboxIssueFailed():
            return {"reason_code": answer.reason_code.value}
        case MailboxesRescheduled():
            return {"confirmed_start_date": answer.new_start_date.isoformat()}
        case MailboxesVoided():
            return {"mailbox_ids": " ".join(answer.mailbox_ids)}
        case _:
            return {}
