"""What every page of the console needs: dependencies, templates, and who is logged in."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from jinja2 import Environment
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse

from services.review import workflows
from services.review.domain.staff import StaffMember
from services.review.workflows import Dependencies
from shared.kernel.identifiers import InvalidIdentifier, ReceiptNumber, parse_receipt_number
from shared.runtime.web.pages import page
from shared.runtime.web.sessions import Session

QUEUE = "/queue"


@dataclass(frozen=True, slots=True)
class Console:
    """Made once; handed to every page."""

    deps: Dependencies
    environment: Environment
    target_business_days: int


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a person who is logged in."""

    console: Console
    session: Session
    member: StaffMember

    def page(self, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
        """A page of the console, with the visitor's name on it."""
        return page(
            self.console.environment, template, status=status, session=self.session, member=self.member, **context
        )


async def visit(console: Console, request: Request, *, back_to: str | None = None) -> Visit:
    """Who is there. Raises a redirect to the login, which leads back to `back_to` or this page."""
    session = await console.deps.sessions.find(request)
    member = await workflows.find_staff_member(console.deps.pool, session.account) if session else None
    if session is None or member is None:
        target = quote(back_to or path_of(request), safe="/?=&")
        raise HTTPException(303, headers={"location": f"/login?next={quote(target, safe='/')}"})
    return Visit(console, session, member)


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
