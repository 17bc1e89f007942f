"""The operators' API of the contract register: bearer staff token, JSON in, problem documents out."""

import json
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.intake import labels, workflows
from services.intake.domain.register import register_problems
from services.intake.workflows.dependencies import Dependencies
from services.intake.workflows.refusals import ContractChangedMeanwhile
from shared.contracts.intake_events import ContractPublished
from shared.kernel.identifiers import InvalidIdentifier, parse_office_code
from shared.runtime.staff_tokens import InvalidStaffToken, verify_staff_token
from shared.runtime.web.labels import FIELD_MESSAGES, OTHER_FIELD_MESSAGE
from shared.runtime.web.problems import ApiProblem, FieldProblem

ROLE = "operator"
BEARER = "bearer "


@dataclass(frozen=True, slots=True)
class ContractsApi:
    """`PUT /api/v1/contracts/{office_code}`."""

    intake: Dependencies

    def add_to(self, app: FastAPI) -> None:
        """Register the route."""
        app.add_api_route("/api/v1/contracts/{office_code}", self.put_contract, methods=["PUT"])

    async def put_contract(self, request: Request) -> Response:
        """Publish the office's register; the same content again keeps its version."""
        self._require_operator(request)
        contract = register_of(await request.body(), request.path_params["office_code"])
        now = self.intake.clock.now()
        try:
            published = await workflows.publish_contract(self.intake.pool, contract, now, self.intake.new_id)
        except ContractChangedMeanwhile:
            raise ApiProblem(409, "changed_meanwhile") from None
        return JSONResponse({"office_code": published.office_code, "contract_version": published.contract_version})

    def _require_operator(self, request: Request) -> None:
        header = request.headers.get("authorization", "")
        token = header[len(BEARER) :] if header.lower().startswith(BEARER) else ""
        try:
            staff = verify_staff_token(token, self.intake.staff_keys_dir, self.intake.clock.now())
        except InvalidStaffToken:
            raise ApiProblem(401, "invalid_token") from None
        if ROLE not in staff.roles:
            raise ApiProblem(403, "role_missing")


def register_of(body: bytes, office_code_text: str) -> ContractPublished:
    """The register in the body, version 0. Raises ApiProblem naming every field that does not fit."""
    try:
        office_code = parse_office_code(office_code_text)
    except InvalidIdentifier:
        raise ApiProblem(404, "not_found") from None
    fields = _json_object(body)
    unknown = sorted(fields.keys() - ContractPublished.model_fields.keys())
    if unknown:
        raise _invalid([FieldProblem(name, "extra_forbidden", FIELD_MESSAGES["extra_forbidden"]) for name in unknown])
    if fields.get("office_code", office_code) != office_code:
        raise _invalid([FieldProblem("office_code", "office_code_differs", labels.OFFICE_CODE_DIFFERS)])
    try:
        contract = ContractPublished.model_validate({**fields, "office_code": office_code, "contract_version": 0})
    except ValidationError as error:
        refused = error.errors(include_input=False, include_url=False)
        raise _invalid([_field_problem(item) for item in refused]) from None
    if problems := register_problems(contract):
        texts = labels.REGISTER_PROBLEM_LABELS
        raise _invalid([FieldProblem(each.field, each.code, texts[each.code]) for each in problems])
    return contract


def _json_object(body: bytes) -> dict[str, Any]:
    # No database column takes a NUL, not even inside JSON.
    if b"\\u0000" in body:
        raise ApiProblem(400, "json_invalid")
    try:
        document = json.loads(body)
    except ValueError:
        raise ApiProblem(400, "json_invalid") from None
    if not isinstance(document, dict):
        raise ApiProblem(400, "json_invalid")
    return document


def _invalid(problems: list[FieldProblem]) -> ApiProblem:
    return ApiProblem(422, "invalid_request", errors=problems)


def _field_problem(item: Any) -> FieldProblem:
    field = ".".join(str(part) for part in item["loc"])
    return FieldProblem(field, item["type"], FIELD_MESSAGES.get(item["type"], OTHER_FIELD_MESSAGE))
