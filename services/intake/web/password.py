"""Changing the office password, and what to do when it is forgotten."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.intake import workflows
from services.intake.domain.new_password import PasswordChange
from services.intake.rendering import password_error_texts
from services.intake.web.guard import MUST_CHANGE, require_login, require_session, return_path
from services.intake.web.login import address_of
from services.intake.workflows.dependencies import Dependencies
from services.intake.workflows.refusals import LoginRefused, NewPasswordRefused
from shared.runtime.web.forms import PostedForm, read_form
from shared.runtime.web.pages import page
from shared.runtime.web.sessions import Session


@dataclass(frozen=True, slots=True)
class PasswordPages:
    """S17, and the first login with an initial password."""

    intake: Dependencies

    def add_to(self, app: FastAPI) -> None:
        """Register the routes."""
        app.add_api_route("/password", self.get_password, methods=["GET"])
        app.add_api_route("/password", self.post_password, methods=["POST"])
        app.add_api_route("/password/changed", self.get_changed, methods=["GET"])
        app.add_api_route("/password/forgotten", self.get_forgotten, methods=["GET"])

    async def get_password(self, request: Request) -> Response:
        """Three fields."""
        session = await require_login(self.intake, request)
        return self._form(session, return_path(request.query_params.get("next", "")))

    async def post_password(self, request: Request) -> Response:
        """The new password; every other session of the office ends, and this one goes on under a new token."""
        session = await require_login(self.intake, request)
        form = await read_form(request)
        target = return_path(form.text("next"))
        try:
            await self._change(session, form, address_of(request))
        except NewPasswordRefused as refused:
            return self._form(session, target, errors=password_error_texts(refused.problems), status=422)
        except LoginRefused as blocked:
            return self._form(session, target, refused=blocked, status=401)
        is_first = MUST_CHANGE in session.attributes
        response = RedirectResponse(target if is_first else "/password/changed", status_code=303)
        attributes = {name: text for name, text in session.attributes.items() if name != MUST_CHANGE}
        await self.intake.sessions.open(response, session.account, attributes, replacing=request)
        return response

    async def get_changed(self, request: Request) -> Response:
        """It is done."""
        session = await require_session(self.intake, request)
        return page(self.intake.environment, "password_changed.html", session=session)

    async def get_forgotten(self, request: Request) -> Response:
        """Whom to call: open to everybody."""
        session = await self.intake.sessions.find(request)
        return page(self.intake.environment, "password_forgotten.html", session=session)

    async def _change(self, session: Session, form: PostedForm, address: str) -> None:
        change = PasswordChange(
            form.text("current_password"), form.text("new_password"), form.text("new_password_again")
        )
        pool, hasher, now = self.intake.pool, self.intake.hasher, self.intake.clock.now()
        await workflows.change_password(pool, hasher, session.account, change, now, address=address)

    def _form(
        self,
        session: Session,
        target: str,
        *,
        errors: Mapping[str, str] | None = None,
        refused: LoginRefused | None = None,
        status: int = 200,
    ) -> Response:
        errors = errors or {}
        context: Mapping[str, Any] = {
            "next": target,
            "errors": errors,
            "error_count": len(errors) + (refused is not None),
            "refused": refused,
            "is_first": MUST_CHANGE in session.attributes,
        }
        return page(self.intake.environment, "password.html", status=status, session=session, **context)
