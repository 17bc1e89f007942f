"""The live view for operators: the flow as boxes and arrows, read anew by the browser without a script."""

from starlette.requests import Request
from starlette.responses import Response

from services.review import workflows
from services.review.web.console import Console, visit

REFRESH_SECONDS = 15
PAUSED = "paused"


async def get_flow(console: Console, request: Request) -> Response:
    """Everything on one screen; `?paused` leaves it as it is, for those who need time to read."""
    visitor, paused = await visit(console, request), PAUSED in request.query_params
    stations = await workflows.read_flow(console.deps)
    answer = visitor.page(
        "flow.html", stations=stations, paused=paused, every=REFRESH_SECONDS, now=console.deps.clock.now()
    )
    if not paused:
        answer.headers["refresh"] = str(REFRESH_SECONDS)
    return answer
