"""Which events lead to mails. No rule and no SQL here."""

from collections.abc import Sequence

from services.notifier import workflows
from shared.contracts.envelope import Event
from shared.contracts.intake_events import ApplicationReceived
from shared.contracts.provisioning_events import WindowClosing
from shared.contracts.review_events import ReviewCompleted
from shared.runtime.clock import Clock
from shared.runtime.database import Connection
from shared.runtime.event_router import EventRouter, Waiting


def build_router(clock: Clock) -> EventRouter:
    """Notifier's table of consumed events."""
    router = EventRouter("notifier")

    async def on_application_received(db: Connection, events: Sequence[Event[ApplicationReceived]]) -> None:
        await workflows.queue_receipt_mails(db, events, clock.now())

    async def on_review_completed(db: Connection, events: Sequence[Event[ReviewCompleted]]) -> list[Waiting]:
        return await workflows.queue_completion_mails(db, events, clock.now())

    async def on_window_closing(db: Connection, events: Sequence[Event[WindowClosing]]) -> list[Waiting]:
        return await workflows.queue_closing_window_mails(db, events, clock.now())

    router.on(ApplicationReceived, on_application_received)
    router.on(ReviewCompleted, on_review_completed)
    router.on(WindowClosing, on_window_closing)
    return router
