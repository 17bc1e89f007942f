"""Which events lead to mails. No rule and no SQL here."""

from collections.abc import Sequence
from typing import Any

from services.notifier import workflows
from services.notifier.workflows import MailDesk
from shared.contracts.envelope import Event
from shared.contracts.intake_events import (
    ApplicationCorrected,
    ApplicationReceived,
    ApplicationWithdrawn,
    ClarificationReturned,
)
from shared.contracts.provisioning_events import MailboxesRescheduled, ServiceStarted, WindowClosing
from shared.contracts.review_events import (
    ApplicationVoided,
    ClarificationReminded,
    ClarificationRequested,
    ReviewCompleted,
    StartDateChanged,
    WithdrawalAccepted,
    WithdrawalRefused,
)
from shared.runtime.database import Connection
from shared.runtime.event_router import EventRouter, Waiting


def build_router(desk: MailDesk) -> EventRouter:
    """Notifier's table of consumed events."""
    router = EventRouter("notifier")

    async def on_contacts(db: Connection, events: Sequence[Event[Any]]) -> None:
        await workflows.queue_contact_mails(db, events, desk)

    async def on_progress(db: Connection, events: Sequence[Event[Any]]) -> list[Waiting]:
        return await workflows.queue_mails(db, events, desk)

    async def on_mailboxes_rescheduled(db: Connection, events: Sequence[Event[MailboxesRescheduled]]) -> list[Waiting]:
        return await workflows.queue_reschedule_mails(db, events, desk)

    async def on_start_date_changed(db: Connection, events: Sequence[Event[StartDateChanged]]) -> None:
        await workflows.keep_start_date_reasons(db, events, desk)

    router.on(ApplicationReceived, on_contacts)
    router.on(ApplicationCorrected, on_contacts)
    router.on(ReviewCompleted, on_progress)
    router.on(ClarificationRequested, on_progress)
    router.on(ClarificationReminded, on_progress)
    router.on(ClarificationReturned, on_progress)
    router.on(ApplicationWithdrawn, on_progress)
    router.on(WithdrawalAccepted, on_progress)
    router.on(WithdrawalRefused, on_progress)
    router.on(ApplicationVoided, on_progress)
    router.on(WindowClosing, on_progress)
    router.on(ServiceStarted, on_progress)
    router.on(StartDateChanged, on_start_date_changed)
    router.on(MailboxesRescheduled, on_mailboxes_rescheduled)
    return router
