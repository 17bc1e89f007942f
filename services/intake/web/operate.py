"""What operators order through the `nss` command: accounts, tokens of programs, sister offices, posted news."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.intake import workflows
from services.intake.domain.news import NewsCategory
from services.intake.web.contracts_api import NO_STORE, json_of
from services.intake.workflows import AccountOrder
from services.intake.workflows.dependencies import Dependencies
from services.intake.workflows.posting import NewsPost
from services.intake.workflows.programs import ApiToken
from services.intake.workflows.refusals import (
    AccountExists,
    AccountUnknown,
    NotFound,
    OfficeNotRegistered,
    SisterNotAllowed,
)
from shared.contracts.event_data import format_instant
from shared.kernel.identifiers import InvalidIdentifier, OfficeCode, parse_office_code
from shared.runtime.web.labels import FIELD_MESSAGES, OTHER_FIELD_MESSAGE
from shared.runtime.web.problems import ApiProblem, FieldProblem

Handler = Callable[[Request], Awaitable[Response]]
REFUSED: Mapping[type[Exception], tuple[int, str]] = {
    AccountExists: (409, "account_exists"),
    AccountUnknown: (404, "account_unknown"),
    NotFound: (404, "not_found"),
    OfficeNotRegistered: (404, "office_not_registered"),
    SisterNotAllowed: (409, "sister_not_allowed"),
}
LONGEST_TOKEN_DAYS = 366
LONGEST_NAME = 60
LONGEST_MESSAGE = 200


@dataclass(frozen=True, slots=True)
class OperatorOrders:
    """Routes under `/operate/v1`; the runtime lets operators and leads pass."""

    intake: Dependencies

    def routes(self) -> Sequence[Route]:
        """Every route, for the runtime to mount."""
        account = "/accounts/{office_code}"
        return [
            Route(account, refusing(self.open_account), methods=["PUT"]),
            Route(f"{account}/reset", refusing(self.reset), methods=["POST"]),
            Route(f"{account}/unlock", refusing(self.unlock), methods=["POST"]),
            Route(f"{account}/close", refusing(self.close), methods=["POST"]),
            Route(f"{account}/sisters/{{sister}}", refusing(self.grant), methods=["PUT"]),
            Route(f"{account}/sisters/{{sister}}", refusing(self.revoke_sister), methods=["DELETE"]),
            Route(f"{account}/tokens", refusing(self.list_tokens), methods=["GET"]),
            Route(f"{account}/tokens", refusing(self.make_token), methods=["POST"]),
            Route(f"{account}/tokens/{{token_id}}", refusing(self.revoke_token), methods=["DELETE"]),
            Route("/news", refusing(self.post_news), methods=["POST"]),
        ]

    async def open_account(self, request: Request) -> Response:
        """An account with a one-time password, which stands in this answer only."""
        order = self._order(request)
        password = await workflows.open_account(self.intake.pool, self.intake.hasher, order)
        return _answer({"office_code": order.office_code, "initial_password": password}, status=201)

    async def reset(self, request: Request) -> Response:
        """A one-time password instead of the forgotten one."""
        order = self._order(request)
        password = await workflows.reset_password(self.intake.pool, self.intake.hasher, order)
        return _answer({"office_code": order.office_code, "initial_password": password})

    async def unlock(self, request: Request) -> Response:
        """Wrong passwords are forgotten."""
        order = self._order(request)
        await workflows.unlock_account(self.intake.pool, order)
        return _answer({"office_code": order.office_code})

    async def close(self, request: Request) -> Response:
        """Nobody and no program of the office gets in any more."""
        order = self._order(request)
        await workflows.close_account(self.intake.pool, order)
        return _answer({"office_code": order.office_code})

    async def grant(self, request: Request) -> Response:
        """One more office of its company that the office may apply for."""
        order, pool = self._order(request), self.intake.pool
        contract = await workflows.grant_sister_office(pool, order, _sister(request), self.intake.new_id)
        return _answer({"office_code": order.office_code, "sister_offices": contract.sister_offices})

    async def revoke_sister(self, request: Request) -> Response:
        """One fewer."""
        order, pool = self._order(request), self.intake.pool
        contract = await workflows.revoke_sister_office(pool, order, _sister(request), self.intake.new_id)
        return _answer({"office_code": order.office_code, "sister_offices": contract.sister_offices})

    async def list_tokens(self, request: Request) -> Response:
        """The tokens of the office's programs, without the tokens themselves."""
        tokens = await workflows.list_tokens(self.intake.pool, self._order(request).office_code)
        return _answer({"tokens": [_token(each) for each in tokens]})

    async def make_token(self, request: Request) -> Response:
        """A token for a program, which stands in this answer only."""
        body = await _body(request, {"name", "days"})
        name = _text(body, "name", LONGEST_NAME)
        days = body.get("days")
        if not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= LONGEST_TOKEN_DAYS:
            raise _refused_field("days", "out_of_range")
        order, lives = self._order(request), timedelta(days=days)
        made, token = await workflows.make_token(self.intake.pool, order, name, lives, self.intake.new_id)
        return _answer({**_token(made), "token": token}, status=201)

    async def revoke_token(self, request: Request) -> Response:
        """The token works no more."""
        order = self._order(request)
        try:
            token_id = UUID(request.path_params["token_id"])
        except ValueError:
            raise NotFound(order.office_code) from None
        await workflows.revoke_token(self.intake.pool, order, token_id)
        return _answer({"office_code": order.office_code, "token_id": str(token_id)})

    async def post_news(self, request: Request) -> Response:
        """An item on the menu of an office."""
        body = await _body(request, {"office_code", "category", "message", "number"})
        if body.get("category") not in set(NewsCategory):
            raise _refused_field("category", "enum")
        message = _text(body, "message", LONGEST_MESSAGE)
        number = _text(body, "number", LONGEST_NAME) if body.get("number") is not None else None
        office = _office(str(body.get("office_code")))
        post = NewsPost(office, NewsCategory(body["category"]), message, number)
        await workflows.post_news(self.intake.pool, post, self.intake.clock.now(), self.intake.new_id)
        return _answer({"office_code": office, "category": post.category.value}, status=201)

    def _order(self, request: Request) -> AccountOrder:
        office = _office(request.path_params["office_code"])
        return AccountOrder(office, request.state.staff.login, self.intake.clock.now())


