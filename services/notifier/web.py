"""`/operate/v1/mails…`, `/operate/v1/hooks…`: what the nss command asks of notifier. Codes and states only, no address
and no text."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import to_jsonable_python
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from services.notifier import workflows
from services.notifier.domain.addresses import UnsafeAddress
from services.notifier.domain.filters import MailFilter
from services.notifier.domain.hooks import UnusableHook
from services.notifier.domain.mails import Letterhead
from services.notifier.workflows import Delivery, HookDesk, Instruction, NewHook, NoSuchHook, NoSuchSample
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


class _NewHook(_Change):
    name: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9-]{0,62}$")]
    url: Annotated[str, Field(max_length=2000)]
    event_types: Annotated[list[str], Field(max_length=100)] = []
    office_codes: Annotated[list[Annotated[str, Field(pattern="^[A-Z0-9]{1,10}$")]], Field(max_length=1000)] = []
    data_class: Literal["public", "business", "personal"] = "public"


class _Rotation(_Change):
    overlap_hours: Annotated[float, Field(ge=0, le=30 * 24)] = 24.0


class _Replay(_Change):
    since: AwareDatetime


class _LogPage(BaseModel):
    model_config = ConfigDict(extra="forbid")

    state: Annotated[str, Field(pattern="^(queued|sending|delivered|failed)$")] | None = None
    before: Annotated[int, Field(ge=1)] | None = None


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


def build_hook_routes(desk: HookDesk) -> list[BaseRoute]:
    """The routes about receivers of hooks, behind the same check."""
    hooks = _Hooks(desk)
    orders = {"pause": hooks.post_pause, "resume": hooks.post_resume, "remove": hooks.post_remove,
              "rotate": hooks.post_rotate, "replay": hooks.post_replay, "test": hooks.post_test}  # fmt: skip
    return [
        Route("/hooks", hooks.get_hooks),
        Route("/hooks", hooks.post_hook, methods=["POST"]),
        Route("/hooks/{name}/log", hooks.get_log),
        *(Route(f"/hooks/{{name}}/{word}", _known(handle), methods=["POST"]) for word, handle in orders.items()),
    ]


@dataclass(frozen=True, slots=True)
class _Hooks:
    """The handlers: read the request, call one workflow, answer."""

    desk: HookDesk

    async def get_hooks(self, _request: Request) -> Response:
        return _json(await workflows.list_hooks(self.desk))

    async def post_hook(self, request: Request) -> Response:
        asked = await _read(request, _NewHook)
        new = NewHook(asked.name, asked.url, asked.event_types, asked.office_codes, asked.data_class)
        try:
            return _json(await workflows.add_hook(self.desk, new, _order(request, asked)))
        except UnusableHook as problem:
            raise ApiProblem(422, "unusable_hook", errors=[FieldProblem(problem.field, problem.code, "")]) from None

    async def get_log(self, request: Request) -> Response:
        page, name = _checked(_LogPage, dict(request.query_params)), request.path_params["name"]
        try:
            return _json(await workflows.read_log(self.desk, name, page.state, page.before))
        except NoSuchHook:
            raise ApiProblem(404, "not_found") from None

    async def post_pause(self, name: str, request: Request) -> Mapping[str, Any]:
        return await workflows.pause_hook(self.desk, name, _order(request, await _read(request, _Change)))

    async def post_resume(self, name: str, request: Request) -> Mapping[str, Any]:
        return await workflows.resume_hook(self.desk, name, _order(request, await _read(request, _Change)))

    async def post_remove(self, name: str, request: Request) -> Mapping[str, Any]:
        return await workflows.remove_hook(self.desk, name, _order(request, await _read(request, _Change)))

    async def post_rotate(self, name: str, request: Request) -> Mapping[str, Any]:
        asked = await _read(request, _Rotation)
        overlap = timedelta(hours=asked.overlap_hours)
        return await workflows.rotate_hook(self.desk, name, overlap, _order(request, asked))

    async def post_replay(self, name: str, request: Request) -> Mapping[str, Any]:
        asked = await _read(request, _Replay)
        return await workflows.ask_for_replay(self.desk, name, asked.since, _order(request, asked))

    async def post_test(self, name: str, request: Request) -> Mapping[str, Any]:
        return await workflows.try_hook(self.desk, name, _order(request, await _read(request, _Change)))


HookHandler = Callable[[str, Request], Awaitable[Mapping[str, Any]]]


def _known(handle: HookHandler) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            return _json(await handle(request.path_params["name"], request))
        except NoSuchHook:
            raise ApiProblem(404, "not_found") from None

    return answer


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
