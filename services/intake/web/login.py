"""Login, logout, and letting a login go on."""

from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from services.intake import workflows
from services.intake.web.guard import MUST_CHANGE, require_login, return_path
from services.intake.workflows import OfficeAccount
from services.intake.workflows.dependencies import Dependencies
from services.intake.workflows.refusals import InitialPasswordExpired, LoginRefused
from shared.kernel.japanese_text import narrow
from shared.runtime.web.forms import PostedForm, read_form
from shared.runtime.web.pages import page, ymd_hm

LONGEST_OFFICE_CODE = 20


@dataclass(frozen=True, slots=True)
class LoginPages:
    """S1: one answer for an unknown office and a wrong password."""

    intake: Dependencies

    def add_to(self, app: FastAPI) -> None:
        """Register the routes."""
        app.add_api_route("/login", self.get_login, methods=["GET"])
        app.add_api_route("/login", self.post_login, methods=["POST"])
        app.add_api_route("/logout", self.post_logout, methods=["POST"])
        app.add_api_route("/logout/everywhere", self.post_logout_everywhere, methods=["POST"])
        app.add_api_route("/session", self.post_session, methods=["POST"])

    async def get_login(self, request: Request) -> Response:
        """The login form; whoever is logged in goes on."""
        target = return_path(request.query_params.get("next", ""))
        if await self.intake.sessions.find(request):
            return RedirectResponse(target, status_code=303)
        left = request.query_params.get("left", "")
        return self._login_page({"next": target, "left": left})

    async def post_login(self, request: Request) -> Response:
        """A session, and the page that was asked for in the first place."""
        form = await read_form(request)
        target = return_path(form.text("next"))
        office_code = narrow(form.text("office_code")).upper()[:LONGEST_OFFICE_CODE]
        if missing := _missing_fields(form):
            return self._login_page({"next": target, "office_code": office_code, "missing": missing}, status=422)
        try:
            account = await self._account(request, office_code, form.text("password"))
        except (LoginRefused, InitialPasswordExpired) as refused:
            return self._login_page({"next": target, "office_code": office_code, "refused": refused}, status=401)
        response = RedirectResponse(target, status_code=303)
        await self.intake.sessions.open(response, account.office_code, attributes_of(account), replacing=request)
        return response

    async def post_logout(self, request: Request) -> Response:
        """The session ends here and now."""
        response = RedirectResponse("/login?left=here", status_code=303)
        await self.intake.sessions.close(request, response)
        return response

    async def post_logout_everywhere(self, request: Request) -> Response:
        """Every session of the office ends, this one too."""
        session = await require_login(self.intake, request)
        await self.intake.sessions.close_all(session.account)
        response = RedirectResponse("/login?left=everywhere", status_code=303)
        await self.intake.sessions.close(request, response)
        return response

    async def post_session(self, request: Request) -> Response:
        """The login goes on: asked for by a page whose reader has been busy with it for long."""
        session = await require_login(self.intake, request)
        return JSONResponse({"seconds_left": session.seconds_left, "ends_at": ymd_hm(session.ends_at)})

    async def _account(self, request: Request, office_code: str, password: str) -> OfficeAccount:
        pool, hasher, now = self.intake.pool, self.intake.hasher, self.intake.clock.now()
        return await workflows.log_in(pool, hasher, office_code, password, now, address=address_of(request))

    def _login_page(self, context: dict[str, Any], *, status: int = 200) -> Response:
        unset = {"office_code": "", "left": "", "missing": (), "refused": None}
        return page(self.intake.environment, "login.html", status=status, **{**unset, **context})


def attributes_of(account: OfficeAccount) -> dict[str, str]:
    """What the session remembers of the account."""
    names = {"company_name": account.company_name, "office_name": account.office_name}
    return {**names, MUST_CHANGE: "yes"} if account.must_change_password else names


def address_of(request: Request) -> str:
    """The network address a request came from, as the server or its trusted proxy says it."""
    return request.client.host if request.client else ""


def _missing_fields(form: PostedForm) -> tuple[str, ...]:
    return tuple(name for name in ("office_code", "password") if not form.text(name).strip())
