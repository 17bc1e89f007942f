"""Decisions in the staff API, each under /api/v1/reviews/{receipt_number}."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from services.review import labels, workflows
from services.review.domain.review import FIELD_OF, STATE_PROBLEMS, MovedOn, Refused, reviewer
from services.review.domain.staff import StaffMember
from services.review.web.api_models import review_answer, winner_answer
from services.review.web.api_requests import caller_of, number_of
from services.review.web.decision_bodies import (
    ApprovalBody,
    CancelBody,
    ClarificationBody,
    SecondBody,
    SettingBody,
    StartDateBody,
    VoidBody,
)
from services.review.workflows import Approval, Decision, Dependencies, Outcome, Stamp
from shared.runtime.web.problems import PROBLEM_TYPE, ApiProblem, FieldProblem

FormT_co = TypeVar("FormT_co", covariant=True)
FormT = TypeVar("FormT")


class Body(Protocol[FormT_co]):
    """What a decision's body can be read as."""

    def to_form(self) -> FormT_co:
        """The decision the domain judges."""
        ...


def add_decisions(router: APIRouter, deps: Dependencies) -> None:
    """Every decision on one application."""
    _add_approvals(router, deps)
    _add_questions(router, deps)
    _add_changes(router, deps)


def _add_approvals(router: APIRouter, deps: Dependencies) -> None:
    @router.post("/reviews/{receipt_number}/approval")
    async def post_approval(request: Request, receipt_number: str, body: ApprovalBody) -> Response:
        stamp = await _stamp(deps, request, lambda member: member.may_approve)
        approval = Approval(number_of(receipt_number), body.to_form(), deps.second_approver)
        return _answer(await workflows.approve_application(deps.pool, approval, stamp))

    @router.post("/reviews/{receipt_number}/second-approval")
    async def post_second_approval(request: Request, receipt_number: str, body: SecondBody) -> Response:
        stamp = await _stamp(deps, request, lambda member: member.is_lead)
        number, form, rule = number_of(receipt_number), body.to_form(), deps.second_approver
        return _answer(await workflows.second_approval(deps.pool, number, form, rule, stamp))

    @router.post("/reviews/{receipt_number}/second-approval/refusal")
    async def post_second_refusal(request: Request, receipt_number: str, body: SecondBody) -> Response:
        return await _decide(deps, request, receipt_number, body, workflows.declining, _may_approve)


def _add_questions(router: APIRouter, deps: Dependencies) -> None:
    @router.post("/reviews/{receipt_number}/clarification")
    async def post_clarification(request: Request, receipt_number: str, body: ClarificationBody) -> Response:
        return await _decide(deps, request, receipt_number, body, workflows.asking, _may_approve)

    @router.post("/reviews/{receipt_number}/clarification/cancellation")
    async def post_cancellation(request: Request, receipt_number: str, body: CancelBody) -> Response:
        return await _decide(deps, request, receipt_number, body, workflows.taking_back, _may_approve)


def _add_changes(router: APIRouter, deps: Dependencies) -> None:
    @router.post("/reviews/{receipt_number}/void")
    async def post_void(request: Request, receipt_number: str, body: VoidBody) -> Response:
        return await _decide(deps, request, receipt_number, body, workflows.voiding, lambda member: member.may_void)

    @router.post("/reviews/{receipt_number}/start-date")
    async def post_start_date(request: Request, receipt_number: str, body: StartDateBody) -> Response:
        return await _decide(deps, request, receipt_number, body, workflows.moving_start, lambda member: member.is_lead)

    @router.post("/reviews/{receipt_number}/system-setting")
    async def post_system_setting(request: Request, receipt_number: str, body: SettingBody) -> Response:
        return await _decide(
            deps, request, receipt_number, body, workflows.recording_setting, lambda member: member.may_record_setting
        )


def _may_approve(member: StaffMember) -> bool:
    return member.may_approve


async def _decide(
    deps: Dependencies,
    request: Request,
    receipt_number: str,
    body: Body[FormT],
    decision: Callable[[FormT, Stamp], Decision],
    may: Callable[[StaffMember], bool],
) -> Response:
    stamp = await _stamp(deps, request, may)
    number = number_of(receipt_number)
    return _answer(await workflows.decide(deps.pool, number, decision(body.to_form(), stamp), stamp))


async def _stamp(deps: Dependencies, request: Request, may: Callable[[StaffMember], bool]) -> Stamp:
    member = await caller_of(deps, request)
    if not may(member):
        raise ApiProblem(403, "forbidden", labels.NOT_PERMITTED)
    return Stamp(reviewer(member), deps.clock.now(), deps.new_id)


def _answer(outcome: Outcome) -> Response:
    match outcome:
        case None:
            raise ApiProblem(404, "unknown_application", labels.UNKNOWN_APPLICATION)
        case MovedOn():
            return _moved_on(outcome)
        case Refused():
            raise _refusal(outcome)
        case _:
            return JSONResponse(review_answer(outcome.review))


def _refusal(refused: Refused) -> ApiProblem:
    """409 where the application stands in the way, 422 where what was entered does."""
    messages = labels.DECISION_PROBLEM_LABELS
    errors = [FieldProblem(FIELD_OF[problem], problem.value, messages[problem]) for problem in refused.problems]
    in_the_way = [problem for problem in refused.problems if problem in STATE_PROBLEMS]
    if in_the_way:
        return ApiProblem(409, in_the_way[0].value, messages[in_the_way[0]], errors)
    return ApiProblem(422, "invalid_decision", errors=errors)


def _moved_on(winner: MovedOn) -> Response:
    document = {
        "type": "about:blank",
        "title": labels.MOVED_ON,
        "status": 409,
        "code": "moved_on",
        "winner": winner_answer(winner),
    }
    return JSONResponse(document, 409, media_type=PROBLEM_TYPE)
