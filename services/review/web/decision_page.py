"""The way of every decision through the console: entered, checked with all that will be sent, made.

Entering shows what was typed as often as needed, checking changes nothing, and only the last button decides.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.review.domain.case_file import CaseFile
from services.review.domain.decision_mails import mail_of
from services.review.domain.review import Moved, MovedOn
from services.review.domain.staff import StaffMember
from services.review.web.console import Console
from services.review.web.decision_mail import mail_context
from services.review.web.decisions import Desk, Typed, desk_of, messages_of, refused
from services.review.workflows import Judgement, Outcome
from shared.kernel.local_time import local_date
from shared.runtime.web.forms import PostedForm, read_form

FormT = TypeVar("FormT")
Errors = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DecisionPage(Generic[FormT]):
    """One kind of decision. `path` is its part of the address, `check_template` shows what will be sent."""

    path: str
    check_template: str
    may: Callable[[StaffMember], bool]
    read: Callable[[PostedForm], FormT]
    typed: Callable[[FormT], Typed]
    preview: Callable[[Desk, FormT], Awaitable[Judgement | None]]
    perform: Callable[[Desk, FormT], Awaitable[Outcome]]
    enter: Callable[[Desk, CaseFile, FormT, Errors, int], Response]

    async def post_check(self, console: Console, request: Request) -> Response:
        """What the decision would do and send, with the button that makes it; or the form with every problem."""
        desk, posted = await desk_of(console, request, self.may), await read_form(request)
        form = self.read(posted)
        judgement = await self.preview(desk, form)
        if judgement is None:
            raise HTTPException(404)
        if isinstance(judgement, MovedOn):
            return desk.moved_on(judgement, self.typed(form))
        case = await desk.case()
        if not isinstance(judgement, Moved):
            return self.enter(desk, case, form, messages_of(judgement.problems), 422)
        return desk.visitor.page(
            self.check_template,
            case=case,
            before=case.review,
            review=judgement.review,
            told=judgement.announces,
            fields=_pairs(posted),
            path=f"{desk.path}/{self.path}",
            **mail_context(
                desk.visitor, case, mail_of(case.review, judgement, case.schedule, local_date(desk.stamp.now))
            ),
        )

    async def post_edit(self, console: Console, request: Request) -> Response:
        """The form again, with what was typed."""
        desk, posted = await desk_of(console, request, self.may), await read_form(request)
        return self.enter(desk, await desk.case(), self.read(posted), {}, 200)

    async def post(self, console: Console, request: Request) -> Response:
        """The decision; or the form with every problem; or who was faster. What was typed is never lost."""
        desk, posted = await desk_of(console, request, self.may), await read_form(request)
        form = self.read(posted)
        outcome = await self.perform(desk, form)
        answer = desk.done(outcome, self.typed(form))
        if answer is not None:
            return answer
        return self.enter(desk, await desk.case(), form, messages_of(refused(outcome)), 422)


def _pairs(posted: PostedForm) -> Sequence[tuple[str, str]]:
    """Every field as it was posted, for the forms of the page that follows."""
    return [(name, value) for name, values in posted.fields.items() for value in values]
