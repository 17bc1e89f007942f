"""What goes wrong as an answer: a Japanese page with a reference to quote, or a problem document under /api/."""

import traceback
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

import asyncpg
import structlog
from fastapi.exceptions import RequestValidationError
from jinja2 import Environment
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.runtime.web.labels import ERROR_TEXTS, FIELD_MESSAGES, OTHER_FIELD_MESSAGE
from shared.runtime.web.passwords import PasswordHasherBusy
from shared.runtime.web.problems import ApiProblem, FieldProblem, problem_answer
from shared.runtime.web.tracing import current_reference

API_PREFIX = "/api/"
RETRY_AFTER_SECONDS = "5"
DATABASE_GONE = (
    asyncpg.PostgresConnectionError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
    ConnectionError,
    TimeoutError,
)

logger = structlog.get_logger(__name__)


class ErrorAnswers:
    """Renders every error of a service; nothing of an exception's text ever reaches the reader."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def answer(
        self,
        scope: Scope,
        status: int,
        *,
        code: str | None = None,
        detail: str = "",
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """The page or the problem document, whichever the path's readers understand."""
        if scope["path"].startswith(API_PREFIX):
            return problem_answer(status, code, detail=detail, errors=errors, headers=headers)
        text = ERROR_TEXTS.get(status, ERROR_TEXTS[500 if status >= HTTPStatus.INTERNAL_SERVER_ERROR else 400])
        template = self._environment.get_template("error.html")
        page = template.render(status=status, text=text, detail=detail, reference=current_reference())
        return HTMLResponse(page, status, headers)

    async def on_http_exception(self, request: Request, error: Exception) -> Response:
        """Routing errors (404, 405) and those that a page raises."""
        assert isinstance(error, HTTPException)
        return self.answer(request.scope, error.status_code, headers=error.headers)

    async def on_api_problem(self, request: Request, error: Exception) -> Response:
        """Errors that an API route names itself."""
        assert isinstance(error, ApiProblem)
        return self.answer(request.scope, error.status, code=error.code, detail=error.detail, errors=error.errors)

    async def on_invalid_request(self, request: Request, error: Exception) -> Response:
        """A body, query or path that does not fit the declared model: 422 with one entry per field."""
        assert isinstance(error, RequestValidationError)
        problems = [_field_problem(item) for item in error.errors()]
        return self.answer(request.scope, 422, code="invalid_request", errors=problems)

    async def on_busy(self, request: Request, _error: Exception) -> Response:
        """Too many passwords at once."""
        return self.answer(request.scope, 503, code="busy", headers={"Retry-After": RETRY_AFTER_SECONDS})

    @property
    def handlers(self) -> dict[Any, Any]:
        """For an application's `exception_handlers`."""
        return {
            HTTPException: self.on_http_exception,
            ApiProblem: self.on_api_problem,
            RequestValidationError: self.on_invalid_request,
            PasswordHasherBusy: self.on_busy,
        }


class ErrorBoundary:
    """ASGI middleware: what nobody expected becomes a 500 with a reference and one log line; an absent database a 503.

    It stands inside the security headers, which the framework's own last resort would not pass through.
    """

    def __init__(self, app: ASGIApp, answers: ErrorAnswers) -> None:
        self._app = app
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; answer 500 unless an answer has already begun."""
        begun = False

        async def send_noting(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        except Exception as error:
            if scope["type"] != "http" or begun:
                raise
            await self._answer_to(error, scope)(scope, receive, send)

    def _answer_to(self, error: Exception, scope: Scope) -> Response:
        seen = {"reference": current_reference(), "path": scope["path"], "error": type(error).__name__}
        if isinstance(error, DATABASE_GONE):
            logger.warning("database-unreachable", **seen)
            return self._answers.answer(scope, 503, headers={"Retry-After": RETRY_AFTER_SECONDS})
        # Where, not what: the text of an exception may hold what somebody typed.
        last = traceback.extract_tb(error.__traceback__)[-1]
        logger.error("request-failed", where=f"{Path(last.filename).name}:{last.lineno}", **seen)
        return self._answers.answer(scope, 500)


def _field_problem(item: Mapping[str, Any]) -> FieldProblem:
    # The first part says body, query or path: of no use to the reader. The refused input is never echoed.
    field = ".".join(str(part) for part in item["loc"][1:])
    return FieldProblem(field, item["type"], FIELD_MESSAGES.get(item["type"], OTHER_FIELD_MESSAGE))
