"""Who is asking: the live session of a request, or the way to the login and back."""

from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.intake.workflows.dependencies import Dependencies
from shared.runtime.web.sessions import Session

START_PAGE = "/menu"


class LoginRequired(Exception):
    """Nobody is logged in, or the session has ended."""


async def require_session(intake: Dependencies, request: Request) -> Session:
    """The session of the request. Raises LoginRequired."""
    session = await intake.sessions.find(request)
    if session is None:
        raise LoginRequired
    return session


async def to_login(request: Request, _: Exception) -> Response:
    """The login page, which leads back to the page that was asked for (E21)."""
    target = request.url.path if request.method == "GET" else START_PAGE
    return RedirectResponse(f"/login?next={quote(target)}", status_code=303)


def return_path(asked: str) -> str:
    """Where to go after the login: a path of this site, nothing that could lead elsewhere."""
    parts = urlsplit(asked)
    is_own = not parts.scheme and not parts.netloc and asked.startswith("/") and not asked.startswith("//")
    return asked if is_own and "\\" not in asked and asked.isprintable() else START_PAGE
