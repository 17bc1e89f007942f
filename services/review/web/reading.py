"""The pages that only show: the queue, one application, the schedule."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.review import rendering, workflows
from services.review.domain.case_file import CaseFile
from services.review.domain.review_queue import BEGINNING, InvalidCursor, QueueFilter, parse_position
from services.review.web.approval_input import ApprovalInput, approval_context
from services.review.web.console import QUEUE, Console, Visit, receipt_number_in, visit
from shared.kernel.local_time import local_date


async def get_root(_console: Console, _request: Request) -> Response:
    """The console begins at the queue."""
    return RedirectResponse(QUEUE, 303)


async def get_queue(console: Console, request: Request) -> Response:
    """Applications oldest first, narrowed to a status."""
    visitor = await visit(console, request)
    try:
        narrowed = QueueFilter(request.query_params.get("status", QueueFilter.UNDER_REVIEW.value))
        after = parse_position(request.query_params.get("after", ""))
    except (ValueError, InvalidCursor):
        raise HTTPException(404) from None
    queue = await workflows.read_queue(console.deps.pool, narrowed, after, console.deps.clock.now())
    return visitor.page(
        "queue.html",
        queue=queue,
        narrowed=narrowed,
        filters=list(QueueFilter),
        is_first_page=after == BEGINNING,
        target_business_days=console.target_business_days,
    )


async def get_case(console: Console, request: Request) -> Response:
    """One application with everything a reviewer decides by."""
    visitor = await visit(console, request)
    case = await workflows.read_case(console.deps.pool, receipt_number_in(request), console.deps.clock.now())
    if case is None:
        raise HTTPException(404)
    return case_page(visitor, case, ApprovalInput.suggested_for(case), {})


async def get_schedule(console: Console, request: Request) -> Response:
    """The registration schedule and the calendar's exceptions (S14)."""
    visitor = await visit(console, request)
    schedule = await workflows.read_schedule(console.deps.pool)
    return visitor.page("schedule.html", schedule=schedule, today=local_date(console.deps.clock.now()))


def case_page(
    visitor: Visit, case: CaseFile, entered: ApprovalInput, errors: dict[str, str], *, status: int = 200
) -> Response:
    """The application's page, with what was entered so far and what is wrong with it."""
    today = local_date(visitor.console.deps.clock.now())
    return visitor.page(
        "case.html",
        status=status,
        case=case,
        review=case.review,
        errors=errors,
        error_count=len(errors),
        before_after=rendering.before_after_rows(case.review),
        timeline=rendering.timeline_rows(case.timeline),
        **approval_context(case, entered, today),
        target_business_days=visitor.console.target_business_days,
    )
