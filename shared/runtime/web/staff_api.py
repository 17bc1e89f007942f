"""Who calls a staff API: the bearer token of the request, and the role a route asks for."""

from datetime import datetime
from pathlib import Path

from starlette.requests import Request

from shared.runtime.staff_tokens import InvalidStaffToken, StaffIdentity, verify_bearer
from shared.runtime.web.problems import ApiProblem


def identify_staff(request: Request, public_keys: Path, now: datetime, *, refusal: str = "") -> StaffIdentity:
    """The caller, as the token says. Raises ApiProblem 401 `invalid_token`, with `refusal` as its text."""
    try:
        return verify_bearer(request.headers.get("authorization"), public_keys, now)
    except InvalidStaffToken:
        raise ApiProblem(401, "invalid_token", refusal) from None


def require_staff(request: Request, public_keys: Path, now: datetime, *roles: str) -> StaffIdentity:
    """The caller, who holds one of `roles`. Raises ApiProblem: 401 `invalid_token`, 403 `role_missing`."""
    staff = identify_staff(request, public_keys, now)
    if not set(roles).intersection(staff.roles):
        raise ApiProblem(403, "role_missing")
    return staff
