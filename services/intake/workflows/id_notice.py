"""The hand-over to the ID notice: a signed one-use ticket for whoever proved the password a moment ago (B34)."""

from datetime import datetime, timedelta
from pathlib import Path

from services.intake.domain.application import Application
from services.intake.workflows.refusals import GrantRevoked, NotFound
from services.intake.workflows.views import view_application
from shared.kernel.identifiers import OfficeCode
from shared.runtime.database import Pool
from shared.runtime.ids import NewId
from shared.runtime.notice_tickets import NoticeClaims, sign_notice_ticket

FRESH_LOGIN = timedelta(minutes=5)


def is_login_fresh(authenticated_at: datetime, now: datetime) -> bool:
    """Whether the password was given within the last five minutes; else it is asked for again."""
    return now - authenticated_at <= FRESH_LOGIN


async def find_notice(pool: Pool, office_code: str, number: str) -> Application:
    """The application, if passwords were issued for it.

    Raises NotFound, and GrantRevoked: what a revoked grant once applied for stays readable, its passwords do not.
    """
    view = await view_application(pool, office_code, number)
    application = view.application
    if not application.has_id_notice:
        raise NotFound(number)
    if not view.may_act:
        raise GrantRevoked(application.receipt_number, application.office_code)
    return application


def issue_notice_ticket(
    application: Application, acting_office: OfficeCode, key_file: Path, now: datetime, new_id: NewId
) -> str:
    """A ticket for this application's ID notice, for the office that is logged in: 60 seconds, one use."""
    claims = NoticeClaims(
        acting_office=acting_office,
        office_code=application.office_code,
        receipt_number=application.receipt_number,
        jti=new_id(),
    )
    return sign_notice_ticket(claims, key_file, now)
