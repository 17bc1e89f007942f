"""Approving many clean applications at once: the list to tick, and one result per row."""

from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.review import workflows
from services.review.domain.bulk_approval import MOST_AT_ONCE, BulkOrder, InvalidOrder, parse_order
from services.review.web.console import Console, Visit, visit
from services.review.workflows import BulkRequest
from shared.runtime.web.forms import read_form

PATH = "/bulk-approval"


async def get_bulk_approval(console: Console, request: Request) -> Response:
    """The oldest applications: those that need no thought can be ticked, the others say so."""
    visitor = await _visit(console, request)
    return await _list(visitor, has_error=False)


async def post_bulk_approval(console: Console, request: Request) -> Response:
    """Keep what was ticked, then decide row by row; whatever is left open by a crash is finished by the worker."""
    visitor = await _visit(console, request)
    posted = await read_form(request)
    orders = [_order(text) for text in dict.fromkeys(posted.texts("order"))]
    if not orders:
        return await _list(visitor, has_error=True)
    if len(orders) > MOST_AT_ONCE:
        raise HTTPException(400)
    deps, bulk_id = console.deps, _bulk_id(posted.text("bulk_id"))
    await workflows.order_bulk_approval(deps.pool, BulkRequest(bulk_id, visitor.member, orders), deps.clock.now())
    for _ in orders:
        if not await workflows.decide_next_bulk_item(
            deps.pool, bulk_id, deps.second_approver, deps.clock.now(), deps.new_id
        ):
            break
    return RedirectResponse(f"/bulk-approvals/{bulk_id}", 303)


async def get_bulk_result(console: Console, request: Request) -> Response:
    """What became of each row."""
    visitor = await _visit(console, request)
    items = await workflows.read_bulk_approval(console.deps.pool, _bulk_id(request.path_params["bulk_id"]))
    if not items:
        raise HTTPException(404)
    return visitor.page("bulk_result.html", items=items)


async def _visit(console: Console, request: Request) -> Visit:
    visitor = await visit(console, request, back_to=PATH)
    if not visitor.member.may_approve:
        raise HTTPException(403)
    return visitor


async def _list(visitor: Visit, *, has_error: bool) -> Response:
    deps = visitor.console.deps
    candidates = await workflows.find_bulk_candidates(deps.pool, deps.second_approver, deps.clock.now())
    return visitor.page(
        "bulk.html",
        status=422 if has_error else 200,
        candidates=candidates,
        bulk_id=deps.new_id(),
        has_error=has_error,
        most_at_once=MOST_AT_ONCE,
    )


def _order(text: str) -> BulkOrder:
    try:
        return parse_order(text)
    except InvalidOrder:
        raise HTTPException(400) from None


def _bulk_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise HTTPException(404) from None
