"""Claiming an application and writing notes beside it."""

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.review import labels, workflows
from services.review.domain.claims import HeldBy
from services.review.domain.notes import CaseNote, NoteForm, NoteKind
from services.review.web.console import Console, receipt_number_in, visit
from services.review.web.reading import show_case
from shared.runtime.web.forms import read_form


async def post_claim(console: Console, request: Request) -> Response:
    """Work on the application for a while; who is too late is told who does."""
    visitor, number, deps = await visit(console, request), receipt_number_in(request), console.deps
    outcome = await workflows.claim_review(deps.pool, number, visitor.member, deps.clock.now(), deps.new_id)
    if outcome is None:
        raise HTTPException(404)
    if isinstance(outcome, HeldBy):
        return await show_case(visitor, number, status=409)
    return RedirectResponse(f"/applications/{number}", 303)


async def post_release(console: Console, request: Request) -> Response:
    """Let go of one's own claim; without one nothing happens."""
    visitor, number, deps = await visit(console, request), receipt_number_in(request), console.deps
    await workflows.release_review(deps.pool, number, visitor.member, deps.clock.now(), deps.new_id)
    return RedirectResponse(f"/applications/{number}", 303)


async def post_note(console: Console, request: Request) -> Response:
    """Keep a note or telephone contact, or the page again with every problem and the typed text."""
    visitor, number, deps = await visit(console, request), receipt_number_in(request), console.deps
    posted = await read_form(request)
    kind = _kind(posted.text("kind"))
    form = NoteForm(kind, posted.text("text"), posted.text("spoke_with"), posted.text("called_at"))
    outcome = await workflows.add_note(deps.pool, number, form, visitor.member, deps.clock.now(), deps.new_id)
    if outcome is None:
        raise HTTPException(404)
    if isinstance(outcome, CaseNote):
        return RedirectResponse(f"/applications/{number}#notes", 303)
    errors: Mapping[str, str] = {problem.field: labels.NOTE_PROBLEM_TEXTS[problem] for problem in outcome}
    return await show_case(visitor, number, status=422, note_form=form, note_errors=dict(errors))


def _kind(text: str) -> NoteKind:
    try:
        return NoteKind(text)
    except ValueError:
        raise HTTPException(400) from None
