"""What a stranger can throw at the portal, and where the portal itself talks to: its own database and nobody else."""

import random
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from services.intake.web import build_pages
from shared.runtime.web.request_limits import RequestLimit
from tests.builders import an_event, mailboxes_issued, review_completed
from tests.component.intake.conftest import Intake, register
from tests.component.intake.hostile import HOSTILE
from tests.component.intake.test_api import program
from tests.component.intake.test_security import cells

CALLS = frozenset({"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"})
TELLS = re.compile(r"Traceback|asyncpg|starlette|pydantic|psycopg|\bselect \w+ from|File \"|line \d+, in|PostgreSQL")
NOTED: list[list[Any]] = []
"""The innermost list takes note; an audit hook cannot be removed, so it stays and finds none."""


def note_call(event: str, arguments: tuple[Any, ...]) -> None:
    """The interpreter tells of every connection anything in this process makes."""
    if NOTED and event in CALLS:
        NOTED[-1].append(arguments[1] if event == "socket.connect" else arguments[0])


sys.addaudithook(note_call)


@contextmanager
def noting_calls() -> Iterator[list[Any]]:
    """Every address that is called meanwhile."""
    NOTED.append([])
    yield NOTED[-1]
    NOTED.pop()


async def test_the_whole_way_of_an_application_calls_nobody_but_the_own_database(intake: Intake) -> None:
    own = await calls_of_a_new_connection(intake)
    with noting_calls() as called:
        browser = await intake.logged_in()
        number = await register(browser, reason="http://evil.example/ と file:///etc/passwd")
        done = [mailboxes_issued(receipt_number=number), review_completed(receipt_number=number)]
        await intake.consume(*(an_event(each) for each in done))
        for path in ("", "/received", "/documents", "/documents/application-form", "/id-notice"):
            assert (await browser.get(f"/applications/{number}{path}")).status_code == 200, path
        await (await program(intake)).get(f"/api/v1/applications/{number}")

    assert set(called) <= own


async def calls_of_a_new_connection(intake: Intake) -> set[Any]:
    """The addresses that are called to reach this test's database."""
    with noting_calls() as called:
        await intake.pool.expire_connections()
        assert await intake.pool.fetchval("select 1") == 1
    assert called, "the hook sees a connection to the database"
    return set(called)


@pytest.mark.parametrize("deep", ["[" * 20_000, '{"a":' * 9_000, '{"contact":' + "[" * 30_000 + "]" * 30_000 + "}"])
async def test_json_that_is_too_deep_is_refused_and_not_followed(intake: Intake, deep: str) -> None:
    client = await program(intake)

    answer = await client.post(
        "/api/v1/applications", content=deep, headers={"idempotency-key": "k", "content-type": "application/json"}
    )

    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")


@pytest.mark.parametrize("requests", [400, pytest.param(10_000, marks=pytest.mark.full)])
async def test_whatever_is_sent_no_answer_tells_of_the_machinery(intake: Intake, requests: int) -> None:
    chance = random.Random(11)  # noqa: S311  a repeatable storm
    # Without the limit on forms, which would soon answer for everything behind it.
    unlimited = replace(intake, app=build_pages(replace(intake.parts, post_limit=RequestLimit(sys.maxsize))))
    browser, routes = await unlimited.logged_in(), [cell for cell in cells(intake) if "logout" not in cell.path]
    for number in range(requests):
        cell = chance.choice(routes)
        address = re.sub(r"\{\w+\}", lambda _: quote(odd_text(chance), safe=""), cell.path)
        kind = chance.choice(["application/x-www-form-urlencoded", "application/json", "multipart/form-data", "text/x"])
        answer = await browser.request(
            cell.method,
            address,
            params={odd_text(chance): odd_text(chance)},
            content=chance.randbytes(chance.randrange(300)) if cell.method == "POST" else None,
            headers={"content-type": kind},
        )
        assert answer.status_code < 500, (number, cell, address)
        assert not TELLS.search(answer.text), (number, cell, address)


def odd_text(chance: random.Random) -> str:
    """A hostile string, or a handful of any characters."""
    if chance.random() < 0.5:
        return chance.choice(HOSTILE)
    return "".join(chr(chance.choice([chance.randrange(1, 128), chance.randrange(0x3000, 0x3100)])) for _ in range(6))
