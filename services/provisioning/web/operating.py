"""Routes under /operate/v1, for the `nss` command: compare, repair, verify. No rule and no SQL here."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.provisioning import labels, workflows
from services.provisioning.domain.audit import HASH_BYTES, Seal
from services.provisioning.domain.drift import ExportedAccount
from services.provisioning.web.answers import audit_answer, drift_answer, repair_answer, verification_answer
from services.provisioning.workflows import BookKeeping
from shared.runtime.event_router import EventRouter
from shared.runtime.kafka import KafkaUnreachable
from shared.runtime.web.problems import ApiProblem, FieldProblem

MOST_ACCOUNTS = 2_000_000


def build_operate_routes(keeping: BookKeeping, router: EventRouter) -> Sequence[Route]:
    """Every route of provisioning that operators and leads may call."""
    return (*_topic_routes(keeping, router), *_list_routes(keeping))


def _topic_routes(keeping: BookKeeping, router: EventRouter) -> Sequence[Route]:
    """What reads the whole topic."""

    async def post_verification(_request: Request) -> Response:
        try:
            return JSONResponse(verification_answer(await workflows.verify_ledger(keeping)))
        except (KafkaUnreachable, TimeoutError):
            raise _topic_unreadable() from None

    async def post_repair(request: Request) -> Response:
        dry_run = (await _body(request)).get("dry_run") is not False
        try:
            if dry_run:
                return JSONResponse(repair_answer(await workflows.plan_repair(keeping, router)))
            operator = request.state.staff.login
            return JSONResponse(repair_answer(await workflows.repair_ledger(keeping, router, operator)))
        except (KafkaUnreachable, TimeoutError):
            raise _topic_unreadable() from None

    return (
        Route("/ledger/verification", post_verification, methods=["POST"]),
        Route("/ledger/repair", post_repair, methods=["POST"]),
    )


def _list_routes(keeping: BookKeeping) -> Sequence[Route]:
    """What reads the database alone."""

    async def post_audit_verification(request: Request) -> Response:
        noted = (await _body(request)).get("noted_head")
        return JSONResponse(audit_answer(await workflows.verify_audit(keeping.pool, _seal(noted))))

    async def post_drift(request: Request) -> Response:
        accounts = _accounts(await _body(request))
        operator = request.state.staff.login
        report = await workflows.compare_accounts(keeping.pool, keeping.clock, accounts, operator)
        return JSONResponse(drift_answer(report))

    async def get_erasable(request: Request) -> Response:
        after = request.query_params.get("after", "")
        found = await workflows.list_erasable(keeping.pool, keeping.clock, after)
        items = [{"mailbox_id": mailbox, "erasable_from": day.isoformat()} for mailbox, day in found]
        return JSONResponse({"items": items})

    return (
        Route("/audit/verification", post_audit_verification, methods=["POST"]),
        Route("/drift", post_drift, methods=["POST"]),
        Route("/mailboxes/erasable", get_erasable),
    )


async def _body(request: Request) -> Mapping[str, Any]:
    """The JSON object of the request; an empty body is an empty object."""
    try:
        body = await request.json() if await request.body() else {}
    except ValueError:
        raise ApiProblem(400, "bad_request") from None
    if not isinstance(body, dict):
        raise ApiProblem(400, "bad_request")
    return body


def _seal(noted: object) -> Seal | None:
    """A head as `position:hexadecimal hash`, as a verification has printed it."""
    if noted is None:
        return None
    position, _, digest = str(noted).partition(":")
    try:
        hash_ = bytes.fromhex(digest)
    except ValueError:
        hash_ = b""
    if not position.isdigit() or len(hash_) != HASH_BYTES:
        raise ApiProblem(
            422, "invalid_request", errors=[FieldProblem("noted_head", "invalid_head", labels.INVALID_HEAD)]
        )
    return Seal(int(position), 0, hash_)


def _accounts(body: Mapping[str, Any]) -> list[ExportedAccount]:
    given = body.get("accounts")
    if not isinstance(given, list) or len(given) > MOST_ACCOUNTS or not all(_is_account(each) for each in given):
        problem = FieldProblem("accounts", "invalid_accounts", labels.INVALID_ACCOUNTS)
        raise ApiProblem(422, "invalid_request", errors=[problem])
    return [ExportedAccount(each["name"], each.get("fingerprint")) for each in given]


def _is_account(given: object) -> bool:
    return (
        isinstance(given, dict)
        and isinstance(given.get("name"), str)
        and isinstance(given.get("fingerprint"), str | None)
    )


def _topic_unreadable() -> ApiProblem:
    return ApiProblem(503, "topic_unreadable", labels.TOPIC_UNREADABLE)
