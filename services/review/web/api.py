"""The staff API: tokens, the queue, approvals and the schedule, for programs and the `nss` command."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from services.review import labels, workflows
from services.review.domain.review import FIELD_OF, MovedOn, Refused, reviewer
from services.review.domain.review_queue import InvalidCursor, QueueFilter, QueuePosition, parse_position
from services.review.domain.schedule import Schedule
from services.review.domain.staff import StaffMember
from services.review.web.api_models import (
    ApprovalBody,
    LoginBody,
    ScheduleBody,
    review_answer,
    row_answer,
    schedule_answer,
    winner_answer,
)
from services.review.workflows import Approval, Dependencies
from shared.kernel.identifiers import InvalidIdentifier, ReceiptNumber, parse_receipt_number
from shared.runtime.staff_tokens import (
    TOKEN_LIFETIME,
    InvalidStaffToken,
    StaffIdentity,
    sign_staff_token,
    verify_bearer,
)
from shared.runtime.web.problems import PROBLEM_TYPE, ApiProblem, FieldProblem


def build_api(deps: Dependencies) -> APIRouter:
    """Everything under /api/v1."""
    router = APIRouter(prefix="/api/v1")
    _add_tokens(router, deps)
    _add_schedule(router, deps)
    _add_reviews(router, deps)
    _add_approval(router, deps)
    return router


def _add_tokens(router: APIRouter, deps: Dependencies) -> None:
    @router.post("/tokens")
    async def post_token(body: LoginBody) -> dict[str, Any]:
        member = await workflows.authenticate(deps.pool, body.login, body.password, deps.hasher)
        if member is None:
            raise ApiProblem(401, "wrong_login", labels.LOGIN_REFUSED)
        identity = StaffIdentity(member.login, sorted(member.roles))
        token = sign_staff_token(identity, deps.staff_key_file, deps.clock.now())
        return {"token": token, "expires_in": int(TOKEN_LIFETIME.total_seconds())}


def _add_schedule(router: APIRouter, deps: Dependencies) -> None:
    @router.get("/schedule")
    async def get_schedule(request: Request) -> dict[str, Any]:
        await _caller(deps, request)
        schedule = await workflows.read_schedule(deps.pool)
        if schedule is None:
            raise ApiProblem(404, "no_schedule", labels.NO_SCHEDULE)
        return schedule_answer(schedule)

    @router.put("/schedule")
    async def put_schedule(request: Request, body: ScheduleBody) -> dict[str, Any]:
        operator = await _caller(deps, request)
        if not operator.may_set_schedule:
            raise ApiProblem(403, "forbidden", labels.NOT_PERMITTED)
        outcome = await workflows.publish_schedule(
            deps.pool, body.to_proposal(), operator, deps.clock.now(), deps.new_id
        )
        if isinstance(outcome, Schedule):
            return schedule_answer(outcome)
        messages = labels.SCHEDULE_PROBLEM_LABELS
        errors = [FieldProblem(problem.field, problem.value, messages[problem]) for problem in outcome]
        raise ApiProblem(422, "invalid_schedule", errors=errors)


def _add_reviews(router: APIRouter, deps: Dependencies) -> None:
    @router.get("/reviews")
    async def get_reviews(
        request: Request, status: QueueFilter = QueueFilter.UNDER_REVIEW, cursor: str = ""
    ) -> dict[str, Any]:
        await _caller(deps, request)
        queue = await workflows.read_queue(deps.pool, status, _position(cursor), deps.clock.now())
        following = queue.page.following
        return {
            "items": [row_answer(row) for row in queue.page.rows],
            "next_cursor": str(following) if following else None,
        }

    @router.get("/reviews/{receipt_number}")
    async def get_review(request: Request, receipt_number: str) -> dict[str, Any]:
        await _caller(deps, request)
        case = await workflows.read_case(deps.pool, _number(receipt_number), deps.clock.now())
        if case is None:
            raise ApiProblem(404, "unknown_application", labels.UNKNOWN_APPLICATION)
        return row_answer(case.row)


def _add_approval(router: APIRouter, deps: Dependencies) -> None:
    @router.post("/reviews/{receipt_number}/approval")
    async def post_approval(request: Request, receipt_number: str, body: ApprovalBody) -> Response:
        member = await _caller(deps, request)
        if not member.may_approve:
            raise ApiProblem(403, "forbidden", labels.NOT_PERMITTED)
        approval = Approval(_number(receipt_number), body.to_form(), reviewer(member))
        outcome = await workflows.approve_application(deps.pool, approval, deps.clock.now(), deps.new_id)
        match outcome:
            case None:
                raise ApiProblem(404, "unknown_application", labels.UNKNOWN_APPLICATION)
            case MovedOn():
                return _moved_on(outcome)
            case Refused():
                raise _refusal(outcome)
            case _:
                return JSONResponse(review_answer(outcome.review))


async def _caller(deps: Dependencies, request: Request) -> StaffMember:
    """The person behind the token, with today's roles."""
    try:
        identity = verify_bearer(request.headers.get("authorization"), deps.staff_keys_dir, deps.clock.now())
    except InvalidStaffToken:
        raise ApiProblem(401, "invalid_token", labels.BEARER_REFUSED) from None
    member = await workflows.find_staff_member(deps.pool, identity.login)
    if member is None:
        raise ApiProblem(401, "invalid_token", labels.BEARER_REFUSED)
    return member


def _refusal(refused: Refused) -> ApiProblem:
    messages = labels.APPROVAL_PROBLEM_LABELS
    errors = [FieldProblem(FIELD_OF[problem], problem.value, messages[problem]) for problem in refused.problems]
    return ApiProblem(422, "invalid_approval", errors=errors)


def _moved_on(winner: MovedOn) -> Response:
    document = {
        "type": "about:blank",
        "title": labels.MOVED_ON,
        "status": 409,
        "code": "moved_on",
        "winner": winner_answer(winner),
    }
    return JSONResponse(document, 409, media_type=PROBLEM_TYPE)


def _number(text: str) -> ReceiptNumber:
    try:
        return parse_receipt_number(text)
    except InvalidIdentifier:
        raise ApiProblem(404, "unknown_application", labels.UNKNOWN_APPLICATION) from None


def _position(cursor: str) -> QueuePosition:
    try:
        return parse_position(cursor)
    except InvalidCursor:
        problem = FieldProblem("cursor", "invalid_cursor", labels.INVALID_CURSOR_MESSAGE)
        raise ApiProblem(422, "invalid_request", errors=[problem]) from None
