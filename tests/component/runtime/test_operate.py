"""`/operate/v1`: a stranger learns nothing, a reviewer is refused, an operator passes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from shared.runtime.operate import operate_routes
from shared.runtime.staff_tokens import StaffIdentity, sign_staff_token
from shared.runtime.web.problems import ApiProblem
from tests.builders import NOW, FixedClock
from tests.component.runtime.staff_keys import key_pair

KNOWN, UNKNOWN = "/operate/v1/things", "/operate/v1/nothing"


@dataclass
class Office:
    """A service with one route, and somebody who signs tokens."""

    client: TestClient
    clock: FixedClock
    private_key: Path

    def token(self, *roles: str, login: str = "somebody") -> dict[str, str]:
        """Headers of a caller with these roles."""
        token = sign_staff_token(StaffIdentity(login, roles), self.private_key, self.clock.now())
        return {"Authorization": f"Bearer {token}"}


async def show_caller(request: Request) -> Response:
    return JSONResponse({"login": request.state.staff.login, "roles": list(request.state.staff.roles)})


async def refuse(_request: Request) -> Response:
    raise ApiProblem(409, "too_late")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Behind the runtime's door."""
    clock, private = FixedClock(NOW), key_pair(tmp_path, "staff")
    routes = [Route("/things", show_caller), Route("/refused", refuse, methods=["POST"])]
    app = Starlette(routes=[operate_routes(routes, tmp_path / "public", clock)])
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Office(client, clock, private)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_stranger_is_told_the_same_of_known_and_unknown_paths(office: Office, method: str) -> None:
    answers = [office.client.request(method, path) for path in (KNOWN, UNKNOWN)]

    assert [answer.status_code for answer in answers] == [401, 401]
    bodies = [{name: value for name, value in answer.json().items() if name != "reference"} for answer in answers]
    assert bodies[0] == bodies[1]
    assert bodies[0]["code"] == "invalid_token"
    assert answers[0].headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("role", ["reviewer", "help_desk", "", "operators"])
def test_other_roles_are_refused_on_every_path(office: Office, role: str) -> None:
    answers = [office.client.get(path, headers=office.token(role)) for path in (KNOWN, UNKNOWN)]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "role_missing")] * 2


@pytest.mark.parametrize("roles", [("operator",), ("lead",), ("reviewer", "operator")])
def test_operator_and_lead_pass_and_the_route_knows_them(office: Office, roles: tuple[str, ...]) -> None:
    answer = office.client.get(KNOWN, headers=office.token(*roles, login="unyo"))

    assert (answer.status_code, answer.json()) == (200, {"login": "unyo", "roles": list(roles)})


def test_operator_is_told_what_is_missing_and_what_is_refused(office: Office) -> None:
    headers = office.token("operator")

    assert office.client.get(UNKNOWN, headers=headers).status_code == 404
    assert office.client.get(UNKNOWN, headers=headers).headers["content-type"] == "application/problem+json"
    refused = office.client.post("/operate/v1/refused", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "too_late")


def test_token_that_is_old_or_signed_by_somebody_else_is_no_token(office: Office, tmp_path: Path) -> None:
    headers = office.token("operator")
    office.clock.advance(minutes=16)
    assert office.client.get(KNOWN, headers=headers).status_code == 401

    office.private_key = key_pair(tmp_path / "elsewhere", "staff")
    assert office.client.get(KNOWN, headers=office.token("operator")).status_code == 401


def test_without_keys_nobody_passes(tmp_path: Path) -> None:
    clock, private = FixedClock(NOW), key_pair(tmp_path, "staff")
    app = Starlette(routes=[operate_routes([Route("/things", show_caller)], None, clock)])
    token = sign_staff_token(StaffIdentity("x", ("operator",)), private, NOW)

    with TestClient(app) as client:
        assert client.get(KNOWN, headers={"Authorization": f"Bearer {token}"}).status_code == 401
