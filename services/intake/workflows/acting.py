"""Whether an office may still act on an application it can see: a grant to a sister office may have been revoked."""

from services.intake import store
from services.intake.domain.application import Application
from services.intake.domain.sister_offices import may_act_for
from services.intake.workflows.refusals import GrantRevoked
from shared.runtime.database import Connection


async def may_act(db: Connection, office_code: str, application: Application) -> bool:
    """Always for the office that the application is about; for the one that applied while its grant lasts."""
    if office_code == application.office_code:
        return True
    return may_act_for(await store.find_contract(db, office_code), application.office_code)


async def require_grant(db: Connection, office_code: str, application: Application) -> None:
    """Raises GrantRevoked where the office may look and no more."""
    if not await may_act(db, office_code, application):
        raise GrantRevoked(application.receipt_number, application.office_code)
