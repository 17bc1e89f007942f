"""Login and logout of staff."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.review import labels, workflows
from services.review.web.console import QUEUE, Console, own_path
from shared.runtime.web.forms import read_form
from shared.runtime.web.pages import page


async def get_login(console: Console, request: Request) -> Response:
    """The login form; who is logged in goes on to the queue."""
    target = own_path(request.query_params.get("next", QUEUE))
    if await console.deps.sessions.find(request):
        return RedirectResponse(target, 303)
    return page(console.environment, "login.html", login="", next=target, errors={}, error_count=0)


async def post_login(console: Console, request: Request) -> Response:
    """Open a session, or say that login or password is wrong without saying which."""
    form = await read_form(request)
    login, target = form.text("login"), own_path(form.text("next") or QUEUE)
    member = await workflows.authenticate(console.deps.pool, login, form.text("password"), console.deps.hasher)
    if member is None:
        errors = {"login": labels.LOGIN_REFUSED}
        return page(
            console.environment, "login.html", status=401, login=login, next=target, errors=errors, error_count=1
        )
    response = RedirectResponse(target, 303)
    await console.deps.sessions.open(response, member.login, {"display_name": member.display_name}, replacing=request)
    return response


async def post_logout(console: Console, request: Request) -> Response:
    """End the session."""
    response = RedirectResponse("/login", 303)
    await console.deps.sessions.close(request, response)
    return response
