"""The staff API: tokens, the queue, approvals and the schedule, for programs and the `nss` command."""

from typing import Any

from fastapi import APIRouter, Request

from services.review import labels, workflows
from services.review.domain.review_queue import InvalidCursor, QueueFilter, QueuePosition, parse_position
from services.review.domain.schedule import Schedule
from services.review.web.api_models import LoginBody, ScheduleBody, row_answer, schedule_answer
from services.review.web.api_requests import caller_of, number_of
from services.review.web.decisions_api import add_decisions
from services.review.workflows import Dependencies
from shared.runtime.staff_tokens import TOKEN_LIFETIME, StaffIdentity, sign_staff_token
from shared.runtime.web.problems import ApiProblem, FieldProblem


def build_api(deps: Dependencies) -> APIRouter:
    """Everything under /api/v1."""
    router = APIRouter(prefix="/api/v1")
    _add_tokens(router, deps)
    _add_schedule(router, deps)
    _add_reviews(router, deps)
    add_decisions(router, deps)
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
        await caller_of(deps, request)
        schedule = await workflows.read_schedule(deps.pool)
        if schedule is None:
            raise ApiProblem(404, "no_schedule", labels.NO_SCHEDULE)
        return schedule_answer(schedule)

    @router.put("/schedule")
    async def put_schedule(request: Request, body: ScheduleBody) -> dict[str, Any]:
        operator = await caller_of(deps, request)
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
        await caller_of(deps, request)
        queue = await workflows.read_queue(deps.pool, status, _position(cursor), deps.clock.now())
        following = queue.page.following
        return {
            "items": [row_answer(row) for row in queue.page.rows],
            "next_cursor": str(following) if following else None,
        }

    @router.get("/reviews/{receipt_number}")
    async def get_review(request: Request, receipt_number: str) -> dict[str, Any]:
        await caller_of(deps, request)
        case = await workflows.read_case(deps.pool, number_of(receipt_number), deps.clock.now())
        if case is None:
            raise ApiProblem(404, "unknown_application", labels.UNKNOWN_APPLICATION)
        return row_answer(case.row)


def _position(cursor: str) -> QueuePosition:
    try:
        return parse_position(cursor)
    except InvalidCursor:
        problem = FieldProblem("cursor", "invalid_cursor", labels.INVALID_CURSOR_MESSAGE)
        raise ApiProblem(422, "invalid_request", errors=[problem]) from None
