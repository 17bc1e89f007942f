"""The API of programs: bearer token of an office, JSON in and out, problem documents for every refusal."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Header, Path, Query
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.intake import labels, workflows
from services.intake.domain.application import ApplicationStatus
from services.intake.web.api_answers import (
    PREFIX,
    Problem,
    contract_told,
    refusals,
    summary,
    told_in_short,
    whole,
)
from services.intake.web.api_models import CorrectedApplication, NewApplication, WithdrawalBody
from services.intake.web.api_posting import (
    KEY_PATTERN,
    NO_STORE,
    PostingRoute,
    answered,
    receive_application,
    request_digest,
    token_of,
)
from services.intake.web.api_refusals import refused_as_problems
from services.intake.web.documents import document_wish, pdf_answer
from services.intake.workflows.correcting import CorrectionForm
from services.intake.workflows.dependencies import Dependencies
from services.intake.workflows.programs import ProgramPost, TokenUnknown
from services.intake.workflows.withdrawing import Withdrawal
from shared.kernel.identifiers import RECEIPT_NUMBER_PATTERN, OfficeCode
from shared.runtime.web.problems import ApiProblem, FieldProblem

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=KEY_PATTERN,
        description="The same key with the same body gets the same answer for seven days.",
    ),
]
ReceiptNumberInPath = Annotated[str, Path(description="Receipt number, 260001A.")]
Status = Annotated[ApplicationStatus | None, Query(description="Only applications in this status.")]
Cursor = Annotated[str | None, Query(pattern=RECEIPT_NUMBER_PATTERN, description="`next_cursor` of the page before.")]


@dataclass(frozen=True, slots=True)
class ApplicationsApi:
    """`/api/v1` of the portal."""

    intake: Dependencies

    def add_to(self, app: FastAPI) -> None:
        """Register the routes, and their description at `/api/v1/openapi.json`."""
        router = APIRouter(prefix=PREFIX, route_class=refused_as_problems())
        self._add_readers(router)
        self._add_writers(router)
        app.router.routes.insert(0, PostingRoute(f"{PREFIX}/applications", self.intake.desk, router))
        app.include_router(router)
        description = describe(router)

        async def get_description() -> Response:
            return JSONResponse(description)

        app.add_api_route(f"{PREFIX}/openapi.json", get_description, methods=["GET"], include_in_schema=False)

    def _add_readers(self, router: APIRouter) -> None:
        for path, endpoint, statuses in (
            ("/offices/{office_code}/contract", self.get_contract, (401, 404, 422)),
            ("/applications", self.get_applications, (401, 422)),
            ("/applications/{receipt_number}", self.get_application, (401, 404, 422)),
        ):
            router.add_api_route(path, endpoint, methods=["GET"], responses=refusals(*statuses, 503))
        pdf: dict[int | str, dict[str, Any]] = {200: {"description": "PDF", "content": {"application/pdf": {}}}}
        path = "/applications/{receipt_number}/documents/{document}"
        responses = {**pdf, **refusals(401, 404, 409, 422, 503)}
        router.add_api_route(path, self.get_document, methods=["GET"], responses=responses, response_class=Response)

    def _add_writers(self, router: APIRouter) -> None:
        for path, endpoint, status, others in (
            ("/applications", self.post_application, 201, [429]),
            ("/applications/{receipt_number}/correction", self.post_correction, 200, []),
            ("/applications/{receipt_number}/withdrawal", self.post_withdrawal, 200, []),
        ):
            responses = refusals(401, 404, 409, 413, 422, 503, *others)
            router.add_api_route(path, endpoint, methods=["POST"], status_code=status, responses=responses)

    async def get_contract(
        self, request: Request, office_code: Annotated[str, Path(description="Office code, NAC001.")]
    ) -> Response:
        """The contract of the own office, or of a sister office it may apply for, with every mailbox."""
        caller = await self._caller(request)
        view = await workflows.view_contract_of(self.intake.pool, caller, office_code, self.intake.clock.now())
        return JSONResponse(contract_told(view), headers=NO_STORE)

    async def get_applications(self, request: Request, status: Status = None, cursor: Cursor = None) -> Response:
        """The office's applications, newest first, a page of 20."""
        caller = await self._caller(request)
        found = await workflows.list_applications(self.intake.pool, caller, status, cursor)
        applications = [summary(each) for each in found.applications]
        return JSONResponse({"applications": applications, "next_cursor": found.next_after}, headers=NO_STORE)

    async def get_application(self, request: Request, receipt_number: ReceiptNumberInPath) -> Response:
        """One application with its result, questions, documents and timeline."""
        caller = await self._caller(request)
        view = await workflows.view_application(self.intake.pool, caller, receipt_number)
        return JSONResponse(whole(view, self.intake.clock.now()), headers=NO_STORE)

    async def get_document(
        self,
        request: Request,
        receipt_number: ReceiptNumberInPath,
        document: Annotated[str, Path(description="application-form or approval-notice.")],
        revision: Annotated[int | None, Query(ge=1, le=9999, description="The latest by default.")] = None,
    ) -> Response:
        """A document as PDF, the same bytes each time."""
        wish = document_wish(request, await self._caller(request))
        now = self.intake.clock.now()
        printed = await workflows.print_document(self.intake.pool, self.intake.printer, wish, now)
        return pdf_answer(printed, wish)

    async def post_application(self, request: Request, body: NewApplication, key: IdempotencyKey) -> Response:
        """Register an application; what the page normalises is normalised here."""
        if field := body.part_of_another_kind(body.kind):
            await self._caller(request)
            raise other_kind(field)
        return await receive_application(self.intake.desk, request, await request.body(), body, key)

    async def post_correction(
        self,
        request: Request,
        receipt_number: ReceiptNumberInPath,
        body: CorrectedApplication,
        key: IdempotencyKey,
    ) -> Response:
        """Answer the open question with a corrected form."""
        caller = await self._caller(request)
        view = await workflows.view_application(self.intake.pool, caller, receipt_number)
        kind = view.application.kind.value
        if field := body.part_of_another_kind(kind):
            raise other_kind(field)
        typed = body.form(view.application.office_code, kind)
        form = CorrectionForm(caller, receipt_number, body.clarification_id, typed)
        rules, now, new_id = self.intake.form_rules, self.intake.clock.now(), self.intake.new_id
        post = await _post(request, caller, key)
        answer = await workflows.correct_once(self.intake.pool, post, form, rules, now, new_id)
        return answered(answer)

    async def post_withdrawal(
        self, request: Request, receipt_number: ReceiptNumberInPath, body: WithdrawalBody, key: IdempotencyKey
    ) -> Response:
        """Withdraw at once out of a question, else ask for it: `withdrawal_requested` until review has answered."""
        caller = await self._caller(request)
        withdrawal = Withdrawal(caller, receipt_number, body.reason)
        post, now = await _post(request, caller, key), self.intake.clock.now()
        answer = await workflows.withdraw_once(self.intake.pool, post, withdrawal, now, self.intake.new_id)
        return answered(answer)

    async def _caller(self, request: Request) -> OfficeCode:
        try:
            return await workflows.find_calling_office(self.intake.pool, token_of(request), self.intake.clock.now())
        except TokenUnknown:
            raise ApiProblem(401, "invalid_token") from None


def describe(router: APIRouter) -> dict[str, Any]:
    """The OpenAPI document of the routes."""
    document = get_openapi(
        title=labels.API_TITLE, version="1", description=labels.API_DESCRIPTION, routes=router.routes
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas.update(_problem_schemas())
    components["securitySchemes"] = {"office": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"office": []}]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return document


def _problem_schemas() -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs"), "Problem": schema}


def other_kind(field: str) -> ApiProblem:
    """The field says what the other kind of application asks for."""
    return ApiProblem(422, "invalid_request", errors=[FieldProblem(field, "other_kind", labels.OTHER_KIND)])


async def _post(request: Request, caller: OfficeCode, key: str) -> ProgramPost:
    return ProgramPost(caller, key, request_digest(request, await request.body()), told_in_short)
