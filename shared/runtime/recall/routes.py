"""What an operator asks of a restored database, and what everybody else is answered meanwhile."""

import json
from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.runtime.health import RecallState
from shared.runtime.kafka import KafkaUnreachable
from shared.runtime.recall.looking import Recall, look
from shared.runtime.recall.memory import count_subjects_behind
from shared.runtime.recall.repairing import plan_repair, repair
from shared.runtime.web.problems import ApiProblem, problem_answer

RETRY_AFTER_SECONDS = "60"
OPEN_PATH = "/api/v1/tokens"
"""Where review gives staff their tokens: without one nobody could repair review itself."""


class RepairRequest(BaseModel):
    """Whether only to say what a repair would do."""

    model_config = ConfigDict(extra="forbid")

    dry_run: bool = False


class WhileCurrent:
    """ASGI middleware: no page and no post on a database that is older than its topics."""

    def __init__(self, app: ASGIApp, recall: RecallState) -> None:
        self._app = app
        self._recall = recall

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 503 in its place."""
        if scope["type"] != "http" or self._recall.is_current or scope["path"] == OPEN_PATH:
            await self._app(scope, receive, send)
            return
        answer = problem_answer(503, "database_behind", headers={"retry-after": RETRY_AFTER_SECONDS})
        await answer(scope, receive, send)


def recall_routes(recall: Recall) -> list[Route]:
    """For `operate_routes`."""

    async def compare(_request: Request) -> Response:
        try:
            is_current = await look(recall)
        except (KafkaUnreachable, TimeoutError):
            raise ApiProblem(503, "broker_unreachable") from None
        async with recall.pool.acquire() as db:
            subjects = await count_subjects_behind(db)
        return _json({"is_current": is_current, "subjects_behind": subjects})

    async def bring_up(request: Request) -> Response:
        try:
            wanted = RepairRequest.model_validate_json(await request.body())
        except ValidationError:
            raise ApiProblem(422, "invalid_request") from None
        try:
            if await look(recall):
                raise ApiProblem(409, "database_is_current")
            report = await (plan_repair(recall) if wanted.dry_run else repair(recall, request.state.staff.login))
        except (KafkaUnreachable, TimeoutError):
            raise ApiProblem(503, "broker_unreachable") from None
        return _json(asdict(report))

    return [
        Route("/restored/comparison", compare, methods=["POST"]),
        Route("/restored/repair", bring_up, methods=["POST"]),
    ]


def _json(content: Any) -> Response:
    return Response(json.dumps(content), media_type="application/json", headers={"cache-control": "no-store"})
