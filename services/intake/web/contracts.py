"""The contract in five tabs, and the registration schedule."""

from dataclasses import dataclass

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from services.intake import workflows
from services.intake.labels import CONTRACT_TABS
from services.intake.web.guard import require_session
from services.intake.workflows.dependencies import Dependencies
from services.intake.workflows.refusals import NotFound
from shared.runtime.web.pages import page

FIRST_TAB = "outline"


@dataclass(frozen=True, slots=True)
class ContractPages:
    """S3, S14."""

    intake: Dependencies

    def add_to(self, app: FastAPI) -> None:
        """Register the routes."""
        app.add_api_route("/contract", self.get_contract, methods=["GET"])
        app.add_api_route("/contract/{tab}", self.get_contract, methods=["GET"])
        app.add_api_route("/schedule", self.get_schedule, methods=["GET"])

    async def get_contract(self, request: Request) -> Response:
        """One tab of the contract."""
        session = await require_session(self.intake, request)
        name = request.path_params.get("tab", FIRST_TAB)
        if name not in CONTRACT_TABS:
            raise NotFound(name)
        view = await workflows.view_contract(self.intake.pool, session.account, self.intake.clock.now())
        context = {"view": view, "shown": name, "contract_tabs": CONTRACT_TABS}
        return page(self.intake.environment, f"contract_{name.replace('-', '_')}.html", session=session, **context)

    async def get_schedule(self, request: Request) -> Response:
        """Registration days with their deadlines."""
        session = await require_session(self.intake, request)
        view = await workflows.view_schedule(self.intake.pool, self.intake.clock.now())
        return page(self.intake.environment, "schedule.html", session=session, view=view)
