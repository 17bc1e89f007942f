"""What every request of the staff API brings: who calls and may they, and which application is meant."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from fastapi import Request

from services.review import labels, workflows
from services.review.domain.staff import DECIDING, EVERYBODY, StaffMember, StaffRole
from services.review.workflows import Dependencies
from shared.kernel.identifiers import InvalidIdentifier, ReceiptNumber, parse_receipt_number
from shared.runtime.web.problems import ApiProblem
from shared.runtime.web.staff_api import identify_staff

PREFIX = "/api/v1"
LEADS = frozenset({StaffRole.LEAD})
OPERATORS = frozenset({StaffRole.OPERATOR})
ANSWERABLE = frozenset({StaffRole.LEAD, StaffRole.OPERATOR})
_REVIEW = "/reviews/{receipt_number}"

API_ROLES: Mapping[tuple[str, str], frozenset[StaffRole] | None] = MappingProxyType(
    {
        ("POST", "/tokens"): None,
        ("GET", "/openapi.json"): None,
        ("GET", "/schedule"): EVERYBODY,
        ("PUT", "/schedule"): OPERATORS,
        ("POST", "/schedule/check"): OPERATORS,
        ("GET", "/reviews"): EVERYBODY,
        ("GET", _REVIEW): EVERYBODY,
        ("POST", f"{_REVIEW}/claim"): DECIDING,
        ("POST", f"{_REVIEW}/release"): DECIDING,
        ("POST", f"{_REVIEW}/approval"): DECIDING,
        ("POST", f"{_REVIEW}/second-approval"): LEADS,
        ("POST", f"{_REVIEW}/second-approval/refusal"): DECIDING,
        ("POST", f"{_REVIEW}/clarification"): DECIDING,
        ("POST", f"{_REVIEW}/clarification/cancellation"): DECIDING,
        ("POST", f"{_REVIEW}/void"): ANSWERABLE,
        ("POST", f"{_REVIEW}/start-date"): LEADS,
        ("POST", f"{_REVIEW}/system-setting"): ANSWERABLE,
        ("GET", "/report"): ANSWERABLE,
    }
)
"""Who may call which route; None: everybody. A route that is not in the table answers nobody."""


def guard(deps: Dependencies) -> Callable[[Request], Awaitable[None]]:
    """Lets a request pass to its route, its caller remembered. Raises 401, and 403 for a role that is missing."""

    async def check(request: Request) -> None:
        path = request.scope["route"].path.removeprefix(PREFIX)
        roles = API_ROLES.get((request.method, path), frozenset())
        if roles is None:
            return
        caller = await caller_of(deps, request)
        if caller.roles.isdisjoint(roles):
            raise ApiProblem(403, "forbidden", labels.NOT_PERMITTED)

    return check


async def caller_of(deps: Dependencies, request: Request) -> StaffMember:
    """The person behind the token, with today's roles. Raises 401, also before a first password was changed."""
    known: StaffMember | None = getattr(request.state, "caller", None)
    if known is not None:
        return known
    now, refusal = deps.clock.now(), labels.BEARER_REFUSED
    identity = identify_staff(request, deps.staff_keys_dir, now, refusal=refusal)
    account = await workflows.find_account(deps.pool, identity.login)
    if account is None or account.must_change_password:
        raise ApiProblem(401, "invalid_token", refusal)
    request.state.caller = account.member
    return account.member


def number_of(text: str) -> ReceiptNumber:
    """The receipt number of the path. Raises 404 for a text that is none."""
    try:
        return parse_receipt_number(text)
    except InvalidIdentifier:
        raise ApiProblem(404, "unknown_application", labels.UNKNOWN_APPLICATION) from None
