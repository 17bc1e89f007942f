"""A small page service on the web kit, with sessions in a real database."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import asyncpg
import httpx2
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from shared.runtime.database import Pool
from shared.runtime.web.forms import read_form
from shared.runtime.web.pages import PageSettings, build_environment, build_page_app
from shared.runtime.web.passwords import PasswordHasherBusy
from shared.runtime.web.problems import ApiProblem, FieldProblem
from shared.runtime.web.sessions import Sessions
from shared.runtime.web.tokens import new_token
from tests.builders import FixedClock
from tests.conftest import CreateDatabase

Doors = Callable[..., httpx2.AsyncClient]

BASE_URL = "https://portal.example"
SETTINGS = PageSettings(
    "intake",
    BASE_URL,
    form_action_origins=("https://notice.example",),
    foreign_post_paths=("/foreign",),
)


@dataclass(frozen=True, slots=True)
class Portal:
    """The service under test: its application, its sessions, its clock."""

    app: FastAPI
    sessions: Sessions
    clock: FixedClock
    pool: Pool

    def client(self, **headers: str) -> httpx2.AsyncClient:
        """A browser of its own; by default one that says its requests come from our own pages."""
        return client_of(self.app, headers or {"sec-fetch-site": "same-origin"})


def client_of(app: FastAPI, headers: dict[str, str]) -> httpx2.AsyncClient:
    """A client that talks to the application in this process."""
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=BASE_URL, headers=headers)


@pytest.fixture
async def portal(service_database: CreateDatabase, tmp_path: Path) -> AsyncIterator[Portal]:
    """A running portal of the test's own."""
    pool = await asyncpg.create_pool(await service_database("intake"), min_size=1, max_size=4)
    clock = FixedClock()
    sessions = Sessions(pool, clock, SETTINGS.session_policy(), new_token)
    yield Portal(build_portal(sessions, tmp_path), sessions, clock, pool)
    await pool.close()


def build_portal(sessions: Sessions, templates: Path) -> FastAPI:
    """Routes that use every part of the kit once."""
    (templates / "who.html").write_text('{% extends "base.html" %}{% block title %}who{% endblock %}')
    environment = build_environment(templates)
    app = build_page_app(SETTINGS, environment)

    @app.post("/login")
    async def login(request: Request) -> Response:
        response = PlainTextResponse("welcome")
        form = await read_form(request)
        await sessions.open(response, form.text("account"), {"office_name": "第一営業所"}, replacing=request)
        return response

    @app.post("/logout")
    async def logout(request: Request) -> Response:
        response = PlainTextResponse("bye")
        await sessions.close(request, response)
        return response

    @app.get("/who")
    async def who(request: Request) -> Response:
        session = await sessions.find(request)
        return PlainTextResponse(session.account if session else "nobody")

    @app.get("/page")
    async def show(request: Request) -> Response:
        session = await sessions.find(request)
        return Response(environment.get_template("who.html").render(session=session), media_type="text/html")

    @app.post("/echo")
    async def echo(request: Request) -> Response:
        return PlainTextResponse((await read_form(request)).text("account"))

    add_failing_routes(app)
    return app


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Doors:
    """Clients, by the headers they send, of the same service where nobody logs in and no database is needed."""
    nowhere = Sessions(cast("Pool", None), FixedClock(), SETTINGS.session_policy(), new_token)
    app = build_portal(nowhere, tmp_path_factory.mktemp("templates"))
    return lambda **headers: client_of(app, headers)


def add_failing_routes(app: FastAPI) -> None:
    """Routes that change nothing and routes that go wrong."""

    @app.api_route("/change", methods=["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"])
    @app.api_route("/foreign", methods=["POST"])
    @app.api_route("/api/v1/change", methods=["POST", "PUT", "PATCH", "DELETE"])
    async def change() -> Response:
        return PlainTextResponse("changed")

    @app.get("/boom")
    @app.get("/api/v1/boom")
    async def boom() -> Response:
        raise RuntimeError("the secret of the machine room")

    @app.get("/busy")
    async def busy() -> Response:
        raise PasswordHasherBusy("full")

    @app.get("/no-database")
    async def no_database() -> Response:
        raise asyncpg.CannotConnectNowError("the database system is starting up")

    @app.put("/api/v1/numbers")
    async def numbers(body: dict[str, int]) -> Response:
        return PlainTextResponse(str(sum(body.values())))

    @app.post("/api/v1/conflict")
    async def conflict() -> Response:
        raise ApiProblem(409, "moved_on", "他の担当者が更新しました", [FieldProblem("revision", "stale", "古い版です")])
