"""Keeping staff accounts, for the `nss` command: `/operate/v1/staff-accounts`, operators alone."""

import json
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.review import labels, workflows
from services.review.domain.staff import InvalidStaffAccount, StaffAccount, StaffMember
from services.review.workflows import AccountChange, Dependencies
from shared.runtime.staff_tokens import StaffIdentity
from shared.runtime.web.problems import ApiProblem

PATH = "/staff-accounts"
MOST_BODY_BYTES = 16 * 1024
Operation = Callable[[Dependencies, Request, str], Awaitable[Response]]
BodyT = TypeVar("BodyT", bound=BaseModel)


class NewAccount(BaseModel):
    """An account to be created."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    login: str = Field(max_length=64)
    display_name: str = Field(max_length=100)
    roles: list[str] = Field(max_length=10)


class Roles(BaseModel):
    """Other roles; an empty name leaves the name as it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    roles: list[str] = Field(max_length=10)
    display_name: str = Field(default="", max_length=100)


def staff_routes(deps: Dependencies) -> Sequence[Route]:
    """The routes under /operate/v1; every one asks again whether the caller still is an operator."""
    table: tuple[tuple[str, str, Operation], ...] = (
        ("GET", PATH, _list),
        ("POST", PATH, _add),
        ("PUT", f"{PATH}/{{login}}/roles", _change_roles),
        ("POST", f"{PATH}/{{login}}/password-reset", _reset),
        ("POST", f"{PATH}/{{login}}/disable", partial(_change, AccountChange.DISABLE)),
        ("POST", f"{PATH}/{{login}}/enable", partial(_change, AccountChange.ENABLE)),
    )
    return [Route(path, partial(_handle, deps, operation), methods=[method]) for method, path, operation in table]


async def _handle(deps: Dependencies, operation: Operation, request: Request) -> Response:
    identity: StaffIdentity = request.state.staff
    member = await workflows.find_staff_member(deps.pool, identity.login)
    if member is None or not member.may_keep_accounts:
        raise ApiProblem(403, "role_missing", labels.NOT_PERMITTED)
    return await operation(deps, request, member.login)


async def _list(deps: Dependencies, _request: Request, _operator: str) -> Response:
    now = deps.clock.now()
    accounts = await workflows.list_staff_accounts(deps.pool)
    return JSONResponse(
        {"accounts": [_account(account) | {"is_locked": account.is_locked(now)} for account in accounts]}
    )


async def _add(deps: Dependencies, request: Request, operator: str) -> Response:
    body = await _body(request, NewAccount)
    try:
        added = await workflows.add_staff_account(deps, operator, body.login, body.display_name, body.roles)
    except InvalidStaffAccount as error:
        raise ApiProblem(422, "invalid_account", str(error)) from None
    if added is None:
        raise ApiProblem(409, "login_taken", labels.LOGIN_TAKEN)
    member, password = added
    return JSONResponse(_member(member) | {"first_password": password}, 201)


async def _change_roles(deps: Dependencies, request: Request, operator: str) -> Response:
    body = await _body(request, Roles)
    try:
        member = await workflows.change_roles(deps, operator, _login(request), body.display_name, body.roles)
    except InvalidStaffAccount as error:
        raise ApiProblem(422, "invalid_account", str(error)) from None
    if member is None:
        raise _unknown()
    return JSONResponse(_member(member))


async def _reset(deps: Dependencies, request: Request, operator: str) -> Response:
    password = await workflows.reset_password(deps, operator, _login(request))
    if password is None:
        raise _unknown()
    return JSONResponse({"login": _login(request), "first_password": password})


async def _change(change: AccountChange, deps: Dependencies, request: Request, operator: str) -> Response:
    login = _login(request)
    if change is AccountChange.DISABLE and login == operator:
        raise ApiProblem(409, "own_account", labels.OWN_ACCOUNT)
    if not await workflows.change_account(deps, operator, login, change):
        raise _unknown()
    return JSONResponse({"login": login, "is_disabled": change is AccountChange.DISABLE})


async def _body(request: Request, model: type[BodyT]) -> BodyT:
    content = await request.body()
    if len(content) > MOST_BODY_BYTES:
        raise ApiProblem(413, "content_too_large")
    try:
        return model.model_validate(json.loads(content))
    except (ValueError, ValidationError):
        raise ApiProblem(422, "invalid_request") from None


def _login(request: Request) -> str:
    return str(request.path_params["login"])


def _unknown() -> ApiProblem:
    return ApiProblem(404, "unknown_login", labels.UNKNOWN_LOGIN)


def _account(account: StaffAccount) -> dict[str, Any]:
    return _member(account.member) | {
        "is_disabled": account.is_disabled,
        "must_change_password": account.must_change_password,
        "uses_provider": account.oidc_subject is not None,
    }


def _member(member: StaffMember) -> dict[str, Any]:
    return {"login": member.login, "display_name": member.display_name, "roles": sorted(member.roles)}
