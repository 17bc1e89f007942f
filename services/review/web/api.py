"""The staff API, for programs and the `nss` command: tokens, the desk, decisions, and its own description."""

from typing import Any

from fastapi import APIRouter, Depends
from fastapi.openapi.utils import get_openapi

from services.review import labels, workflows
from services.review.web.api_models import LoginBody, ProblemAnswer
from services.review.web.api_requests import PREFIX, guard
from services.review.web.decisions_api import add_decisions
from services.review.web.desk_api import add_desk
from services.review.workflows import Dependencies
from shared.runtime.staff_tokens import TOKEN_LIFETIME, StaffIdentity, sign_staff_token
from shared.runtime.web.problems import PROBLEM_TYPE, ApiProblem

TITLE = "NSS mailbox: review"
VERSION = "1"
_PROBLEM = {"content": {PROBLEM_TYPE: {"schema": ProblemAnswer.model_json_schema()}}}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"description": "The request cannot be read", **_PROBLEM},
    401: {"description": "No valid staff token", **_PROBLEM},
    403: {"description": "The role is missing", **_PROBLEM},
    404: {"description": "No such thing", **_PROBLEM},
    409: {"description": "Somebody was faster, or the application stands in the way", **_PROBLEM},
    413: {"description": "The body is too large", **_PROBLEM},
    422: {"description": "One entry per field", **_PROBLEM},
    503: {"description": "Try again later", **_PROBLEM},
}


def build_api(deps: Dependencies, target_business_days: int) -> APIRouter:
    """Everything under /api/v1."""
    router = APIRouter(prefix=PREFIX, dependencies=[Depends(guard(deps))], responses=PROBLEMS)
    _add_tokens(router, deps)
    add_desk(router, deps, target_business_days)
    add_decisions(router, deps)
    _add_description(router)
    return router


def describe_api(router: APIRouter) -> dict[str, Any]:
    """The API as an OpenAPI document; the committed one is this, and a test sees to it."""
    document = get_openapi(title=TITLE, version=VERSION, routes=router.routes)
    document["components"].setdefault("securitySchemes", {})["staff"] = {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWS",
    }
    document["security"] = [{"staff": []}]
    document["paths"][f"{PREFIX}/tokens"]["post"]["security"] = []
    return document


def _add_tokens(router: APIRouter, deps: Dependencies) -> None:
    @router.post("/tokens")
    async def post_token(body: LoginBody) -> dict[str, Any]:
        """A staff token for 15 minutes; 401 for a first password, which is changed at the console."""
        account = await workflows.authenticate(deps, body.login, body.password)
        if account is None or account.must_change_password:
            raise ApiProblem(401, "wrong_login", labels.LOGIN_REFUSED)
        identity = StaffIdentity(account.member.login, sorted(account.member.roles))
        token = sign_staff_token(identity, deps.staff_key_file, deps.clock.now())
        return {"token": token, "expires_in": int(TOKEN_LIFETIME.total_seconds())}


def _add_description(router: APIRouter) -> None:
    @router.get("/openapi.json", include_in_schema=False)
    async def get_description() -> dict[str, Any]:
        return describe_api(router)
