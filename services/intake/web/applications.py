"""Registering an application, its completion page, the list, and the status page."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.intake import workflows
from services.intake.domain.application import ApplicationStatus
from services.intake.domain.documents import DocumentKind, availability_of
from services.intake.rendering import timeline_rows
from services.intake.web.drafts import check_page, form_token_of
from services.intake.web.guard import require_session
from services.intake.workflows import DraftOwner, Registration
from services.intake.workflows.dependencies import Dependencies
from services.intake.workflows.refusals import CheckPageOutdated, FormRefused, OpenApplicationExists
from shared.kernel.local_time import local_date
from shared.runtime.failpoints import reach
from shared.runtime.web.forms import read_form
from shared.runtime.web.pages import page
from shared.runtime.web.sessions import Session

OPEN_QUERY_LENGTH = 20


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
        now, new_id, rules = self.intake.clock.now(), self.intake.new_id, self.intake.form_rules
        try:
            number = await workflows.receive_application(self.intake.pool, registration, rules, now, new_id)
        except (CheckPageOutdated, FormRefused):
            return await check_page(self.intake, session, DraftOwner(session.account, token), outdated=True)
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
        """The list of the office's applications, by state or from a number on; a number typed leads to its page."""
        session = await require_session(self.intake, request)
        typed = request.query_params.get("number", "")[:OPEN_QUERY_LENGTH].strip()
        if typed and (found := await workflows.find_application_by_number(self.intake.pool, session.account, typed)):
            return RedirectResponse(f"/applications/{found}", status_code=303)
        status, after = _status_of(request.query_params.get("status", "")), request.query_params.get("after")
        listed = await workflows.list_applications(self.intake.pool, session.account, status, after)
        return page(
            self.intake.environment,
            "applications.html",
            session=session,
            listed=listed,
            shown_status=status,
            statuses=list(ApplicationStatus),
            typed=typed,
            after=after,
        )

    async def get_application(self, request: Request) -> Response:
        """One application: state, dates, what was asked for, the timeline; its news is read from now on."""
        session = await require_session(self.intake, request)
        number, now = request.path_params["receipt_number"], self.intake.clock.now()
        view = await workflows.open_application(self.intake.pool, session.account, number, now)
        today = local_date(now)
        documents = [(kind, availability_of(kind, view.application, today)) for kind in DocumentKind]
        return page(
            self.intake.environment,
            "application.html",
            session=session,
            view=view,
            timeline=timeline_rows(view.timeline),
            today=today,
            documents=[(kind, availability) for kind, availability in documents if availability is not None],
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


def _status_of(text: str) -> ApplicationStatus | None:
    """The state to list; all of them for anything else."""
    return ApplicationStatus(text) if text in set(ApplicationStatus) else None
