"""The desk in the staff API: queue, application, claim, schedule and report; nothing personal is in any answer."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response

from services.review import labels, workflows
from services.review.domain.case_file import Viewer
from services.review.domain.claims import Claim, HeldBy
from services.review.domain.report import InvalidMonth, parse_month
from services.review.domain.review_queue import (
    InvalidCursor,
    QueuePosition,
    QueueQuery,
    parse_position,
)
from services.review.domain.schedule import Schedule
from services.review.domain.schedule_checks import ScheduleFault
from services.review.rendering import desk as desk_rendering
from services.review.web.api_models import (
    QueueParams,
    ScheduleBody,
    case_answer,
    claim_answer,
    report_answer,
    row_answer,
    schedule_answer,
    trial_answer,
)
from services.review.web.api_requests import caller_of, number_of
from services.review.workflows import Dependencies, ScheduleMovedOn, ScheduleTrial
from shared.kernel.identifiers import InvalidIdentifier, OfficeCode, parse_office_code
from shared.runtime.web.problems import ApiProblem, FieldProblem


def add_desk(router: APIRouter, deps: Dependencies, target_business_days: int) -> None:
    """Everything that is no decision on an application."""
    _add_queue(router, deps, target_business_days)
    _add_claims(router, deps)
    _add_schedule(router, deps)
    _add_report(router, deps, target_business_days)


def _add_queue(router: APIRouter, deps: Dependencies, target_business_days: int) -> None:
    @router.get("/reviews")
    async def get_reviews(request: Request, asked: Annotated[QueueParams, Query()]) -> dict[str, Any]:
        """Applications by the day their answer is promised for; the next page begins at `next_cursor`."""
        viewer, after = Viewer(await caller_of(deps, request), target_business_days), _position(asked.cursor)
        queue = await workflows.read_queue(deps.pool, _query(asked), after, viewer, deps.clock.now())
        following = queue.page.following
        return {
            "items": [row_answer(row, deps.clock.now()) for row in queue.page.rows],
            "next_cursor": str(following) if following else None,
        }

    @router.get("/reviews/{receipt_number}")
    async def get_review(request: Request, receipt_number: str) -> dict[str, Any]:
        """One application with its checks, its timeline and every revision."""
        viewer = Viewer(await caller_of(deps, request), target_business_days)
        case = await workflows.read_case(deps.pool, number_of(receipt_number), viewer, deps.clock.now())
        if case is None:
            raise ApiProblem(404, "unknown_application", labels.UNKNOWN_APPLICATION)
        return case_answer(case, deps.clock.now())


def _add_claims(router: APIRouter, deps: Dependencies) -> None:
    @router.post("/reviews/{receipt_number}/claim")
    async def post_claim(request: Request, receipt_number: str) -> Response:
        """Work on the application for 30 minutes, again and again; 409 names who does."""
        member, number = await caller_of(deps, request), number_of(receipt_number)
        outcome = await workflows.claim_review(deps.pool, number, member, deps.clock.now(), deps.new_id)
        match outcome:
            case Claim():
                return JSONResponse(claim_answer(outcome))
            case HeldBy():
                raise ApiProblem(409, "held_by_another", desk_rendering.held_by_text(outcome.claim))
            case _:
                raise ApiProblem(404, "unknown_application", labels.UNKNOWN_APPLICATION)

    @router.post("/reviews/{receipt_number}/release", status_code=204)
    async def post_release(request: Request, receipt_number: str) -> None:
        """Let go of one's own claim; 409 where there is none."""
        member, number = await caller_of(deps, request), number_of(receipt_number)
        released = await workflows.release_review(deps.pool, number, member, deps.clock.now(), deps.new_id)
        if not released:
            raise ApiProblem(409, "not_claimed", labels.NOT_CLAIMED)


def _add_schedule(router: APIRouter, deps: Dependencies) -> None:
    @router.get("/schedule")
    async def get_schedule() -> dict[str, Any]:
        """The schedule and calendar in force, as the topic has them."""
        schedule = await workflows.read_schedule(deps.pool)
        if schedule is None:
            raise ApiProblem(404, "no_schedule", labels.NO_SCHEDULE)
        return schedule_answer(schedule)

    @router.put("/schedule")
    async def put_schedule(request: Request, body: ScheduleBody) -> dict[str, Any]:
        """Publish the whole schedule and calendar; confirmed dates and open windows stay as they are."""
        operator, proposed = await caller_of(deps, request), body.to_proposal()
        outcome = await workflows.publish_schedule(
            deps.pool, proposed, operator, deps.clock.now(), deps.new_id, body.based_on
        )
        if isinstance(outcome, Schedule):
            return schedule_answer(outcome)
        if isinstance(outcome, ScheduleMovedOn):
            version = outcome.current.schedule_version
            raise ApiProblem(409, "schedule_moved_on", labels.SCHEDULE_MOVED_ON.format(version=version))
        raise _refusal(outcome)

    @router.post("/schedule/check")
    async def check_schedule(body: ScheduleBody) -> dict[str, Any]:
        """What publishing would change; nothing is written."""
        trial = await workflows.try_schedule(deps.pool, body.to_proposal(), deps.clock.now())
        if isinstance(trial, ScheduleTrial):
            return trial_answer(trial)
        raise _refusal(trial)


def _add_report(router: APIRouter, deps: Dependencies, target_business_days: int) -> None:
    @router.get("/report")
    async def get_report(month: Annotated[str, Query(max_length=100)]) -> dict[str, Any]:
        """The month `YYYY-MM`: received, days taken, mailboxes added and abolished per office."""
        try:
            parsed = parse_month(month)
        except InvalidMonth:
            raise _invalid("month", "invalid_month", labels.INVALID_MONTH) from None
        return report_answer(await workflows.read_report(deps, parsed, target_business_days))


def _refusal(faults: Sequence[ScheduleFault]) -> ApiProblem:
    errors = [
        FieldProblem(fault.problem.field, fault.problem.value, desk_rendering.schedule_fault(fault)) for fault in faults
    ]
    return ApiProblem(422, "invalid_schedule", errors=errors)


def _query(asked: QueueParams) -> QueueQuery:
    search = asked.search.replace("\0", "").strip()
    return QueueQuery(asked.status, asked.flag, _office(asked.office_code), search, asked.mine, asked.unread)


def _office(text: str) -> OfficeCode | None:
    if not text.strip():
        return None
    try:
        return parse_office_code(text)
    except InvalidIdentifier:
        raise _invalid("office_code", "invalid_office_code", labels.INVALID_OFFICE_CODE) from None


def _position(cursor: str) -> QueuePosition:
    try:
        return parse_position(cursor)
    except InvalidCursor:
        raise _invalid("cursor", "invalid_cursor", labels.INVALID_CURSOR_MESSAGE) from None


def _invalid(field: str, code: str, message: str) -> ApiProblem:
    return ApiProblem(422, "invalid_request", errors=[FieldProblem(field, code, message)])
