"""Login and logout of staff, by password or through the identity provider."""

import hmac

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.review import labels, workflows
from services.review.domain.staff import StaffAccount
from services.review.web.console import QUEUE, Console, own_path, visit
from services.review.workflows import RefusedByProvider
from shared.runtime.web.forms import read_form
from shared.runtime.web.pages import page

STATE_COOKIE = "nss-review-login"
STATE_SECONDS = 600
CALLBACK = "/login/provider/callback"

logger = structlog.get_logger(__name__)


async def get_login(console: Console, request: Request) -> Response:
    """The login form; who is logged in goes on to the queue."""
    target = own_path(request.query_params.get("next", QUEUE))
    if await console.deps.sessions.find(request):
        return RedirectResponse(target, 303)
    return _form(console, target)


async def post_login(console: Console, request: Request) -> Response:
    """Open a session, or say that login or password is wrong without saying which."""
    form = await read_form(request)
    login, target = form.text("login"), own_path(form.text("next") or QUEUE)
    account = await workflows.authenticate(console.deps, login, form.text("password"))
    if account is None:
        return _form(console, target, login=login, problem=labels.LOGIN_REFUSED)
    return await _enter(console, request, account, target)


async def get_provider_login(console: Console, request: Request) -> Response:
    """Send the browser to the identity provider, with a state that only this browser knows."""
    target = own_path(request.query_params.get("next", QUEUE))
    try:
        begun = await workflows.begin_provider_login(console.deps, target)
    except RefusedByProvider as refusal:
        return _refused(console, refusal)
    if begun is None:
        return RedirectResponse("/login", 303)
    url, state = begun
    response = RedirectResponse(url, 303)
    is_https = request.url.scheme == "https"
    response.set_cookie(
        STATE_COOKIE, state, max_age=STATE_SECONDS, path=CALLBACK, httponly=True, samesite="lax", secure=is_https
    )
    return response


async def get_provider_callback(console: Console, request: Request) -> Response:
    """Who came back from the identity provider; the state must be this browser's, and is good once."""
    state, code = request.query_params.get("state", ""), request.query_params.get("code", "")
    if not state or not code or not hmac.compare_digest(state.encode(), _state_of(request)):
        return _refused(console, RefusedByProvider("the state is not this browser's"))
    try:
        finished = await workflows.finish_provider_login(console.deps, state, code)
    except RefusedByProvider as refusal:
        return _refused(console, refusal)
    if finished is None:
        return _refused(console, RefusedByProvider("no such login was begun, or the person has no account"))
    account, target = finished
    response = await _enter(console, request, account, target)
    response.delete_cookie(STATE_COOKIE, path=CALLBACK)
    return response


async def post_logout(console: Console, request: Request) -> Response:
    """End the session."""
    visitor = await visit(console, request)
    await workflows.record_logout(console.deps, visitor.member.login)
    response = RedirectResponse("/login", 303)
    await console.deps.sessions.close(request, response)
    return response


async def _enter(console: Console, request: Request, account: StaffAccount, target: str) -> Response:
    response = RedirectResponse(target, 303)
    member = account.member
    await console.deps.sessions.open(response, member.login, {"display_name": member.display_name}, replacing=request)
    return response


def _form(console: Console, target: str, *, login: str = "", problem: str = "") -> Response:
    return page(
        console.environment,
        "login.html",
        status=401 if problem else 200,
        login=login,
        next=target,
        errors={"login": problem} if problem else {},
        error_count=int(bool(problem)),
        has_provider=console.deps.identity_provider is not None,
    )


def _refused(console: Console, refusal: RefusedByProvider) -> Response:
    logger.warning("provider-login-refused", why=str(refusal))
    return _form(console, QUEUE, problem=labels.PROVIDER_REFUSED)


def _state_of(request: Request) -> bytes:
    return request.cookies.get(STATE_COOKIE, "").encode()
