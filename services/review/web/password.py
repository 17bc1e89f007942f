"""Changing one's own password."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from services.review import labels, workflows
from services.review.domain.staff import PasswordProblem
from services.review.web.console import Console, Visit, visit
from shared.runtime.web.forms import read_form


async def get_password(console: Console, request: Request) -> Response:
    """The form."""
    return await _form(await visit(console, request))


async def post_password(console: Console, request: Request) -> Response:
    """Replace the password and end every other session, or every problem at once."""
    visitor = await visit(console, request)
    form = await read_form(request)
    problems = await workflows.change_password(
        console.deps, visitor.member.login, form.text("current"), form.text("new_password"), form.text("repeated")
    )
    if problems:
        return await _form(visitor, problems)
    await console.deps.sessions.close_all(visitor.member.login, but=visitor.session)
    return visitor.page("password.html", errors={}, error_count=0, must_change=False, is_changed=True)


async def _form(visitor: Visit, problems: Sequence[PasswordProblem] = ()) -> Response:
    errors: dict[str, str] = {}
    for problem in problems:
        errors[problem.field] = errors.get(problem.field, "") + labels.PASSWORD_PROBLEM_TEXTS[problem]
    account = await workflows.find_account(visitor.console.deps.pool, visitor.member.login)
    return visitor.page(
        "password.html",
        status=422 if errors else 200,
        errors=errors,
        error_count=len(errors),
        must_change=bool(account and account.must_change_password),
        is_changed=False,
    )
