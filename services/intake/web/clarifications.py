"""A question of the reviewer and its two exits, correction and withdrawal; withdrawing before there is a question."""

from dataclasses import dataclass

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.intake import workflows
from services.intake.domain.form_errors import FormErrors
from services.intake.rendering import error_texts
from services.intake.web.drafts import check_page, form_token_of, registered_already
from services.intake.web.guard import require_session
from services.intake.workflows import DraftOwner, Registration, Withdrawal
from services.intake.workflows.dependencies import Dependencies
from services.intake.workflows.refusals import (
    CheckPageOutdated,
    FormRefused,
    GrantRevoked,
    NotInClarification,
    WithdrawalTooLate,
)
from shared.runtime.web.forms import read_form
from shared.runtime.web.pages import page
from shared.runtime.web.sessions import Session


@dataclass(frozen=True, slots=True)
class ClarificationPages:
    """S13. Whoever was faster is told on the page: a reviewer, a colleague, or the applicant in another window."""

    intake: Dependencies

    def add_to(self, app: FastAPI) -> None:
        """Register the routes."""
        application = "/applications/{receipt_number}"
        app.add_api_route(f"{application}/clarification", self.get_clarification, methods=["GET"])
        app.add_api_route(f"{application}/correction", self.post_correction, methods=["POST"])
        app.add_api_route(f"{application}/correction/draft", self.post_draft, methods=["POST"])
        app.add_api_route(f"{application}/withdrawal", self.get_withdrawal, methods=["GET"])
        app.add_api_route(f"{application}/withdrawal", self.post_withdrawal, methods=["POST"])

    async def get_clarification(self, request: Request) -> Response:
        """The question, its date, and the way to an answer; without one, what became of the last."""
        session = await require_session(self.intake, request)
        number, now = request.path_params["receipt_number"], self.intake.clock.now()
        view = await workflows.open_application(self.intake.pool, session.account, number, now)
        return page(self.intake.environment, "clarification.html", session=session, view=view)

    async def post_draft(self, request: Request) -> Response:
        """Begin to correct: the form as it was registered, on the check page with a way to every field."""
        session = await require_session(self.intake, request)
        number, rules, now = request.path_params["receipt_number"], self.intake.form_rules, self.intake.clock.now()
        token = await workflows.start_correction(self.intake.pool, session.account, number, rules, now)
        return RedirectResponse(f"/applications/drafts/{token}/check", status_code=303)

    async def post_correction(self, request: Request) -> Response:
        """The register button of a correction: one revision, however often it is pressed (E31)."""
        session = await require_session(self.intake, request)
        posted = await read_form(request)
        token = form_token_of(posted.text("form_token"))
        owner = DraftOwner(session.account, token)
        if answer := await registered_already(self.intake, owner):
            return answer
        registration = Registration(session.account, token, posted.text("diff_sha256"))
        now, new_id, rules = self.intake.clock.now(), self.intake.new_id, self.intake.form_rules
        try:
            number = await workflows.register_correction(self.intake.pool, registration, rules, now, new_id)
        except (CheckPageOutdated, FormRefused):
            return await check_page(self.intake, session, owner, outdated=True)
        return RedirectResponse(f"/applications/{number}/received", status_code=303)

    async def get_withdrawal(self, request: Request) -> Response:
        """Whether it is meant, and what it leads to."""
        session = await require_session(self.intake, request)
        number = request.path_params["receipt_number"]
        return await self._withdrawal_page(session, number, "", FormErrors(()))

    async def post_withdrawal(self, request: Request) -> Response:
        """Withdraw, or ask review to let the application go."""
        session = await require_session(self.intake, request)
        number, reason = request.path_params["receipt_number"], (await read_form(request)).text("reason")
        withdrawal = Withdrawal(session.account, number, reason)
        now = self.intake.clock.now()
        try:
            await workflows.withdraw_application(self.intake.pool, withdrawal, now, self.intake.new_id)
        except FormRefused as refused:
            return await self._withdrawal_page(session, number, reason, refused.errors, status=422)
        return RedirectResponse(f"/applications/{number}", status_code=303)

    async def _withdrawal_page(
        self, session: Session, number: str, typed: str, errors: FormErrors, *, status: int = 200
    ) -> Response:
        view = await workflows.view_application(self.intake.pool, session.account, number)
        context = {"view": view, "typed": typed, "errors": error_texts(errors), "error_count": len(errors.errors)}
        return page(self.intake.environment, "withdrawal.html", status=status, session=session, **context)


def add_refusals(app: FastAPI, intake: Dependencies) -> None:
    """What the slower one reads, and who may not act any more, whichever page it was."""

    async def too_late(request: Request, error: Exception) -> Response:
        assert isinstance(error, NotInClarification | WithdrawalTooLate)
        session = await require_session(intake, request)
        kind = "correction" if isinstance(error, NotInClarification) else "withdrawal"
        context = {"receipt_number": error.receipt_number, "application_status": error.status}
        return page(intake.environment, f"{kind}_too_late.html", status=409, session=session, **context)

    async def grant_revoked(request: Request, error: Exception) -> Response:
        assert isinstance(error, GrantRevoked)
        session = await require_session(intake, request)
        context = {"receipt_number": error.receipt_number, "office_code": error.office_code}
        return page(intake.environment, "left_to_office.html", status=409, session=session, **context)

    app.add_exception_handler(GrantRevoked, grant_revoked)
    app.add_exception_handler(NotInClarification, too_late)
    app.add_exception_handler(WithdrawalTooLate, too_late)
