"""Which events review acts on. No rule and no SQL here."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar

from services.review import workflows
from services.review.workflows import Dependencies
from shared.contracts import intake_events as intake
from shared.contracts import provisioning_events as provisioning
from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.contracts.notifier_events import MailDeferred, MailFailed, MailSent
from shared.runtime.database import Connection
from shared.runtime.event_router import EventRouter, Handled, Handler, Waiting
from shared.runtime.ids import NewId

DataT = TypeVar("DataT", bound=EventData)
Deciding = Callable[[Connection, Sequence[Event[DataT]], datetime, NewId], Awaitable[list[Waiting]]]
Recording = Callable[[Connection, Sequence[Event[DataT]]], Awaitable[None]]


def build_router(deps: Dependencies) -> EventRouter:
    """Review's table of consumed events."""
    router = EventRouter("review")
    decide = partial(_decide, deps)

    router.on(intake.ContractPublished, _record(workflows.record_contracts, workflows.record_opening_mailboxes))
    router.on(intake.ApplicationReceived, decide(workflows.open_reviews))
    router.on(intake.ApplicationCorrected, decide(workflows.take_corrections))
    router.on(intake.ClarificationReturned, decide(workflows.take_questions_back))
    router.on(intake.WithdrawalRequested, decide(workflows.answer_withdrawals))
    router.on(intake.ApplicationWithdrawn, decide(workflows.record_withdrawals))

    issued, reissued = workflows.record_issued_mailboxes, workflows.record_reissues
    router.on(provisioning.MailboxesIssued, decide(workflows.complete_reviews, issued))
    router.on(provisioning.PasswordsReissued, decide(workflows.complete_reissues, reissued))
    router.on(provisioning.MailboxIssueFailed, decide(workflows.note_failed_issues))
    router.on(provisioning.ServiceStarted, decide(workflows.start_services))
    router.on(provisioning.MailboxesRescheduled, decide(workflows.note_moved_starts, workflows.record_moved_starts))
    router.on(provisioning.MailboxesVoided, decide(workflows.note_voided_mailboxes, workflows.record_voided_mailboxes))
    router.on(provisioning.OfficeClosed, workflows.record_closed_offices)
    router.on(provisioning.NoticeViewed, workflows.record_window_events)
    router.on(provisioning.WindowClosing, workflows.record_window_events)
    router.on(provisioning.WindowClosed, workflows.record_window_events)

    router.on(MailSent, workflows.record_mails)
    router.on(MailDeferred, workflows.record_mails)
    router.on(MailFailed, workflows.record_mails)
    return router


def _decide(deps: Dependencies, deciding: Deciding[DataT], recording: Recording[DataT] | None = None) -> Handler[DataT]:
    """A workflow that decides at this moment, after what is only to be recorded has been."""

    async def handle(db: Connection, events: Sequence[Event[DataT]]) -> Handled:
        if recording:
            await recording(db, events)
        return await deciding(db, events, deps.clock.now(), deps.new_id)

    return handle


def _record(*recordings: Recording[DataT]) -> Handler[DataT]:
    """Workflows that only record, one after the other."""

    async def handle(db: Connection, events: Sequence[Event[DataT]]) -> Handled:
        for recording in recordings:
            await recording(db, events)
        return None

    return handle
