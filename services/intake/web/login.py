"""Login and logout."""

from dataclasses import dataclass

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.intake import workflows
from services.intake.web.guard import return_path
from services.intake.workflows.dependencies import Dependencies
from services.intake.workflows.refusals import LoginRefused
from shared.kernel.japanese_text import narrow
from shared.runtime.web.forms import read_form
from shared.runtime.web.pages import page


@dataclass(frozen=True, slots=True)
class LoginPages:
    """S1: one answer for an unknown office and a wrong password."""

    intake: Dependencies

    def add_to(self, app: FastAPI) -> None:
        """Register the routes."""
        app.add_api_route("/login", self.get_login, methods=["GET"])
        app.add_api_route("/login", self.post_login, methods=["POST"])
        app.add_api_route("/logout", self.post_logout, methods=["POST"])

    async def get_login(self, request: Request) -> Response:
        """The login form; whoever is logged in goes on."""
        target = return_path(request.query_params.get("next", ""))
        if await self.intake.sessions.find(request):
            return RedirectResponse(target, status_code=303)
        return page(self.intake.environment, "login.html", next=target, office_code="", refused=None)

    async def post_login(self, request: Request) -> Response:
        """A session, and the page that was asked for in the first place."""
        form = await read_form(request)
        office_code, target = narrow(form.text("office_code")).upper()[:20], return_path(form.text("next"))
        now = self.intake.clock.now()
        try:
            account = await workflows.log_in(
                self.intake.pool, self.intake.hasher, office_code, form.text("password"), now
            )
        except LoginRefused as refused:
            context = {"next": target, "office_code": office_code, "refused": refused}
            return page(self.intake.environment, "login.html", status=401, **context)
        response = RedirectResponse(target, status_code=303)
        attributes = {"company_name": account.company_name, "office_name": account.office_name}
        await self.intake.sessions.open(response, account.office_code, attributes, replacing=request)
        return response

    async def post_logout(self, request: Request) -> Response:
        """The session ends here and now."""
        response = RedirectResponse("/login", status_code=303)
        await self.intake.sessions.close(request, response)
        return response
