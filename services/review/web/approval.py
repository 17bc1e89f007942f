"""The decision of the console: approve with a confirmed start date."""

from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.review import labels, workflows
from services.review.domain.review import FIELD_OF, ApprovalProblem, MovedOn, Refused, reviewer
from services.review.web.approval_input import ApprovalInput, revision_of
from services.review.web.console import Console, Visit, receipt_number_in, visit
from services.review.web.reading import case_page
from services.review.workflows import Approval
from shared.kernel.identifiers import ReceiptNumber
from shared.runtime.web.forms import read_form


async def post_approval(console: Console, request: Request) -> Response:
    """Approve; or the page again with every problem; or who was faster. What was typed is never lost."""
    number = receipt_number_in(request)
    visitor = await visit(console, request, back_to=f"/applications/{number}")
    if not visitor.member.may_approve:
        raise HTTPException(403)
    form = await read_form(request)
    entered, revision = ApprovalInput.posted(form), revision_of(form)
    approval = Approval(number, entered.for_revision(revision), reviewer(visitor.member))
    deps = console.deps
    outcome = await workflows.approve_application(deps.pool, approval, deps.clock.now(), deps.new_id)
    match outcome:
        case None:
            raise HTTPException(404)
        case MovedOn():
            return visitor.page("moved_on.html", status=409, number=number, winner=outcome, entered=entered)
        case Refused():
            return await _page_again(visitor, number, entered, outcome.problems)
        case _:
            return RedirectResponse(f"/applications/{number}", 303)


async def _page_again(
    visitor: Visit, number: ReceiptNumber, entered: ApprovalInput, problems: Sequence[ApprovalProblem]
) -> Response:
    deps = visitor.console.deps
    case = await workflows.read_case(deps.pool, number, deps.clock.now())
    if case is None:
        raise HTTPException(404)
    return case_page(visitor, case, entered, _messages(problems), status=422)


def _messages(problems: Sequence[ApprovalProblem]) -> dict[str, str]:
    """One text per field of the form; a field with two problems shows both."""
    messages: dict[str, str] = {}
    for problem in problems:
        field = FIELD_OF[problem]
        messages[field] = messages.get(field, "") + labels.APPROVAL_PROBLEM_LABELS[problem]
    return messages
