"""The published description of the API: it does not drift, and whoever follows it meets no undocumented answer."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
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

from services.intake import workflows
from services.intake.web import api
from services.intake.workflows import AccountOrder
from shared.kernel.identifiers import OfficeCode
from tests.builders import OFFICE
from tests.component.intake.conftest import Intake, register

PUBLISHED = Path(api.__file__).parents[1] / "openapi.json"
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)


async def description(intake: Intake) -> dict[str, Any]:
    answer = await intake.browser().get("/api/v1/openapi.json")
    document: dict[str, Any] = answer.json()
    return document


async def test_the_published_description_is_the_one_that_is_served(intake: Intake) -> None:
    served = json.dumps(await description(intake), ensure_ascii=False, indent=2) + "\n"
    if os.environ.get("NSS_WRITE_OPENAPI") == "1":
        PUBLISHED.write_text(served, encoding="utf-8")

    assert PUBLISHED.read_text(encoding="utf-8") == served, "run this test with NSS_WRITE_OPENAPI=1 and read the diff"


async def test_every_route_names_its_problems_and_needs_a_token(intake: Intake) -> None:
    document = await description(intake)

    assert document["security"] == [{"office": []}]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            described = {int(status) for status in operation["responses"]}
            assert {401, 503} <= described, f"{method} {path}"
            assert (413 in described) == (method == "post"), f"{method} {path}"


@asynccontextmanager
async def served(intake: Intake) -> AsyncIterator[str]:
    """The app on a free port of this machine, in this event loop; its address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()  # who comes before the server does waits here
    server = uvicorn.Server(uvicorn.Config(intake.app, log_config=None, lifespan="off"))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running


async def check_by_examples(intake: Intake, examples: int) -> None:
    """Send that many examples to every route, valid ones and broken ones, with a live token."""
    number = await register(await intake.logged_in())
    order = AccountOrder(OfficeCode(OFFICE), "op", intake.clock.now())
    _, token = await workflows.make_token(intake.pool, order, "test", timedelta(days=1), intake.parts.new_id)
    schema = schemathesis.openapi.from_dict(await description(intake))
    async with served(intake) as url:
        await asyncio.to_thread(_send_examples, schema, url, {"Authorization": f"Bearer {token}"}, number, examples)


def _send_examples(schema: Any, url: str, headers: dict[str, str], number: str, examples: int) -> None:
    quiet = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(max_examples=examples, deadline=None, suppress_health_check=quiet, database=None, derandomize=True)
        @given(case=operation.as_strategy(), known=st.sampled_from([None, number]))
        def send(case: Any, known: str | None) -> None:
            if known is not None and "receipt_number" in case.path_parameters:
                case.path_parameters["receipt_number"] = known
            answer = case.call(base_url=url, headers=headers)
            case.validate_response(answer, checks=CHECKS)

        send()


async def test_examples_of_the_description_meet_no_surprise(intake: Intake) -> None:
    await check_by_examples(intake, 15)


@pytest.mark.full
async def test_many_examples_of_the_description_meet_no_surprise(intake: Intake) -> None:
    await check_by_examples(intake, 300)
