"""Approving: the form on the application's page, what will be issued and sent, the decision; the second approver."""

from starlette.requests import Request
from starlette.responses import Response

from services.review import workflows
from services.review.domain.case_file import CaseFile
from services.review.domain.review import SecondForm
from services.review.web.approval_input import ApprovalInput
from services.review.web.console import Console
from services.review.web.decision_page import DecisionPage, Errors
from services.review.web.decisions import Desk, desk_of, messages_of, refused, revision_of
from services.review.web.reading import case_page
from services.review.workflows import Approval, Judgement, Outcome
from shared.runtime.web.forms import read_form


async def _preview(desk: Desk, entered: ApprovalInput) -> Judgement | None:
    deps = desk.visitor.console.deps
    return await workflows.preview_approval(deps.pool, _approval(desk, entered), desk.stamp)


async def _perform(desk: Desk, entered: ApprovalInput) -> Outcome:
    deps = desk.visitor.console.deps
    return await workflows.approve_application(deps.pool, _approval(desk, entered), desk.stamp)


def _approval(desk: Desk, entered: ApprovalInput) -> Approval:
    return Approval(desk.number, entered.to_form(), desk.visitor.console.deps.second_approver)


def _enter(desk: Desk, case: CaseFile, entered: ApprovalInput, errors: Errors, status: int) -> Response:
    return case_page(desk.visitor, case, entered, dict(errors), status=status)


APPROVAL: DecisionPage[ApprovalInput] = DecisionPage(
    path="approval",
    check_template="approval_check.html",
    may=lambda member: member.may_approve,
    read=ApprovalInput.posted,
    typed=ApprovalInput.typed,
    preview=_preview,
    perform=_perform,
    enter=_enter,
)


async def post_second_approval(console: Console, request: Request) -> Response:
    """Agree to the proposal of a first approver."""
    desk = await desk_of(console, request, lambda member: member.is_lead)
    form = SecondForm(revision_of(await read_form(request)))
    deps = console.deps
    outcome = await workflows.second_approval(deps.pool, desk.number, form, deps.second_approver, desk.stamp)
    return await _answer(desk, outcome)


async def post_second_refusal(console: Console, request: Request) -> Response:
    """Send the proposal back."""
    desk, posted = await desk_of(console, request, lambda member: member.may_approve), await read_form(request)
    form = SecondForm(revision_of(posted), posted.text("second_note"))
    outcome = await workflows.decide(console.deps.pool, desk.number, workflows.declining(form, desk.stamp), desk.stamp)
    return await _answer(desk, outcome)


async def _answer(desk: Desk, outcome: Outcome) -> Response:
    answer = desk.done(outcome, ())
    if answer is not None:
        return answer
    case = await desk.case()
    entered = ApprovalInput.suggested_for(case)
    return case_page(desk.visitor, case, entered, messages_of(refused(outcome)), status=409)
