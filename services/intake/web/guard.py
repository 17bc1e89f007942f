"""Who is asking: the live session of a request, or the way to the login and back."""

from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.intake.workflows.dependencies import Dependencies
from shared.runtime.web.csrf import origin_of
from shared.runtime.web.sessions import Session

START_PAGE = "/menu"
MUST_CHANGE = "must_change_password"
"""The session attribute of whoever logged in with an initial password."""


class LoginRequired(Exception):
    """Nobody is logged in, or the session has ended."""


class PasswordChangeRequired(Exception):
    """The password is an initial one: nothing is open before it is changed."""


async def require_session(intake: Dependencies, request: Request) -> Session:
    """The session of the request. Raises LoginRequired, PasswordChangeRequired, HTTPException 429 when too busy."""
    session = await require_login(intake, request)
    if MUST_CHANGE in session.attributes:
        raise PasswordChangeRequired
    return session


async def require_login(intake: Dependencies, request: Request) -> Session:
    """As `require_session`, also for whoever must change the password first."""
    session = await intake.sessions.find(request)
    if session is None:
        raise LoginRequired
    if request.method == "POST":
        intake.post_limit.take(session.account)
    return session


async def to_login(request: Request, _: Exception) -> Response:
    """The login page, which leads back to the page that was asked for, or that was being filled in (E21)."""
    return RedirectResponse(f"/login?next={quote(_wanted(request), safe='/')}", status_code=303)


async def to_password(request: Request, _: Exception) -> Response:
    """The page that replaces the initial password, and leads on from there."""
    return RedirectResponse(f"/password?next={quote(_wanted(request), safe='/')}", status_code=303)


def return_path(asked: str) -> str:
    """Where to go after the login: a path of this site, nothing that could lead elsewhere."""
    parts = urlsplit(asked)
    is_own = not parts.scheme and not parts.netloc and asked.startswith("/") and not asked.startswith("//")
    return asked if is_own and "\\" not in asked and asked.isprintable() else START_PAGE


def _wanted(request: Request) -> str:
    if request.method == "GET":
        return path_of(str(request.url))
    # What was posted is lost with the session; the page it came from shows what was saved.
    referer = request.headers.get("referer", "")
    return path_of(referer) if origin_of(referer) == request.headers.get("origin", "") else START_PAGE


def path_of(url: str) -> str:
    """Path and query of an address."""
    parts = urlsplit(url)
    return return_path(parts.path + (f"?{parts.query}" if parts.query else ""))
