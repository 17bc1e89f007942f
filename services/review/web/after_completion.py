"""After the review has ended: void, another start date, the required system setting."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from services.review import labels, workflows
from services.review.domain.case_file import OFFERED_DAYS, CaseFile
from services.review.domain.review import (
    NOTE_LIMIT,
    SettingForm,
    StartDateForm,
    VoidForm,
    VoidReason,
    last_change_before,
)
from services.review.web.approval_input import OTHER_DAY, ApprovalInput
from services.review.web.console import Console
from services.review.web.decision_page import DecisionPage, Errors
from services.review.web.decisions import Desk, Typed, desk_of, messages_of, refused, revision_of
from services.review.web.reading import case_page
from services.review.workflows import Judgement, Outcome
from shared.runtime.web.forms import PostedForm, read_form

VOID_REASONS = (
    VoidReason.APPLICANT_ASKED,
    VoidReason.APPROVED_IN_ERROR,
    VoidReason.SYSTEM_SETTING_MISSING,
    VoidReason.OTHER,
)
"""What a person can give as a reason; an office's closing is the clock's."""


async def get_void(console: Console, request: Request) -> Response:
    """The form to void an application."""
    desk = await desk_of(console, request, VOID.may)
    case = await desk.case()
    return _enter_void(desk, case, VoidForm(case.review.revision), {}, 200)


async def get_start_date(console: Console, request: Request) -> Response:
    """The form to move the start date."""
    desk = await desk_of(console, request, START_DATE.may)
    case = await desk.case()
    return _enter_start_date(desk, case, StartDateForm(case.review.revision), {}, 200)


async def post_system_setting(console: Console, request: Request) -> Response:
    """Record that the required system setting is complete."""
    desk = await desk_of(console, request, lambda member: member.may_record_setting)
    posted = await read_form(request)
    form = SettingForm(revision_of(posted), posted.text("completed_on"))
    decision = workflows.recording_setting(form, desk.stamp)
    outcome = await workflows.decide(console.deps.pool, desk.number, decision, desk.stamp)
    answer = desk.done(outcome, (("completed_on", form.completed_on),))
    if answer is not None:
        return answer
    case = await desk.case()
    entered = ApprovalInput.suggested_for(case)
    return case_page(desk.visitor, case, entered, messages_of(refused(outcome)), status=422)


def _read_void(posted: PostedForm) -> VoidForm:
    return VoidForm(revision_of(posted), posted.text("reason_code"), posted.text("note"))


def _typed_void(form: VoidForm) -> Typed:
    known = form.reason_code in set(VoidReason)
    reason = labels.VOID_REASON_LABELS[VoidReason(form.reason_code)] if known else ""
    return (("reason_code", reason), ("note", form.note))


async def _preview_void(desk: Desk, form: VoidForm) -> Judgement | None:
    return await workflows.preview(desk.visitor.console.deps.pool, desk.number, workflows.voiding(form, desk.stamp))


async def _perform_void(desk: Desk, form: VoidForm) -> Outcome:
    decision = workflows.voiding(form, desk.stamp)
    return await workflows.decide(desk.visitor.console.deps.pool, desk.number, decision, desk.stamp)


def _enter_void(desk: Desk, case: CaseFile, form: VoidForm, errors: Errors, status: int) -> Response:
    return _enter(desk, "void.html", case, form, errors, status)


def _read_start_date(posted: PostedForm) -> StartDateForm:
    chosen = posted.text("confirmed_start_date")
    day = posted.text("other_start_date") if chosen == OTHER_DAY else chosen
    return StartDateForm(revision_of(posted), day, posted.text("note"))


def _typed_start_date(form: StartDateForm) -> Typed:
    return (("confirmed_start_date", form.confirmed_start_date), ("note", form.note))


async def _preview_start_date(desk: Desk, form: StartDateForm) -> Judgement | None:
    decision = workflows.moving_start(form, desk.stamp)
    return await workflows.preview(desk.visitor.console.deps.pool, desk.number, decision)


async def _perform_start_date(desk: Desk, form: StartDateForm) -> Outcome:
    decision = workflows.moving_start(form, desk.stamp)
    return await workflows.decide(desk.visitor.console.deps.pool, desk.number, decision, desk.stamp)


def _enter_start_date(desk: Desk, case: CaseFile, form: StartDateForm, errors: Errors, status: int) -> Response:
    return _enter(desk, "start_date.html", case, form, errors, status)


def _enter(
    desk: Desk, template: str, case: CaseFile, form: VoidForm | StartDateForm, errors: Errors, status: int
) -> Response:
    start = case.review.terms.confirmed_start_date if case.review.terms else None
    return desk.visitor.page(
        template,
        status=status,
        case=case,
        review=case.review,
        entered=form,
        errors=errors,
        error_count=len(errors),
        reasons=VOID_REASONS,
        later_days=case.schedule.days_from(start + timedelta(days=1))[:OFFERED_DAYS] if case.schedule and start else [],
        last_change_at=last_change_before(start) if start else None,
        note_limit=NOTE_LIMIT,
    )


VOID: DecisionPage[VoidForm] = DecisionPage(
    path="void",
    check_template="void_check.html",
    may=lambda member: member.may_void,
    read=_read_void,
    typed=_typed_void,
    preview=_preview_void,
    perform=_perform_void,
    enter=_enter_void,
)

START_DATE: DecisionPage[StartDateForm] = DecisionPage(
    path="start-date",
    check_template="start_date_check.html",
    may=lambda member: member.is_lead,
    read=_read_start_date,
    typed=_typed_start_date,
    preview=_preview_start_date,
    perform=_perform_start_date,
    enter=_enter_start_date,
)
