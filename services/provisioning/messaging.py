"""Which events provisioning acts on. No rule and no SQL here."""

from collections.abc import Sequence

from services.provisioning import workflows
from services.provisioning.workflows import IssuingTools
from shared.contracts.envelope import Event
from shared.contracts.intake_events import ContractPublished
from shared.contracts.review_events import (
    ApplicationApproved,
    ApplicationVoided,
    SchedulePublished,
    StartDateChanged,
)
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
        return await workflows.act_on_approvals(db, events, prepared, tools)

    async def on_application_voided(db: Connection, events: Sequence[Event[ApplicationVoided]]) -> None:
        await workflows.void_mailboxes(db, events, tools)

    async def on_start_date_changed(db: Connection, events: Sequence[Event[StartDateChanged]]) -> list[Waiting]:
        return await workflows.reschedule_mailboxes(db, events, tools)

    async def on_contract_published(db: Connection, events: Sequence[Event[ContractPublished]]) -> None:
        await workflows.register_contracts(db, events, tools.clock.now())

    async def on_schedule_published(db: Connection, events: Sequence[Event[SchedulePublished]]) -> None:
        await workflows.adopt_calendar(db, events, tools)

    router.on(ContractPublished, on_contract_published)
    router.on(SchedulePublished, on_schedule_published)
    router.on_prepared(ApplicationApproved, prepare_application_approved, on_application_approved)
    router.on(ApplicationVoided, on_application_voided)
    router.on(StartDateChanged, on_start_date_changed)
    return router
