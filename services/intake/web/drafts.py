"""The application form and its check page."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.intake import workflows
from services.intake.domain.difference import diff_sha256
from services.intake.domain.form import ApplicationForm
from services.intake.domain.mailboxes import current_mailboxes
from services.intake.rendering import error_texts
from services.intake.web.guard import require_session
from services.intake.workflows import CheckView, FormView
from services.intake.workflows.dependencies import Dependencies
from services.intake.workflows.refusals import DraftNotFound
from shared.runtime.web.forms import PostedForm, read_form
from shared.runtime.web.pages import page
from shared.runtime.web.sessions import Session


@dataclass(frozen=True, slots=True)
class DraftPages:
    """S5 to S8 on one form page and one check page."""

    intake: Dependencies

    def add_to(self, app: FastAPI) -> None:
        """Register the routes."""
        app.add_api_route("/applications/new", self.get_new, methods=["GET"])
        app.add_api_route("/applications/drafts", self.post_draft, methods=["POST"])
        app.add_api_route("/applications/drafts/{form_token}", self.get_draft, methods=["GET"])
        app.add_api_route("/applications/drafts/{form_token}/check", self.get_check, methods=["GET"])

    async def get_new(self, request: Request) -> Response:
        """A new form under a new form token; nothing is stored before it is sent."""
        session = await require_session(self.intake, request)
        token = self.intake.new_id()
        view = await workflows.start_form(self.intake.pool, session.account, token, self.intake.clock.now())
        return form_page(self.intake, session, view)

    async def post_draft(self, request: Request) -> Response:
        """Keep what was typed; on to the check page, or the form again with every error."""
        session = await require_session(self.intake, request)
        posted = await read_form(request)
        token = form_token_of(posted.text("form_token"))
        if answer := await self._registered_already(session, token):
            return answer
        form, now = application_form(posted), self.intake.clock.now()
        view = await workflows.save_draft(self.intake.pool, session.account, token, form, now)
        if view.errors.errors:
            return form_page(self.intake, session, view, status=422)
        return RedirectResponse(f"/applications/drafts/{token}/check", status_code=303)

    async def get_draft(self, request: Request) -> Response:
        """The form as it was typed."""
        session = await require_session(self.intake, request)
        token = form_token_of(request.path_params["form_token"])
        if answer := await self._registered_already(session, token):
            return answer
        view = await workflows.view_draft(self.intake.pool, session.account, token, self.intake.clock.now())
        return form_page(self.intake, session, view)

    async def get_check(self, request: Request) -> Response:
        """Before and after, with the register button (B22)."""
        session = await require_session(self.intake, request)
        token = form_token_of(request.path_params["form_token"])
        if answer := await self._registered_already(session, token):
            return answer
        return await check_page(self.intake, session, token)

    async def _registered_already(self, session: Session, token: UUID) -> Response | None:
        number = await workflows.find_receipt_of_form(self.intake.pool, session.account, token)
        return RedirectResponse(f"/applications/{number}/received", status_code=303) if number else None


def form_token_of(text: str) -> UUID:
    """The form token. Raises DraftNotFound for anything that is none."""
    try:
        return UUID(text)
    except ValueError:
        raise DraftNotFound from None


def application_form(posted: PostedForm) -> ApplicationForm:
    """The typed text of every field."""
    texts = {field.name: posted.text(field.name) for field in fields(ApplicationForm) if field.name != "abolish"}
    return ApplicationForm(**texts, abolish=tuple(posted.texts("abolish")))


def form_page(intake: Dependencies, session: Session, view: FormView, *, status: int = 200) -> Response:
    """The form with its errors."""
    context: Mapping[str, Any] = {
        "view": view,
        "mailboxes": current_mailboxes(view.facts.mailboxes),
        "errors": error_texts(view.errors),
        "error_count": len(view.errors.errors),
    }
    return page(intake.environment, "form.html", status=status, session=session, **context)


async def check_page(intake: Dependencies, session: Session, token: UUID, *, outdated: bool = False) -> Response:
    """The check page; the form again when the saved text has errors. `outdated`: something changed under the reader."""
    view = await workflows.check_draft(intake.pool, session.account, token, intake.clock.now())
    status = 409 if outdated else 200
    if not isinstance(view, CheckView):
        return form_page(intake, session, view, status=status)
    context = {"view": view, "diff_sha256": diff_sha256(view.difference), "outdated": outdated}
    return page(intake.environment, "check.html", status=status, session=session, **context)
