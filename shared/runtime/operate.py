"""`/operate/v1`: the routes by which the nss command asks a service, behind a staff token."""

from collections.abc import Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.runtime.clock import Clock
from shared.runtime.web.problems import ApiProblem, problem_answer
from shared.runtime.web.staff_api import require_staff

PATH = "/operate/v1"
ROLES = ("operator", "lead")


def operate_routes(routes: Sequence[BaseRoute], staff_keys: Path | None, clock: Clock) -> Mount:
    """`routes` under `/operate/v1`; handlers find the caller in `request.state.staff` (a `StaffIdentity`)."""
    app = Starlette(routes=list(routes), exception_handlers={ApiProblem: _on_problem, 404: _on_missing})
    return Mount(PATH, StaffOnly(app, staff_keys, clock))


class StaffOnly:
    """ASGI middleware: lets operators and leads pass, answers everybody else with a problem document."""

    def __init__(self, app: ASGIApp, staff_keys: Path | None, clock: Clock) -> None:
        self._app = app
        self._staff_keys = staff_keys
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Verify the bearer token before any route is looked at, so that strangers learn no path."""
        request = Request(scope, receive)
        try:
            if self._staff_keys is None:
                raise ApiProblem(401, "invalid_token")
            request.state.staff = require_staff(request, self._staff_keys, self._clock.now(), *ROLES)
        except ApiProblem as problem:
            await problem_answer(problem.status, problem.code)(scope, receive, send)
            return
        await self._app(scope, receive, send)


async def _on_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiProblem)
    return problem_answer(error.status, error.code, detail=error.detail, errors=error.errors)


async def _on_missing(_request: Request, _error: Exception) -> Response:
    return problem_answer(404)
