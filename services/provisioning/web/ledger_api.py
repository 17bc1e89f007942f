"""The staff API on the books: an office's ledger, and the latest comparison with the mail server. No rule, no SQL."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request

from services.provisioning import labels, workflows
from services.provisioning.web.answers import drift_answer, ledger_answer
from shared.kernel.identifiers import HIGHEST_MAILBOX_SERIAL, InvalidIdentifier, OfficeCode, parse_office_code
from shared.runtime.clock import Clock
from shared.runtime.database import Pool
from shared.runtime.web.problems import ApiProblem, FieldProblem
from shared.runtime.web.staff_api import require_staff

READERS = ("reviewer", "lead", "operator", "help_desk")


@dataclass(frozen=True, slots=True)
class LedgerDesk:
    """What the API needs. Without the directory of the staff's public keys nobody is let in."""

    pool: Pool
    clock: Clock
    staff_keys_dir: Path | None


def build_ledger_api(desk: LedgerDesk) -> APIRouter:
    """Everything under /api/v1."""
    router = APIRouter(prefix="/api/v1")

    @router.get("/offices/{office_code}/ledger")
    async def get_ledger(request: Request, office_code: str, cursor: str = "") -> dict[str, Any]:
        _let_in(desk, request)
        page = await workflows.read_ledger(desk.pool, _office(office_code), _serial(cursor))
        if page is None:
            raise _unknown_office()
        return ledger_answer(page)

    @router.get("/drift")
    async def get_drift(request: Request) -> dict[str, Any]:
        _let_in(desk, request)
        report = await workflows.read_drift(desk.pool)
        if report is None:
            raise ApiProblem(404, "never_compared", labels.NEVER_COMPARED)
        return drift_answer(report)

    return router


def _let_in(desk: LedgerDesk, request: Request) -> None:
    if desk.staff_keys_dir is None:
        raise ApiProblem(401, "invalid_token")
    require_staff(request, desk.staff_keys_dir, desk.clock.now(), *READERS)


def _office(text: str) -> OfficeCode:
    try:
        return parse_office_code(text)
    except InvalidIdentifier:
        raise _unknown_office() from None


def _serial(cursor: str) -> int:
    if cursor == "":
        return 0
    if cursor.isascii() and cursor.isdigit() and int(cursor) <= HIGHEST_MAILBOX_SERIAL:
        return int(cursor)
    problem = FieldProblem("cursor", "invalid_cursor", labels.INVALID_CURSOR)
    raise ApiProblem(422, "invalid_request", errors=[problem])


def _unknown_office() -> ApiProblem:
    return ApiProblem(404, "unknown_office", labels.UNKNOWN_OFFICE)
