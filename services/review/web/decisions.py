"""What the pages of all decisions share: who decides, what became of it, and the texts that were typed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.review import labels, workflows
from services.review.domain.case_file import CaseFile
from services.review.domain.review import FIELD_OF, DecisionProblem, MovedOn, Refused, reviewer
from services.review.domain.staff import StaffMember
from services.review.web.console import Console, Visit, receipt_number_in, visit
from services.review.workflows import Judgement, Outcome, Stamp
from shared.kernel.identifiers import ReceiptNumber
from shared.runtime.web.forms import PostedForm

Typed = Sequence[tuple[str, str]]
"""Field and text of everything that was typed, to be shown again where it was of no use."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One request of a person who may decide, about one application."""

    visitor: Visit
    number: ReceiptNumber
    stamp: Stamp

    @property
    def path(self) -> str:
        """The application's own page."""
        return f"/applications/{self.number}"

    async def case(self) -> CaseFile:
        """The application with everything a reviewer decides by. Raises 404."""
        deps, viewer = self.visitor.console.deps, self.visitor.viewer
        case = await workflows.view_case(deps.pool, self.number, viewer, self.stamp.now, deps.new_id)
        if case is None:
            raise HTTPException(404)
        return case

    def done(self, outcome: Outcome, typed: Typed) -> Response | None:
        """The answer to a decision that stands or came too late; None for one that was refused."""
        match outcome:
            case None:
                raise HTTPException(404)
            case Refused():
                return None
            case MovedOn():
                return self.moved_on(outcome, typed)
            case _:
                return RedirectResponse(self.path, 303)

    def moved_on(self, winner: MovedOn, typed: Typed) -> Response:
        """Who was faster, and what was typed in vain."""
        return self.visitor.page("moved_on.html", status=409, number=self.number, winner=winner, typed=typed)


async def desk_of(console: Console, request: Request, may: Callable[[StaffMember], bool]) -> Desk:
    """Who decides about which application. Raises a redirect to the login, 403 and 404."""
    number = receipt_number_in(request)
    visitor = await visit(console, request, back_to=f"/applications/{number}")
    if not may(visitor.member):
        raise HTTPException(403)
    stamp = Stamp(reviewer(visitor.member), console.deps.clock.now(), console.deps.new_id)
    return Desk(visitor, number, stamp)


def refused(outcome: Outcome | Judgement) -> Sequence[DecisionProblem]:
    """The problems of a refusal; none for everything else."""
    return outcome.problems if isinstance(outcome, Refused) else ()


def messages_of(problems: Sequence[DecisionProblem]) -> dict[str, str]:
    """One text per field of the form; a field with two problems shows both."""
    messages: dict[str, str] = {}
    for problem in problems:
        field = FIELD_OF[problem]
        messages[field] = messages.get(field, "") + labels.DECISION_PROBLEM_LABELS[problem]
    return messages


def revision_of(form: PostedForm) -> int:
    """The revision that was on the screen. Raises 400 for a text that is no number."""
    text = form.text("revision")
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise HTTPException(400)
    return int(text)
