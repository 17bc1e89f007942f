"""Which events review acts on. No rule and no SQL here."""

from collections.abc import Sequence

from services.review import workflows
from services.review.workflows import Dependencies
from shared.contracts.envelope import Event
from shared.contracts.intake_events import ApplicationReceived, ContractPublished
from shared.contracts.notifier_events import MailDeferred, MailFailed, MailSent
from shared.contracts.provisioning_events import MailboxesIssued, MailboxIssueFailed, ServiceStarted
from shared.runtime.database import Connection
from shared.runtime.event_router import EventRouter, Waiting


def build_router(deps: Dependencies) -> EventRouter:
    """Review's table of consumed events."""
    router = EventRouter("review")
    clock, new_id = deps.clock, deps.new_id

    async def on_application_received(db: Connection, events: Sequence[Event[ApplicationReceived]]) -> list[Waiting]:
        return await workflows.open_reviews(db, events, clock.now(), new_id)

    async def on_mailboxes_issued(db: Connection, events: Sequence[Event[MailboxesIssued]]) -> list[Waiting]:
        return await workflows.complete_reviews(db, events, clock.now(), new_id)

    async def on_mailbox_issue_failed(db: Connection, events: Sequence[Event[MailboxIssueFailed]]) -> list[Waiting]:
        return await workflows.note_failed_issues(db, events, clock.now(), new_id)

    async def on_service_started(db: Connection, events: Sequence[Event[ServiceStarted]]) -> list[Waiting]:
        return await workflows.start_services(db, events, clock.now(), new_id)

    router.on(ContractPublished, workflows.record_contracts)
    router.on(ApplicationReceived, on_application_received)
    router.on(MailboxesIssued, on_mailboxes_issued)
    router.on(MailboxIssueFailed, on_mailbox_issue_failed)
    router.on(ServiceStarted, on_service_started)
    router.on(MailSent, workflows.record_mails)
    router.on(MailDeferred, workflows.record_mails)
    router.on(MailFailed, workflows.record_mails)
    return router
