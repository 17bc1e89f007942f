"""Reading posted forms: size-limited, UTF-8, the exact text the user typed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

MAX_BODY_BYTES = 64 * 1024
MAX_FIELDS = 500
FORM_TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class PostedForm:
    """A posted form; a missing field reads as the empty text."""

    fields: Mapping[str, Sequence[str]]

    def text(self, name: str) -> str:
        """The field's last value, or the empty text."""
        values = self.fields.get(name)
        return values[-1] if values else ""

    def texts(self, name: str) -> Sequence[str]:
        """Every value of a repeated field (ticks)."""
        return self.fields.get(name, ())


async def read_form(request: Request) -> PostedForm:
    """The request's form.

    Raises starlette HTTPException: 413 over the limit, 415 for another content type, 400 for bytes that are not
    UTF-8, for NUL (which no database column takes) and for more than 500 fields.
    """
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() != FORM_TYPE:
        raise HTTPException(415)
    return PostedForm(_parse(await _read_body(request)))


async def _read_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise HTTPException(413)
    return bytes(body)


def _parse(body: bytes) -> dict[str, list[str]]:
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise HTTPException(400) from error
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        if "\0" in name or "\0" in value:
            raise HTTPException(400)
        fields.setdefault(name, []).append(value)
    return fields
