"""Giving an application up: at once where intake holds it, by asking review where review does, and review's answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.intake import store
from services.intake.domain.application import Application
from services.intake.domain.clarification import (
    ClarificationOutcome,
    WithdrawalAnswer,
    answer_withdrawal,
    withdrawal_refused,
    withdrawal_requested,
    withdrawn,
)
from services.intake.domain.course import FINAL_STATUSES
from services.intake.domain.news import NewsKind
from services.intake.domain.timeline import Actor, TimelineKind
from services.intake.domain.withdrawal_form import check_withdrawal_reason
from services.intake.workflows.acting import require_grant
from services.intake.workflows.progress import entry_of, move, news_about, tell
from services.intake.workflows.refusals import FormRefused, NotFound, WithdrawalTooLate
from shared.contracts.envelope import Event, new_event
from shared.contracts.intake_events import ApplicationWithdrawn, WithdrawalRequested
from shared.contracts.review_events import WithdrawalAccepted, WithdrawalRefused
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.event_outbox import append_events
from shared.runtime.ids import NewId


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Who gives up which application, and why, if they say so."""

    office_code: str
    receipt_number: str
    reason: str = ""


async def withdraw_application(pool: Pool, withdrawal: Withdrawal, now: datetime, new_id: NewId) -> WithdrawalAnswer:
    """Withdraw or ask for it; asked again, nothing new happens.

    Raises NotFound, GrantRevoked, WithdrawalTooLate (E30: the review has ended, nothing is written) and FormRefused
    (the reason).
    """
    async with transaction(pool) as db:
        return await withdraw_in(db, withdrawal, now, new_id)


async def withdraw_in(db: Connection, withdrawal: Withdrawal, now: datetime, new_id: NewId) -> WithdrawalAnswer:
    """The same inside the caller's transaction."""
    reason = check_withdrawal_reason(withdrawal.reason)
    if not isinstance(reason, str):
        raise FormRefused(reason)
    application = await store.lock_application(db, withdrawal.receipt_number, withdrawal.office_code)
    if application is None:
        raise NotFound(withdrawal.receipt_number)
    await require_grant(db, withdrawal.office_code, application)
    answer = answer_withdrawal(application)
    if answer is WithdrawalAnswer.REFUSED:
        raise WithdrawalTooLate(application.receipt_number, application.status)
    if answer is WithdrawalAnswer.WITHDRAWN:
        event = withdrawn_event(application, reason or None, now, new_id)
        await withdraw_locked(db, application, event, TimelineKind.WITHDRAWN, Actor.APPLICANT)
    elif answer is WithdrawalAnswer.REQUESTED:
        await _request(db, application, reason or None, now, new_id)
    return answer


async def withdraw_locked(
    db: Connection, application: Application, event: Event[ApplicationWithdrawn], kind: TimelineKind, actor: Actor
) -> None:
    """Out of a clarification: final. The application is locked; `kind` and `actor` say why in the timeline."""
    now, note = event.data.withdrawn_at, event.data.reason
    gone = withdrawn(application, now)
    await store.update_applications(db, [gone])
    questions = await store.list_clarifications(db, [application.receipt_number])
    outcome = ClarificationOutcome.WITHDRAWN
    await store.close_clarifications(db, [each.closed(outcome, now) for each in questions if each.is_open])
    await tell(db, gone, entry_of(event, kind, actor, now, note=note), NewsKind.WITHDRAWN)
    await append_events(db, [event])


def withdrawn_event(
    application: Application, reason: str | None, now: datetime, new_id: NewId
) -> Event[ApplicationWithdrawn]:
    """What tells review."""
    number, revision = application.receipt_number, application.revision
    data = ApplicationWithdrawn(receipt_number=number, revision=revision, withdrawn_at=now, reason=reason)
    return new_event(data, event_id=new_id(), key=application.office_code, now=now)


async def accept_withdrawals(db: Connection, events: Sequence[Event[WithdrawalAccepted]]) -> None:
    """Review has let them go: final."""
    applications = await move(db, events, _accepted)
    kind = TimelineKind.WITHDRAWN
    entries = [entry_of(event, kind, Actor.CENTER, event.data.decided_at) for event in events]
    await store.insert_timeline_entries(db, entries)
    await store.insert_news(db, news_about(events, applications, NewsKind.WITHDRAWN, lambda each: each.data.decided_at))


async def refuse_withdrawals(db: Connection, events: Sequence[Event[WithdrawalRefused]]) -> None:
    """The approval came first: the applicant reads so on the page, in the timeline and in the news (E29, E30)."""
    applications = await move(db, events, lambda application, _: withdrawal_refused(application))
    kind = TimelineKind.WITHDRAWAL_REFUSED
    entries = [entry_of(event, kind, Actor.CENTER, event.data.decided_at) for event in events]
    await store.insert_timeline_entries(db, entries)
    refused = NewsKind.WITHDRAWAL_REFUSED
    await store.insert_news(db, news_about(events, applications, refused, lambda each: each.data.decided_at))


async def _request(db: Connection, application: Application, reason: str | None, now: datetime, new_id: NewId) -> None:
    data = WithdrawalRequested(
        receipt_number=application.receipt_number, revision=application.revision, requested_at=now, reason=reason
    )
    event = new_event(data, event_id=new_id(), key=application.office_code, now=now)
    await store.update_applications(db, [withdrawal_requested(application, now)])
    entry = entry_of(event, TimelineKind.WITHDRAWAL_REQUESTED, Actor.APPLICANT, now, note=reason)
    await store.insert_timeline_entries(db, [entry])
    await append_events(db, [event])


def _accepted(application: Application, accepted: WithdrawalAccepted) -> Application:
    return application if application.status in FINAL_STATUSES else withdrawn(application, accepted.decided_at)
