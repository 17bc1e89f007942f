"""Registering an application, its completion page, the list, and the status page."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.intake import workflows
from services.intake.rendering import timeline_rows
from services.intake.web.drafts import check_page, form_token_of
from services.intake.web.guard import require_session
from services.intake.workflows import Registration
from services.intake.workflows.dependencies import Dependencies
from services.intake.workflows.refusals import CheckPageOutdated, OpenApplicationExists
from shared.kernel.local_time import local_date
from shared.runtime.failpoints import reach
from shared.runtime.web.forms import read_form
from shared.runtime.web.pages import page
from shared.runtime.web.sessions import Session


@dataclass(frozen=True, slots=True)
class ApplicationPages:
    """S9, S10, S11."""

    intake: Dependencies

    def add_to(self, app: FastAPI) -> None:
        """Register the routes; after those of the form, whose paths are more specific."""
        app.add_api_route("/applications", self.post_application, methods=["POST"])
        app.add_api_route("/applications", self.get_applications, methods=["GET"])
        app.add_api_route("/applications/{receipt_number}", self.get_application, methods=["GET"])
        app.add_api_route("/applications/{receipt_number}/received", self.get_receipt, methods=["GET"])

    async def post_application(self, request: Request) -> Response:
        """The register button: however often it is pressed, one application and one receipt number (B23, E31)."""
        session = await require_session(self.intake, request)
        posted = await read_form(request)
        token = form_token_of(posted.text("form_token"))
        registration = Registration(session.account, token, posted.text("diff_sha256"))
        now = self.intake.clock.now()
        try:
            number = await workflows.receive_application(self.intake.pool, registration, now, self.intake.new_id)
        except CheckPageOutdated:
            return await check_page(self.intake, session, token, outdated=True)
        except OpenApplicationExists as refused:
            return self._open_application(session, token, refused)
        reach("intake.after-commit-before-reply")
        return RedirectResponse(f"/applications/{number}/received", status_code=303)

    async def get_receipt(self, request: Request) -> Response:
        """The completion page with the receipt number; it can be bookmarked (B24)."""
        session = await require_session(self.intake, request)
        number = request.path_params["receipt_number"]
        view = await workflows.view_application(self.intake.pool, session.account, number)
        return page(self.intake.environment, "received.html", session=session, view=view)

    async def get_applications(self, request: Request) -> Response:
        """The list of the office's applications."""
        session = await require_session(self.intake, request)
        applications = await workflows.list_applications(self.intake.pool, session.account)
        return page(self.intake.environment, "applications.html", session=session, applications=applications)

    async def get_application(self, request: Request) -> Response:
        """One application: state, dates, what was asked for, the timeline."""
        session = await require_session(self.intake, request)
        number = request.path_params["receipt_number"]
        view = await workflows.view_application(self.intake.pool, session.account, number)
        return page(
            self.intake.environment,
            "application.html",
            session=session,
            view=view,
            timeline=timeline_rows(view.timeline),
            today=local_date(self.intake.clock.now()),
        )

    def _open_application(self, session: Session, token: UUID, refused: OpenApplicationExists) -> Response:
        number = refused.receipt_number
        return page(
            self.intake.environment,
            "open_application.html",
            status=409,
            session=session,
            receipt_number=number,
            form_token=token,
        )
