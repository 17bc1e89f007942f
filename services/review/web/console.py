"""What every page of the console needs: dependencies, templates, and who is logged in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from jinja2 import Environment
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from services.review import workflows
from services.review.domain.case_file import Viewer
from services.review.domain.staff import StaffMember, StaffRole
from services.review.workflows import Dependencies
from shared.kernel.identifiers import InvalidIdentifier, ReceiptNumber, parse_receipt_number
from shared.runtime.web.pages import page
from shared.runtime.web.sessions import Session

QUEUE = "/queue"
PASSWORD_PAGE = "/password"  # noqa: S105  a path
WITHOUT_CHANGE = (PASSWORD_PAGE, "/logout")
"""What a person with a first password may do before changing it."""


@dataclass(frozen=True, slots=True)
class Console:
    """Made once; handed to every page."""

    deps: Dependencies
    environment: Environment
    target_business_days: int
    portal_url: str
    """Where applicants go; mails and documents are spoken of by it."""


Handler = Callable[[Console, Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Page:
    """One route of the console: who may use it is said here and nowhere else; None: everybody, logged in or not."""

    method: str
    path: str
    handler: Handler
    roles: frozenset[StaffRole] | None


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a person who is logged in."""

    console: Console
    session: Session
    member: StaffMember

    @property
    def viewer(self) -> Viewer:
        """The visitor as workflows that read know one."""
        return Viewer(self.member, self.console.target_business_days)

    def page(self, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
        """A page of the console, with the visitor's name on it."""
        return page(
            self.console.environment, template, status=status, session=self.session, member=self.member, **context
        )


async def guard(console: Console, page_: Page, request: Request) -> None:
    """Let the request pass to the page, its visit remembered. Raises a redirect to the login, and 403."""
    if page_.roles is None:
        return
    visitor = await visit(console, request, back_to=_where_to_come_back(request))
    if visitor.member.roles.isdisjoint(page_.roles):
        raise HTTPException(403)


async def visit(console: Console, request: Request, *, back_to: str | None = None) -> Visit:
    """Who is there. Raises a redirect to the login, which leads back to `back_to` or this page.

    A person with a first password is led to the page that changes it.
    """
    known: Visit | None = getattr(request.state, "visit", None)
    if known is not None:
        return known
    session = await console.deps.sessions.find(request)
    account = await workflows.find_account(console.deps.pool, session.account) if session else None
    if session is None or account is None:
        target = quote(back_to or path_of(request), safe="/?=&")
        raise HTTPException(303, headers={"location": f"/login?next={quote(target, safe='/')}"})
    if account.must_change_password and request.url.path not in WITHOUT_CHANGE:
        raise HTTPException(303, headers={"location": PASSWORD_PAGE})
    visitor = Visit(console, session, account.member)
    request.state.visit = visitor
    return visitor


def path_of(request: Request) -> str:
    """Path and query of the request."""
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path


def own_path(text: str) -> str:
    """The text if it is a path of this console, else the queue: a login never leads to another site."""
    parts = urlsplit(text)
    is_own = text.startswith("/") and not text.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return text if is_own and text.isprintable() and "\\" not in text else QUEUE


def receipt_number_in(request: Request) -> ReceiptNumber:
    """The receipt number of the path. Raises 404 for a text that is none."""
    try:
        return parse_receipt_number(request.path_params["receipt_number"])
    except InvalidIdentifier:
        raise HTTPException(404) from None


def _where_to_come_back(request: Request) -> str | None:
    """The page a form was on: what was posted cannot be asked for again after the login."""
    if request.method == "GET":
        return None
    number = request.path_params.get("receipt_number")
    return f"/applications/{number}" if number else f"/{request.url.path.split('/')[1]}"
