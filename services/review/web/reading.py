"""The pages that only show: the queue and one application."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.review import rendering, workflows
from services.review.domain.case_file import CaseFile
from services.review.domain.decision_mails import DecisionMail, mail_of_proposal
from services.review.domain.notes import NoteForm, NoteKind
from services.review.domain.review_queue import (
    BEGINNING,
    InvalidCursor,
    QueueFilter,
    QueueFlag,
    QueueQuery,
    parse_position,
)
from services.review.rendering import desk as desk_rendering
from services.review.web.approval_input import ApprovalInput, approval_context
from services.review.web.console import QUEUE, Console, Visit, receipt_number_in, visit
from services.review.web.decision_mail import mail_context
from shared.kernel.identifiers import InvalidIdentifier, ReceiptNumber, parse_office_code
from shared.kernel.japanese_text import narrow
from shared.kernel.local_time import local_date

LONGEST_SEARCH = 100
EMPTY_NOTE = NoteForm(NoteKind.NOTE, "")


async def get_root(_console: Console, _request: Request) -> Response:
    """The console begins at the queue."""
    return RedirectResponse(QUEUE, 303)


async def get_queue(console: Console, request: Request) -> Response:
    """Applications by the day their answer is promised for, narrowed as asked."""
    visitor = await visit(console, request)
    try:
        query = queue_query(request.query_params)
        after = parse_position(request.query_params.get("after", ""))
    except (ValueError, InvalidCursor):
        raise HTTPException(404) from None
    now = console.deps.clock.now()
    queue = await workflows.read_queue(console.deps.pool, query, after, visitor.viewer, now)
    return visitor.page(
        "queue.html",
        queue=queue,
        query=query,
        address=_address,
        filters=list(QueueFilter),
        flags=list(QueueFlag),
        is_first_page=after == BEGINNING,
        now=now,
        target_business_days=console.target_business_days,
    )


async def get_case(console: Console, request: Request) -> Response:
    """One application with everything a reviewer decides by."""
    visitor = await visit(console, request)
    return await show_case(visitor, receipt_number_in(request))


async def show_case(
    visitor: Visit,
    number: ReceiptNumber,
    *,
    status: int = 200,
    note_form: NoteForm = EMPTY_NOTE,
    note_errors: Mapping[str, str] | None = None,
) -> Response:
    """The application's page as it stands, with what was typed for a note. Raises 404."""
    deps = visitor.console.deps
    case = await workflows.view_case(deps.pool, number, visitor.viewer, deps.clock.now(), deps.new_id)
    if case is None:
        raise HTTPException(404)
    suggested = ApprovalInput.suggested_for(case)
    return case_page(visitor, case, suggested, dict(note_errors or {}), status=status, note_form=note_form)


def case_page(
    visitor: Visit,
    case: CaseFile,
    entered: ApprovalInput,
    errors: dict[str, str],
    *,
    status: int = 200,
    note_form: NoteForm = EMPTY_NOTE,
) -> Response:
    """The application's page, with what was entered so far and what is wrong with it."""
    now = visitor.console.deps.clock.now()
    today, login = local_date(now), visitor.member.login
    return visitor.page(
        "case.html",
        status=status,
        case=case,
        review=case.review,
        errors=errors,
        error_count=len(errors),
        note_form=note_form,
        before_after=rendering.before_after_rows(case.review),
        timeline=rendering.timeline_rows(case.timeline),
        target_business_days=visitor.console.target_business_days,
        held_by=case.claim_of_another(login, now),
        own_claim=case.own_claim(login, now),
        can_be_changed=case.can_be_changed(now),
        portal_url=visitor.console.portal_url,
        **desk_rendering.case_rows(case, today, visitor.console.target_business_days),
        **approval_context(case, entered, today),
        **mail_context(visitor, case, _proposed_mail(case, today)),
    )


def _proposed_mail(case: CaseFile, today: date) -> DecisionMail | None:
    proposal = case.review.proposal
    return mail_of_proposal(case.review, proposal, case.schedule, today) if proposal else None


def queue_query(params: QueryParams) -> QueueQuery:
    """What the address asks for. Raises ValueError for a filter that does not exist."""
    flag, office = params.get("flag", ""), params.get("office", "")
    return QueueQuery(
        status=QueueFilter(params.get("status", QueueFilter.UNDER_REVIEW.value)),
        flag=QueueFlag(flag) if flag else None,
        office_code=_office_code(office) if office.strip() else None,
        search=_search(params.get("search", "")),
        mine=bool(params.get("mine", "")),
        unread=bool(params.get("unread", "")),
    )


def _office_code(text: str) -> Any:
    try:
        return parse_office_code(text)
    except InvalidIdentifier:
        # Nothing is found, which is the answer to a code that no office has.
        return narrow(text).replace("\0", "").strip().upper()


def _search(text: str) -> str:
    return text.replace("\0", "").strip()[:LONGEST_SEARCH]


def _address(query: QueueQuery, **changes: Any) -> str:
    """The address of the queue with the query, some of it changed; `after` leads to another page of it."""
    told = {
        "status": query.status.value,
        "flag": query.flag.value if query.flag else "",
        "office": query.office_code or "",
        "search": query.search,
        "mine": "1" if query.mine else "",
        "unread": "1" if query.unread else "",
    } | {name: str(value) if value else "" for name, value in changes.items()}
    return f"{QUEUE}?{urlencode({name: text for name, text in told.items() if text})}"
