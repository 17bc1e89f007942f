"""Pages of text: help, examples, contact, accessibility, privacy, and what is handled elsewhere."""

from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from services.intake.labels import HANDLED_ELSEWHERE
from services.intake.web.guard import MUST_CHANGE
from services.intake.workflows.dependencies import Dependencies
from services.intake.workflows.refusals import NotFound
from shared.runtime.web.pages import page

PAGES = ("help", "examples", "contact", "accessibility", "privacy")


@dataclass(frozen=True, slots=True)
class InformationPages:
    """Open to everybody: whoever cannot log in needs them most."""

    intake: Dependencies

    def add_to(self, app: FastAPI) -> None:
        """Register the routes."""
        for name in PAGES:
            app.add_api_route(f"/{name}", self.get_information, methods=["GET"])
        app.add_api_route("/procedures", self.get_procedures, methods=["GET"])
        app.add_api_route("/procedures/{name}", self.get_procedure, methods=["GET"])

    async def get_information(self, request: Request) -> Response:
        """The page of that name."""
        return await self._page(request, f"{request.url.path.removeprefix('/')}.html")

    async def get_procedures(self, request: Request) -> Response:
        """What the Center takes by telephone."""
        return await self._page(request, "procedures.html", procedures=HANDLED_ELSEWHERE)

    async def get_procedure(self, request: Request) -> Response:
        """One of them: who handles it, telephone, hours."""
        name = request.path_params["name"]
        if name not in HANDLED_ELSEWHERE:
            raise NotFound(name)
        return await self._page(request, "procedure.html", name=name, procedure=HANDLED_ELSEWHERE[name])

    async def _page(self, request: Request, template: str, **context: Any) -> Response:
        session = await self.intake.sessions.find(request)
        # Before the first password is changed no tab would open.
        shown = session if session and MUST_CHANGE not in session.attributes else None
        return page(self.intake.environment, template, session=shown, **context)
