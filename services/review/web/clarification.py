"""Asking the applicant, and taking the question back."""

from collections.abc import Sequence
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.review import labels, workflows
from services.review.domain.case_file import CaseFile
from services.review.domain.review import (
    QUESTION_LIMIT,
    CancelForm,
    ClarificationForm,
    ClarificationReason,
    suggested_answer_by,
)
from services.review.web.approval_input import ApprovalInput
from services.review.web.console import Console
from services.review.web.decision_page import DecisionPage, Errors
from services.review.web.decisions import Desk, Typed, desk_of, messages_of, refused, revision_of
from services.review.web.reading import case_page
from services.review.workflows import Judgement, Outcome
from shared.kernel.local_time import local_date
from shared.runtime.web.forms import PostedForm, read_form


async def get_clarification(console: Console, request: Request) -> Response:
    """The form; with a reason in the address, its text is there to be edited."""
    desk = await desk_of(console, request, lambda member: member.may_approve)
    case = await desk.case()
    answer_by = suggested_answer_by(case.schedule, local_date(desk.stamp.now))
    reason = request.query_params.get("reason_code", "")
    question = labels.QUESTION_TEMPLATES.get(ClarificationReason(reason), "") if reason in _reasons() else ""
    form = ClarificationForm(case.review.revision, reason, question, f"{answer_by:%Y%m%d}" if answer_by else "")
    return _enter(desk, case, form, {}, 200)


async def post_template(console: Console, request: Request) -> Response:
    """The form again with the text of the chosen reason, in place of what stood there."""
    desk = await desk_of(console, request, lambda member: member.may_approve)
    form = _read(await read_form(request))
    known = form.reason_code in _reasons()
    question = labels.QUESTION_TEMPLATES[ClarificationReason(form.reason_code)] if known else form.question
    with_text = ClarificationForm(form.revision, form.reason_code, question or form.question, form.answer_by)
    return _enter(desk, await desk.case(), with_text, {}, 200)


async def post_cancellation(console: Console, request: Request) -> Response:
    """Ask intake for the question back."""
    desk = await desk_of(console, request, lambda member: member.may_approve)
    form = CancelForm(_clarification_id(await read_form(request)))
    outcome = await workflows.decide(
        console.deps.pool, desk.number, workflows.taking_back(form, desk.stamp), desk.stamp
    )
    answer = desk.done(outcome, ())
    if answer is not None:
        return answer
    case = await desk.case()
    return case_page(desk.visitor, case, ApprovalInput.suggested_for(case), messages_of(refused(outcome)), status=409)


def _clarification_id(posted: PostedForm) -> UUID:
    try:
        return UUID(posted.text("clarification_id"))
    except ValueError:
        raise HTTPException(400) from None


def _reasons() -> Sequence[str]:
    return [reason.value for reason in ClarificationReason]


def _read(posted: PostedForm) -> ClarificationForm:
    return ClarificationForm(
        revision_of(posted), posted.text("reason_code"), posted.text("question"), posted.text("answer_by")
    )


def _typed(form: ClarificationForm) -> Typed:
    reason = (
        labels.CLARIFICATION_REASON_LABELS.get(ClarificationReason(form.reason_code), "")
        if (form.reason_code in _reasons())
        else ""
    )
    return (("reason_code", reason), ("question", form.question), ("answer_by", form.answer_by))


async def _preview(desk: Desk, form: ClarificationForm) -> Judgement | None:
    return await workflows.preview(desk.visitor.console.deps.pool, desk.number, workflows.asking(form, desk.stamp))


async def _perform(desk: Desk, form: ClarificationForm) -> Outcome:
    decision = workflows.asking(form, desk.stamp)
    return await workflows.decide(desk.visitor.console.deps.pool, desk.number, decision, desk.stamp)


def _enter(desk: Desk, case: CaseFile, form: ClarificationForm, errors: Errors, status: int) -> Response:
    return desk.visitor.page(
        "clarification.html",
        status=status,
        case=case,
        review=case.review,
        entered=form,
        errors=errors,
        error_count=len(errors),
        reasons=list(ClarificationReason),
        question_limit=QUESTION_LIMIT,
    )


CLARIFICATION: DecisionPage[ClarificationForm] = DecisionPage(
    path="clarification",
    check_template="clarification_check.html",
    may=lambda member: member.may_approve,
    read=_read,
    typed=_typed,
    preview=_preview,
    perform=_perform,
    enter=_enter,
)
