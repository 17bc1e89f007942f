"""The menu with its news, the contract, and the page about what the Center handles itself."""

from dataclasses import dataclass

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.intake import workflows
from services.intake.web.guard import START_PAGE, require_session
from services.intake.workflows.dependencies import Dependencies
from shared.runtime.web.pages import page


@dataclass(frozen=True, slots=True)
class MenuPages:
    """S2, S3."""

    intake: Dependencies

    def add_to(self, app: FastAPI) -> None:
        """Register the routes."""
        app.add_api_route("/", self.get_start, methods=["GET"])
        app.add_api_route("/menu", self.get_menu, methods=["GET"])
        app.add_api_route("/contract", self.get_contract, methods=["GET"])
        app.add_api_route("/guidance", self.get_guidance, methods=["GET"])

    async def get_start(self) -> Response:
        """The site's address leads to the menu."""
        return RedirectResponse(START_PAGE, status_code=303)

    async def get_menu(self, request: Request) -> Response:
        """The newest news and the menu."""
        session = await require_session(self.intake, request)
        view = await workflows.view_menu(self.intake.pool, session.account, self.intake.clock.now())
        return page(self.intake.environment, "menu.html", session=session, view=view)

    async def get_contract(self, request: Request) -> Response:
        """The contract and its mailboxes."""
        session = await require_session(self.intake, request)
        view = await workflows.view_contract(self.intake.pool, session.account, self.intake.clock.now())
        return page(self.intake.environment, "contract.html", session=session, view=view)

    async def get_guidance(self, request: Request) -> Response:
        """Whom to ask for what this portal does not do."""
        session = await require_session(self.intake, request)
        return page(self.intake.environment, "guidance.html", session=session)
