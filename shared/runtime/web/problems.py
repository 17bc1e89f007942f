"""Errors of an API: what a route raises, and the problem document (RFC 9457) that its caller gets."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from shared.runtime.web.labels import ERROR_TEXTS
from shared.runtime.web.tracing import current_reference

PROBLEM_TYPE = "application/problem+json"

# Written out, because the standard library's phrases change between Python versions.
CODES: Mapping[int, str] = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "content_too_large",
    415: "unsupported_media_type",
    422: "invalid_request",
    429: "too_many_requests",
    503: "unavailable",
}


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One refused field of an API body: where, a stable code, and what to do about it in Japanese."""

    field: str
    code: str
    message: str


class ApiProblem(Exception):
    """An error of the API: `code` is stable for programs, `detail` is Japanese for people."""

    def __init__(self, status: int, code: str, detail: str = "", errors: Sequence[FieldProblem] = ()) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)


def problem_answer(
    status: int,
    code: str | None = None,
    *,
    detail: str = "",
    errors: Sequence[FieldProblem] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The document that tells a program, and the person behind it, what was refused; `code` follows from `status`."""
    text = ERROR_TEXTS.get(status)
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": text.title if text else _code_of(status),
        "status": status,
        "code": code or _code_of(status),
        "detail": detail or (text.advice if text else ""),
        "reference": current_reference(),
    }
    if errors:
        document["errors"] = [asdict(error) for error in errors]
    # A message may quote half a surrogate pair, which JSON can escape and UTF-8 cannot write.
    body = json.dumps(document, ensure_ascii=False).encode(errors="replace")
    return Response(body, status, headers, media_type=PROBLEM_TYPE)


def _code_of(status: int) -> str:
    return CODES.get(status, "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "request_error")
