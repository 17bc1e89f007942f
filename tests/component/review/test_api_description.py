"""The published description of the staff API: it does not drift, and whoever follows it meets no surprise."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.review.web import api
from services.review.web.api_requests import API_ROLES, PREFIX
from tests.builders import RECEIPT
from tests.component.review.desk import LEAD, OPERATOR, Desk

PUBLISHED = Path(api.__file__).parents[1] / "openapi.json"
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)


async def description(desk: Desk) -> dict[str, Any]:
    document: dict[str, Any] = (await desk.client().get(f"{PREFIX}/openapi.json")).json()
    return document


async def test_the_published_description_is_the_one_that_is_served(desk: Desk) -> None:
    served = json.dumps(await description(desk), ensure_ascii=False, indent=2) + "\n"
    if os.environ.get("NSS_WRITE_OPENAPI") == "1":
        PUBLISHED.write_text(served, encoding="utf-8")
    assert PUBLISHED.read_text(encoding="utf-8") == served, "run this test with NSS_WRITE_OPENAPI=1 and read the diff"


async def test_every_route_is_described_with_its_problems(desk: Desk) -> None:
    document = await description(desk)
    described = {
        (method.upper(), path.removeprefix(PREFIX)): set(operation["responses"])
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    assert set(described) == set(API_ROLES) - {("GET", "/openapi.json")}
    assert all({"401", "403", "409", "422", "503"} <= statuses for statuses in described.values())
    assert document["security"] == [{"staff": []}]


@asynccontextmanager
async def served(desk: Desk) -> AsyncIterator[str]:
    """The app on a free port of this machine; its address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()  # who comes before the server does waits here
    server = uvicorn.Server(uvicorn.Config(desk.app, log_config=None, lifespan="off"))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    await running


async def check_by_examples(desk: Desk, login: str, examples: int) -> None:
    """Send that many examples to every route, valid ones and broken ones, with a live token."""
    await desk.set_schedule()
    await desk.receive()
    headers = {"authorization": (await desk.program_of(login)).headers["authorization"]}
    schema = schemathesis.openapi.from_dict(await description(desk))
    async with served(desk) as url:
        await asyncio.to_thread(_send_examples, schema, url, headers, examples)


def _send_examples(schema: Any, url: str, headers: dict[str, str], examples: int) -> None:
    quiet = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(max_examples=examples, deadline=None, suppress_health_check=quiet, database=None, derandomize=True)
        @given(case=operation.as_strategy(), known=st.booleans())
        def send(case: Any, known: bool) -> None:
            if known and "receipt_number" in case.path_parameters:
                case.path_parameters["receipt_number"] = RECEIPT
                _as_on_the_screen(case)
            answer = case.call(base_url=url, headers=headers)
            case.validate_response(answer, checks=CHECKS)

        send()


def _as_on_the_screen(case: Any) -> None:
    """The revision that stands, so that what is decided is judged by its own fields."""
    if isinstance(case.body, dict) and isinstance(case.body.get("revision"), int):
        case.body["revision"] = 1


@pytest.mark.parametrize("login", [LEAD, OPERATOR])
async def test_examples_of_the_description_meet_no_surprise(desk: Desk, login: str) -> None:
    await check_by_examples(desk, login, 4)


@pytest.mark.full
@pytest.mark.parametrize("login", [LEAD, OPERATOR])
async def test_many_examples_of_the_description_meet_no_surprise(desk: Desk, login: str) -> None:
    await check_by_examples(desk, login, 300)
