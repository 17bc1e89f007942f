"""`/operate/v1/mails…`: what the nss command asks of notifier. Codes and states only, no address and no text."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import to_jsonable_python
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from services.notifier import workflows
from services.notifier.domain.addresses import UnsafeAddress
from services.notifier.domain.filters import MailFilter
from services.notifier.domain.mails import Letterhead
from services.notifier.workflows import Delivery, Instruction, NoSuchSample
from shared.contracts.notifier_events import Mail, MailFailure, RecipientRole
from shared.runtime.web.problems import ApiProblem, FieldProblem

LONGEST_REASON = 500
MOST_BODY_BYTES = 64 * 1024
MAILS = "|".join(mail.value for mail in Mail)
ROLES = "|".join(role.value for role in RecipientRole)
FAILURES = "|".join(failure.value for failure in MailFailure)

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=LONGEST_REASON)]


class _Filter(BaseModel):
    """Which mails; what is left out does not matter."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[int], Field(max_length=1000)] | None = None
    receipt_number: Annotated[str, Field(max_length=20)] | None = None
    mail: Annotated[str, Field(pattern=f"^({MAILS})$")] | None = None
    role: Annotated[str, Field(pattern=f"^({ROLES})$")] | None = None
    state: Annotated[str, Field(pattern="^(queued|sending|sent|failed|suppressed)$")] | None = None
    failure: Annotated[str, Field(pattern=f"^({FAILURES})$")] | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None

    def wanted(self) -> MailFilter:
        """For the store."""
        return MailFilter(**{name: getattr(self, name) for name in _Filter.model_fields})


class _Page(_Filter):
    after: Annotated[int, Field(ge=0)] = 0
    attempts: bool = False


class _Change(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Reason
    dry_run: bool = False


class _Resend(_Change):
    resend_id: UUID
    filter: _Filter


class _Test(_Change):
    mail: Annotated[str, Field(pattern=f"^({MAILS})$")]
    case: Annotated[str, Field(pattern="^[a-z0-9_]{1,80}$")] | None = None
    to: Annotated[str, Field(max_length=254)]


ModelT = TypeVar("ModelT", bound=BaseModel)


def build_operate_routes(delivery: Delivery, letterhead: Letterhead) -> list[BaseRoute]:
    """The routes, behind the runtime's check of the staff token."""
    operating = _Operating(delivery, letterhead)
    return [
        Route("/mails", operating.get_mails),
        Route("/mails/resend", operating.post_resend, methods=["POST"]),
        Route("/mails/test", operating.post_test, methods=["POST"]),
        Route("/mails/suppressions", operating.get_suppressions),
        Route("/mails/suppressions/{suppression_id:uuid}/release", operating.post_release, methods=["POST"]),
    ]


@dataclass(frozen=True, slots=True)
class _Operating:
    """The handlers: read the request, call one workflow, answer."""

    delivery: Delivery
    letterhead: Letterhead

    async def get_mails(self, request: Request) -> Response:
        page = _checked(_Page, _query_of(request))
        return _json(await workflows.list_mails(self.delivery, page.wanted(), page.after, with_attempts=page.attempts))

    async def post_resend(self, request: Request) -> Response:
        asked = await _read(request, _Resend)
        wanted = asked.filter.wanted()
        if wanted.is_everything:
            raise ApiProblem(422, "filter_missing")
        return _json(await workflows.resend_mails(self.delivery, wanted, asked.resend_id, _order(request, asked)))

    async def get_suppressions(self, _request: Request) -> Response:
        return _json(await workflows.list_suppressions(self.delivery))

    async def post_release(self, request: Request) -> Response:
        asked, suppression_id = await _read(request, _Change), request.path_params["suppression_id"]
        done = await workflows.release_suppression(self.delivery, suppression_id, _order(request, asked))
        if done is None:
            raise ApiProblem(404, "not_found")
        return _json(done)

    async def post_test(self, request: Request) -> Response:
        asked, now = await _read(request, _Test), self.delivery.clock.now()
        try:
            planned = workflows.preview_mail(Mail(asked.mail), asked.case, RecipientRole.CONTACT, self.letterhead, now)
            outcome = await workflows.send_test_mail(self.delivery, planned, asked.to, _order(request, asked))
        except NoSuchSample:
            raise ApiProblem(422, "no_such_case") from None
        except UnsafeAddress:
            raise ApiProblem(422, "invalid_address") from None
        return _json({"mail": asked.mail, "outcome": outcome})


def _order(request: Request, asked: _Change) -> Instruction:
    return Instruction(request.state.staff.login, asked.reason, asked.dry_run)


def _query_of(request: Request) -> Mapping[str, Any]:
    given: dict[str, Any] = dict(request.query_params)
    if "ids" in given:
        given["ids"] = [part for part in given["ids"].split(",") if part]
    return given


async def _read(request: Request, model: type[ModelT]) -> ModelT:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BODY_BYTES:
            raise ApiProblem(413, "content_too_large")
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise _refusal(error) from None


def _checked(model: type[ModelT], given: Mapping[str, Any]) -> ModelT:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise _refusal(error) from None


def _refusal(error: ValidationError) -> ApiProblem:
    problems = [
        FieldProblem(".".join(str(part) for part in detail["loc"]) or "body", detail["type"], "")
        for detail in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    return ApiProblem(422, "invalid_request", errors=problems)


def _json(answer: Mapping[str, Any]) -> JSONResponse:
    return JSONResponse(to_jsonable_python(answer), headers={"Cache-Control": "no-store"})
