"""The way to the ID notice: the password again if it was given long ago, then a button that carries the ticket."""

from dataclasses import dataclass

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.intake import workflows
from services.intake.web.guard import require_session
from services.intake.workflows.dependencies import Dependencies
from services.intake.workflows.refusals import LoginRefused
from shared.kernel.identifiers import OfficeCode
from shared.runtime.web.forms import read_form
from shared.runtime.web.pages import page
from shared.runtime.web.sessions import Session

PATH = "/applications/{receipt_number}/id-notice"


@dataclass(frozen=True, slots=True)
class IdNoticePages:
    """S12's door; the page itself is provisioning's, because secrets never come here."""

    intake: Dependencies

    def add_to(self, app: FastAPI) -> None:
        """Register the routes."""
        app.add_api_route(PATH, self.get_id_notice, methods=["GET"])
        app.add_api_route(PATH, self.post_id_notice, methods=["POST"])

    async def get_id_notice(self, request: Request) -> Response:
        """The button with a fresh ticket, or the question for the password."""
        session = await require_session(self.intake, request)
        number, now = request.path_params["receipt_number"], self.intake.clock.now()
        application = await workflows.find_notice(self.intake.pool, session.account, number)
        if not workflows.is_login_fresh(session.authenticated_at, now):
            return self._ask_for_password(session, number, None)
        office, key_file = OfficeCode(session.account), self.intake.ticket_key_file
        ticket = workflows.issue_notice_ticket(application, office, key_file, now, self.intake.new_id)
        answer = page(
            self.intake.environment,
            "id_notice.html",
            session=session,
            application=application,
            ticket=ticket,
            provisioning_url=self.intake.provisioning_url,
        )
        # A ticket lives for a minute: no cache may keep the page.
        answer.headers["Cache-Control"] = "no-store"
        return answer

    async def post_id_notice(self, request: Request) -> Response:
        """The password, given again: the session starts anew, so its age is that of this proof."""
        session = await require_session(self.intake, request)
        number = request.path_params["receipt_number"]
        await workflows.find_notice(self.intake.pool, session.account, number)
        password, now = (await read_form(request)).text("password"), self.intake.clock.now()
        try:
            await workflows.log_in(self.intake.pool, self.intake.hasher, session.account, password, now)
        except LoginRefused as refused:
            return self._ask_for_password(session, number, refused)
        response = RedirectResponse(f"/applications/{number}/id-notice", status_code=303)
        await self.intake.sessions.open(response, session.account, session.attributes, replacing=request)
        return response

    def _ask_for_password(self, session: Session, number: str, refused: LoginRefused | None) -> Response:
        return page(
            self.intake.environment,
            "confirm_password.html",
            status=401 if refused else 200,
            session=session,
            receipt_number=number,
            refused=refused,
        )
