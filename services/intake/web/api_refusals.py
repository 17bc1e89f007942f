"""Refusals of workflows as problem documents; the pages answer the same ones with pages."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from services.intake import labels
from services.intake.web.api_answers import form_refused
from services.intake.workflows.documents import DocumentNotOpen
from services.intake.workflows.programs import KeyReused
from services.intake.workflows.refusals import (
    FormRefused,
    GrantRevoked,
    NotFound,
    NotInClarification,
    OfficeNotRegistered,
    OpenApplicationExists,
    WithdrawalTooLate,
)
from shared.runtime.web.problems import ApiProblem

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
REFUSALS = (
    DocumentNotOpen,
    FormRefused,
    GrantRevoked,
    KeyReused,
    NotFound,
    NotInClarification,
    OfficeNotRegistered,
    OpenApplicationExists,
    WithdrawalTooLate,
)


def refused_as_problems() -> type[APIRoute]:
    """The class of the API's routes."""

    class ProblemRoute(APIRoute):
        """A route whose refusals are problem documents."""

        def get_route_handler(self) -> Handler:
            """The handler, with refusals translated."""
            handler = super().get_route_handler()

            async def answer(request: Request) -> Response:
                try:
                    return await handler(request)
                except REFUSALS as refused:
                    raise problem_of(refused) from None

            return answer

    return ProblemRoute


def problem_of(refused: Exception) -> ApiProblem:
    """Status, stable code and what a person should know."""
    match refused:
        case FormRefused():
            return form_refused(refused.errors)
        case OpenApplicationExists():
            text = labels.open_application_text(refused.receipt_number)
            return ApiProblem(409, "open_application_exists", text)
        case DocumentNotOpen():
            text = labels.opens_on_text(refused.opens_on.isoformat()) if refused.opens_on else labels.NOT_OPEN_YET
            return ApiProblem(409, "document_not_open", text)
        case GrantRevoked():
            return ApiProblem(409, "grant_revoked", labels.grant_revoked_text(refused.office_code))
        case KeyReused():
            return ApiProblem(422, "idempotency_key_reused", labels.KEY_REUSED)
        case NotInClarification():
            return ApiProblem(409, "not_in_clarification", _status_text(refused))
        case WithdrawalTooLate():
            return ApiProblem(409, "withdrawal_too_late", _status_text(refused))
        case _:
            return ApiProblem(404, "not_found")


def _status_text(refused: NotInClarification | WithdrawalTooLate) -> str:
    return labels.APPLICATION_STATUS_LABELS[refused.status]
