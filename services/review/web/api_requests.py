"""What every request of the staff API brings: who calls, and which application is meant."""

from fastapi import Request

from services.review import labels, workflows
from services.review.domain.staff import StaffMember
from services.review.workflows import Dependencies
from shared.kernel.identifiers import InvalidIdentifier, ReceiptNumber, parse_receipt_number
from shared.runtime.staff_tokens import InvalidStaffToken, verify_bearer
from shared.runtime.web.problems import ApiProblem


async def caller_of(deps: Dependencies, request: Request) -> StaffMember:
    """The person behind the token, with today's roles. Raises 401."""
    try:
        identity = verify_bearer(request.headers.get("authorization"), deps.staff_keys_dir, deps.clock.now())
    except InvalidStaffToken:
        raise ApiProblem(401, "invalid_token", labels.BEARER_REFUSED) from None
    member = await workflows.find_staff_member(deps.pool, identity.login)
    if member is None:
        raise ApiProblem(401, "invalid_token", labels.BEARER_REFUSED)
    return member


def number_of(text: str) -> ReceiptNumber:
    """The receipt number of the path. Raises 404 for a text that is none."""
    try:
        return parse_receipt_number(text)
    except InvalidIdentifier:
        raise ApiProblem(404, "unknown_application", labels.UNKNOWN_APPLICATION) from None
