"""The application form, one page per subject, and its check page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.intake import workflows
from services.intake.domain.form import CheckedForm
from services.intake.domain.form_errors import FormErrors
from services.intake.domain.steps import Step, next_step
from services.intake.rendering import error_texts
from services.intake.web.guard import require_session
from services.intake.workflows import DraftOwner, DraftView
from services.intake.workflows.dependencies import Dependencies
from services.intake.workflows.refusals import DraftNotFound
from shared.contracts.event_data import ApplicationKind
from shared.runtime.web.forms import read_form
from shared.runtime.web.pages import page
from shared.runtime.web.sessions import Session

FROM_CHECK = "check"
"""The value of `from` on a page that was opened from the check page, and returns to it."""


@dataclass(frozen=True, slots=True)
class DraftPages:
    """S4 to S8 and S16. Every page has an address, can be reloaded, and keeps what was typed."""

    intake: Dependencies

    def add_to(self, app: FastAPI) -> None:
        """Register the routes."""
        draft = "/applications/drafts/{form_token}"
        app.add_api_route("/applications/new", self.get_new, methods=["GET"])
        app.add_api_route("/password-reissue", self.get_reissue, methods=["GET"])
        app.add_api_route("/applications/drafts", self.post_draft, methods=["POST"])
        app.add_api_route(draft, self.get_draft, methods=["GET"])
        app.add_api_route(f"{draft}/discard", self.post_discard, methods=["POST"])
        app.add_api_route(f"{draft}/check", self.get_check, methods=["GET"])
        app.add_api_route(f"{draft}/{{step}}", self.get_step, methods=["GET"])
        app.add_api_route(f"{draft}/{{step}}", self.post_step, methods=["POST"])

    async def get_new(self, request: Request) -> Response:
        """What the way to an application looks like (B4); nothing is stored before the first button."""
        session = await require_session(self.intake, request)
        number = await workflows.find_open_application(self.intake.pool, session.account)
        return self._start_page("new_application.html", session, open_receipt_number=number)

    async def get_reissue(self, request: Request) -> Response:
        """The same for new passwords (S16, B36)."""
        session = await require_session(self.intake, request)
        return self._start_page("new_reissue.html", session)

    async def post_draft(self, request: Request) -> Response:
        """The first button: the draft begins under the form token of the page, however often it is pressed."""
        session = await require_session(self.intake, request)
        posted = await read_form(request)
        owner = DraftOwner(session.account, form_token_of(posted.text("form_token")))
        if answer := await registered_already(self.intake, owner):
            return answer
        if posted.text("kind") not in set(ApplicationKind):
            raise DraftNotFound
        kind, now = ApplicationKind(posted.text("kind")), self.intake.clock.now()
        step = await workflows.start_draft(self.intake.pool, owner, kind, self.intake.form_rules, now)
        return _to(owner, step)

    async def get_draft(self, request: Request) -> Response:
        """Where to go on: the first page with something missing, else the check page."""
        session = await require_session(self.intake, request)
        owner = draft_owner(session, request)
        if answer := await registered_already(self.intake, owner):
            return answer
        view = await self._view(owner)
        return _to(owner, view.first_step_with_errors)

    async def post_discard(self, request: Request) -> Response:
        """Throw the draft away."""
        owner = draft_owner(await require_session(self.intake, request), request)
        await workflows.discard_draft(self.intake.pool, owner)
        return RedirectResponse("/menu", status_code=303)

    async def get_step(self, request: Request) -> Response:
        """One page of the form as it was typed; sent with mistakes or opened from the check page it shows them."""
        session = await require_session(self.intake, request)
        owner, step = draft_owner(session, request), step_of(request.path_params["step"])
        if answer := await registered_already(self.intake, owner):
            return answer
        view = await self._view(owner)
        if step not in view.steps:
            raise DraftNotFound
        from_check = request.query_params.get("from") == FROM_CHECK
        refused = "refused" in request.query_params
        errors = view.errors_of(step) if from_check or refused else FormErrors(())
        status = 422 if refused and errors.errors else 200
        return self._step_page(session, view, step, errors, from_check=from_check, status=status)

    async def post_step(self, request: Request) -> Response:
        """Keep what was typed; on to the next page, or to the same with every error of it.

        Errors, too, stand on a page of their own address: going back to one never asks to send a form again.
        """
        session = await require_session(self.intake, request)
        owner, step = draft_owner(session, request), step_of(request.path_params["step"])
        posted = await read_form(request)
        if answer := await registered_already(self.intake, owner):
            return answer
        rules, now = self.intake.form_rules, self.intake.clock.now()
        view = await workflows.save_step(self.intake.pool, owner, step, posted.fields, rules, now)
        errors, from_check = view.errors_of(step), posted.text("from") == FROM_CHECK
        if errors.errors:
            query = f"refused&from={FROM_CHECK}" if from_check else "refused"
            return RedirectResponse(f"{_path(owner)}/{step.value}?{query}", status_code=303)
        return _to(owner, None if from_check else next_step(view.steps, step))

    async def get_check(self, request: Request) -> Response:
        """Before and after, with the register button (B22)."""
        session = await require_session(self.intake, request)
        owner = draft_owner(session, request)
        if answer := await registered_already(self.intake, owner):
            return answer
        return await check_page(self.intake, session, owner)

    async def _view(self, owner: DraftOwner) -> DraftView:
        return await workflows.view_draft(self.intake.pool, owner, self.intake.form_rules, self.intake.clock.now())

    def _start_page(self, template: str, session: Session, **context: Any) -> Response:
        token = self.intake.new_id()
        return page(self.intake.environment, template, session=session, form_token=token, **context)

    def _step_page(
        self, session: Session, view: DraftView, step: Step, errors: FormErrors, *, from_check: bool, status: int = 200
    ) -> Response:
        context: Mapping[str, Any] = {
            "view": view,
            "form": view.form,
            "step": step.value,
            "number": view.steps.index(step) + 1,
            "from_check": from_check,
            "previous": view.steps[view.steps.index(step) - 1].value if view.steps.index(step) else None,
            "errors": error_texts(errors),
            "error_count": len(errors.errors),
        }
        return page(self.intake.environment, f"step_{step.value}.html", status=status, session=session, **context)


def draft_owner(session: Session, request: Request) -> DraftOwner:
    """Whose draft the address names. Raises DraftNotFound for anything that is no form token."""
    return DraftOwner(session.account, form_token_of(request.path_params["form_token"]))


def form_token_of(text: str) -> UUID:
    """The form token. Raises DraftNotFound for anything that is none."""
    try:
        return UUID(text)
    except ValueError:
        raise DraftNotFound from None


def step_of(text: str) -> Step:
    """The page asked for. Raises DraftNotFound for anything that is none."""
    try:
        return Step(text)
    except ValueError:
        raise DraftNotFound from None


async def registered_already(intake: Dependencies, owner: DraftOwner) -> Response | None:
    """Back to what the form has led to, for whoever comes from behind it (E31)."""
    number = await workflows.find_receipt_of_form(intake.pool, owner)
    return RedirectResponse(f"/applications/{number}/received", status_code=303) if number else None


async def check_page(intake: Dependencies, session: Session, owner: DraftOwner, *, outdated: bool = False) -> Response:
    """The check page, or the way to what is wrong. `outdated`: something changed under the reader."""
    view = await workflows.view_draft(intake.pool, owner, intake.form_rules, intake.clock.now())
    if not isinstance(view.result, CheckedForm):
        step = view.first_step_with_errors
        assert step is not None
        return RedirectResponse(f"{_path(owner)}/{step.value}?from={FROM_CHECK}", status_code=303)
    asked = view.asked(view.result)
    context = {
        "view": view,
        "checked": view.result,
        "difference": asked.difference,
        "diff_sha256": asked.sha256,
        "changed": view.changed_fields(view.result),
        "outdated": outdated,
    }
    return page(intake.environment, "check.html", status=409 if outdated else 200, session=session, **context)


def _to(owner: DraftOwner, step: Step | None) -> Response:
    return RedirectResponse(f"{_path(owner)}/{step.value if step else 'check'}", status_code=303)


def _path(owner: DraftOwner) -> str:
    return f"/applications/drafts/{owner.form_token}"
