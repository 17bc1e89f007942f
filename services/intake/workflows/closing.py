"""An office that closes: what it had in its own hands is withdrawn (E33); review and provisioning see to the rest."""

from datetime import datetime

from services.intake import store
from services.intake.domain.timeline import Actor, TimelineKind
from services.intake.workflows.withdrawing import withdraw_locked, withdrawn_event
from shared.kernel.local_time import local_date
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.ids import NewId


async def withdraw_applications_of_office(db: Connection, office_code: str, now: datetime, new_id: NewId) -> int:
    """Withdraw the office's applications that wait for an answer; returns how many."""
    applications = await store.list_in_clarification(db, office_code)
    for application in applications:
        event = withdrawn_event(application, None, now, new_id)
        await withdraw_locked(db, application, event, TimelineKind.WITHDRAWN_FOR_CLOSING, Actor.SYSTEM)
    return len(applications)


async def withdraw_for_closed_offices(pool: Pool, now: datetime, new_id: NewId) -> int:
    """The same for one office whose closing day has come; returns how many applications, 0 when there is none left."""
    async with transaction(pool) as db:
        office_code = await store.find_closed_office_in_clarification(db, local_date(now))
        if office_code is None:
            return 0
        return await withdraw_applications_of_office(db, office_code, now, new_id)
