"""Which events provisioning acts on. No rule and no SQL here."""

from collections.abc import Sequence

from services.provisioning import workflows
from services.provisioning.workflows import IssuingTools
from shared.contracts.envelope import Event
from shared.contracts.intake_events import ContractPublished
from shared.contracts.review_events import ApplicationApproved, SchedulePublished
from shared.runtime.database import Connection
from shared.runtime.event_router import EventRouter, Prepared, Waiting


def build_router(tools: IssuingTools) -> EventRouter:
    """Provisioning's table of consumed events."""
    router = EventRouter("provisioning")

    async def prepare_application_approved(events: Sequence[Event[ApplicationApproved]]) -> Prepared:
        return await workflows.prepare_credentials(tools, events)

    async def on_application_approved(
        db: Connection, events: Sequence[Event[ApplicationApproved]], prepared: Prepared
    ) -> list[Waiting]:
        return await workflows.issue_mailboxes(db, events, prepared, tools)

    router.on(ContractPublished, workflows.register_contracts)
    router.on(SchedulePublished, workflows.adopt_calendar)
    router.on_prepared(ApplicationApproved, prepare_application_approved, on_application_approved)
    return router
