"""The short way to `POST /api/v1/applications`, which programs take in bulk.

The framework's own way through this route costs as much as everything else in it. So a request that is plainly what the
description asks for is read here; every other one goes on to the described route, which knows how to refuse it. What
happens to a request that was read is the same on both ways.
"""

import hashlib
import json
import re
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.intake.web.api_answers import told_in_short
from services.intake.web.api_models import NewApplication
from services.intake.web.api_refusals import REFUSALS, problem_of
from services.intake.workflows.desk import PostingDesk
from services.intake.workflows.programs import ApiAnswer, TokenUnknown
from services.intake.workflows.receiving import Post
from shared.runtime.web.problems import ApiProblem
from shared.runtime.web.tracing import current_traceparent

BEARER = "bearer "
NO_STORE = {"Cache-Control": "no-store"}
KEY_PATTERN = r"^[A-Za-z0-9_.:-]{1,100}$"
JSON = "application/json"

_KEY = re.compile(KEY_PATTERN)


@dataclass(frozen=True, slots=True)
class PostingRoute(BaseRoute):
    """Stands before the described route of the same path."""

    path: str
    desk: PostingDesk
    described: ASGIApp

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """POST to exactly this path."""
        is_ours = scope["type"] == "http" and scope["path"] == self.path and scope["method"] == "POST"
        return (Match.FULL, {"route": self}) if is_ours else (Match.NONE, {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what can be read; pass everything else on, its body with it."""
        request = Request(scope, receive)
        content = await request.body()
        key, body = plain_key(request), plain_body(request, content)
        if key is None or body is None:

            async def receive_again() -> Message:
                return {"type": "http.request", "body": content, "more_body": False}

            await self.described(scope, receive_again, send)
            return
        try:
            answer = await receive_application(self.desk, request, content, body, key)
        except REFUSALS as refused:
            raise problem_of(refused) from None
        await answer(scope, receive, send)


def plain_key(request: Request) -> str | None:
    """The idempotency key, where there is one that may be used."""
    key = request.headers.get("idempotency-key", "")
    return key if _KEY.fullmatch(key) else None


def plain_body(request: Request, content: bytes) -> NewApplication | None:
    """The body, where it is JSON that fits the description."""
    if request.headers.get("content-type") != JSON:
        return None
    try:
        body = NewApplication.model_validate(json.loads(content))
    except (ValueError, RecursionError):
        return None
    return None if body.part_of_another_kind(body.kind) else body


async def receive_application(
    desk: PostingDesk, request: Request, content: bytes, body: NewApplication, key: str
) -> Response:
    """What becomes of an application that could be read."""
    form, digest = body.form(body.office_code, body.kind), request_digest(request, content)
    try:
        answer = await desk.receive(Post(token_of(request), key, digest, form, told_in_short, current_traceparent()))
    except TokenUnknown:
        raise ApiProblem(401, "invalid_token") from None
    return answered(answer)


def answered(answer: ApiAnswer) -> Response:
    """The answer to a post."""
    return Response(answer.body, answer.status, NO_STORE, media_type=JSON)


def request_digest(request: Request, content: bytes) -> bytes:
    """The digest of everything that a post asks."""
    return hashlib.sha256(request.scope["path"].encode() + b"\n" + content).digest()


def token_of(request: Request) -> str:
    """The token that the request carries; empty where it carries none."""
    header = request.headers.get("authorization", "")
    return header[len(BEARER) :].strip() if header.lower().startswith(BEARER) else ""