def refusing(handler: Handler) -> Handler:
    """The handler with the refusals of its workflow as problem documents."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except tuple(REFUSED) as refused:
            raise ApiProblem(*REFUSED[type(refused)]) from None

    return answer


async def _body(request: Request, fields: set[str]) -> Mapping[str, Any]:
    body = json_of(await request.body())
    if not isinstance(body, dict):
        raise ApiProblem(400, "json_invalid")
    if unknown := sorted(body.keys() - fields):
        raise _refused_field(unknown[0], "extra_forbidden")
    return body


def _text(body: Mapping[str, Any], field: str, longest: int) -> str:
    text = body.get(field)
    if not isinstance(text, str) or not text.strip() or not text.isprintable():
        raise _refused_field(field, "missing")
    if len(text) > longest:
        raise _refused_field(field, "string_too_long")
    return text.strip()


def _office(text: str) -> OfficeCode:
    try:
        return parse_office_code(text)
    except InvalidIdentifier:
        raise ApiProblem(404, "office_not_registered") from None


def _sister(request: Request) -> OfficeCode:
    return _office(request.path_params["sister"])


def _refused_field(field: str, code: str) -> ApiProblem:
    message = FIELD_MESSAGES.get(code, OTHER_FIELD_MESSAGE)
    return ApiProblem(422, "invalid_request", errors=[FieldProblem(field, code, message)])


def _token(token: ApiToken) -> dict[str, Any]:
    return {
        "token_id": str(token.token_id),
        "office_code": token.office_code,
        "name": token.name,
        "created_at": format_instant(token.created_at),
        "created_by": token.created_by,
        "expires_at": format_instant(token.expires_at),
        "revoked_at": format_instant(token.revoked_at) if token.revoked_at else None,
    }


def _answer(body: Mapping[str, Any], *, status: int = 200) -> Response:
    return JSONResponse(body, status, NO_STORE)
