"""The operators' API of the contract register: bearer staff token, JSON in, problem documents out."""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.intake import labels, workflows
from services.intake.domain.register import RegisterFile, RegisterProblem, read_register
from services.intake.domain.register_changes import ContractChange, RegisterOutcome
from services.intake.workflows import AccountOrder
from services.intake.workflows.dependencies import Dependencies
from services.intake.workflows.refusals import AccountExists, ContractChangedMeanwhile
from services.intake.workflows.register import RegisterRefused
from shared.kernel.identifiers import OfficeCode
from shared.runtime.web.problems import ApiProblem, FieldProblem
from shared.runtime.web.staff_api import require_staff

ROLE = "operator"
NO_STORE = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class ContractsApi:
    """`PUT /api/v1/contracts` imports a register, `POST …/preview` says what it would change, `GET` lists."""

    intake: Dependencies

    def add_to(self, app: FastAPI) -> None:
        """Register the routes."""
        options: dict[str, Any] = {"include_in_schema": False}
        app.add_api_route("/api/v1/contracts", self.put_register, methods=["PUT"], **options)
        app.add_api_route("/api/v1/contracts/preview", self.post_preview, methods=["POST"], **options)
        app.add_api_route("/api/v1/contracts", self.get_contracts, methods=["GET"], **options)

    async def put_register(self, request: Request) -> Response:
        """Publish what has changed, and open an account for every new office: its password stands in this answer."""
        login, now = self._require_operator(request), self.intake.clock.now()
        register = await self._register_in(request)
        try:
            changes = await workflows.import_register(self.intake.pool, register, now, self.intake.new_id)
        except ContractChangedMeanwhile:
            raise ApiProblem(409, "changed_meanwhile") from None
        except RegisterRefused as refused:
            raise _refused(refused.problems) from None
        new = [change.contract.office_code for change in changes if change.outcome is RegisterOutcome.NEW]
        opened = await self._open_accounts(new, login)
        return JSONResponse({"offices": _told(changes), "initial_passwords": opened}, headers=NO_STORE)

    async def post_preview(self, request: Request) -> Response:
        """What an import of the same body would change."""
        self._require_operator(request)
        register = await self._register_in(request)
        try:
            changes = await workflows.preview_register(self.intake.pool, register)
        except RegisterRefused as refused:
            raise _refused(refused.problems) from None
        return JSONResponse({"offices": _told(changes)}, headers=NO_STORE)

    async def get_contracts(self, request: Request) -> Response:
        """A page of the register; `next` is the `after` of the page behind it, null on the last."""
        self._require_operator(request)
        contracts = await workflows.list_contracts(self.intake.pool, request.query_params.get("after", ""))
        following = contracts[-1].office_code if len(contracts) == workflows.CONTRACTS_LISTED else None
        listed = [contract.model_dump(mode="json", exclude_none=True) for contract in contracts]
        return JSONResponse({"contracts": listed, "next": following}, headers=NO_STORE)

    async def _open_accounts(self, offices: Sequence[OfficeCode], operator: str) -> Mapping[str, str]:
        opened: dict[str, str] = {}
        for office in offices:
            order = AccountOrder(office, operator, self.intake.clock.now())
            with suppress(AccountExists):
                opened[office] = await workflows.open_account(self.intake.pool, self.intake.hasher, order)
        return opened

    def _require_operator(self, request: Request) -> str:
        """The login of the operator."""
        return require_staff(request, self.intake.staff_keys_dir, self.intake.clock.now(), ROLE).login

    async def _register_in(self, request: Request) -> RegisterFile:
        register = read_register(json_of(await request.body()), self.intake.printer.find_unprintable)
        if not isinstance(register, RegisterFile):
            raise _refused(register)
        return register


def json_of(body: bytes) -> Any:
    """The JSON value of a body. Raises ApiProblem."""
    # No database column takes a NUL, not even inside JSON.
    if b"\\u0000" in body:
        raise ApiProblem(400, "json_invalid")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise ApiProblem(400, "json_invalid") from None


def _refused(problems: Iterable[RegisterProblem]) -> ApiProblem:
    errors = [FieldProblem(each.field, each.code, labels.register_problem_text(each.code)) for each in problems]
    return ApiProblem(422, "invalid_request", errors=errors)


def _told(changes: Iterable[ContractChange]) -> list[dict[str, Any]]:
    return [
        {
            "office_code": change.contract.office_code,
            "contract_version": change.contract.contract_version,
            "outcome": change.outcome.value,
            "changes": [asdict(each) for each in change.changes] if change.outcome is RegisterOutcome.CHANGED else [],
        }
        for change in changes
    ]
