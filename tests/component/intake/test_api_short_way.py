"""The short way of posted applications answers everything as the described route does, which it stands before."""

import json
from typing import Any

import httpx2
import pytest

from services.intake.web.api_posting import PostingRoute
from tests.component.intake.conftest import Intake
from tests.component.intake.test_api import API, BODY, CONTACT, program

JSON = "application/json"
KEY = {"idempotency-key": "key-1", "content-type": JSON}
TEXT = json.dumps(BODY, ensure_ascii=False)
REQUESTS: dict[str, tuple[dict[str, str], bytes]] = {
    "plain": (KEY, TEXT.encode()),
    "another charset named": (KEY | {"content-type": "application/json; charset=utf-8"}, TEXT.encode()),
    "a type of its own": (KEY | {"content-type": "application/vnd.naccs+json"}, TEXT.encode()),
    "no type": ({"idempotency-key": "key-1"}, TEXT.encode()),
    "a form": (KEY | {"content-type": "application/x-www-form-urlencoded"}, TEXT.encode()),
    "UTF-16": (KEY, TEXT.encode("utf-16")),
    "a field twice": (KEY, TEXT.replace('"kind"', '"reason": "別の理由。", "kind"').encode()),
    "no key": ({"content-type": JSON}, TEXT.encode()),
    "a key of strange letters": (KEY | {"idempotency-key": "key 1"}, TEXT.encode()),
    "a key too long": (KEY | {"idempotency-key": "k" * 101}, TEXT.encode()),
    "no body": (KEY, b""),
    "no JSON": (KEY, b"{"),
    "no object": (KEY, b"[]"),
    "no UTF-8": (KEY, b'{"reason": "\xff"}'),
    "half a letter": (KEY, b'{"office_code": "NAC001", "reason": "\\ud842"}'),
    "brackets without end": (KEY, b"[" * 20_000),
    "an unknown field": (KEY, json.dumps({**BODY, "reasons": ""}).encode()),
    "a number for a text": (KEY, json.dumps({**BODY, "reason": 1}).encode()),
    "a fraction for a count": (KEY, json.dumps({**BODY, "mailbox_change": {"add_smtp_pop3": 1.0}}).encode()),
    "the other kind's part": (KEY, json.dumps({**BODY, "password_reissue": {"mailbox_ids": []}}).encode()),
    "a form with errors": (KEY, json.dumps({**BODY, "contact": {**CONTACT, "phone": "12"}}).encode()),
    "a foreign office": (KEY, json.dumps({**BODY, "office_code": "KOB002"}).encode()),
    "an office that breaks SQL": (KEY, json.dumps({**BODY, "office_code": "NAC\x00'2"}).encode()),
    "a kind of no form": (KEY, json.dumps({**BODY, "kind": "charge"}).encode()),
}


async def answer_to(client: httpx2.AsyncClient, name: str, token: str | None = None) -> tuple[Any, ...]:
    """Everything of the answer that does not name the request or the application."""
    headers, content = REQUESTS[name]
    headers = headers if token is None else headers | {"authorization": token}
    answer = await client.post(f"{API}/applications", content=content, headers=headers)
    assert answer.status_code < 500, answer.text
    told = answer.json()
    for changing in ("reference", "receipt_number", "links"):
        told.pop(changing, None)
    kept = {name: answer.headers.get(name) for name in ("content-type", "cache-control", "x-content-type-options")}
    return answer.status_code, told, kept


@pytest.mark.parametrize("token", [None, "Bearer nss_nobody", "Basic bm9ib2R5"])
async def test_both_ways_give_the_same_answer(intake: Intake, token: str | None) -> None:
    client = await program(intake)
    short = intake.app.router.routes[0]
    assert isinstance(short, PostingRoute)
    differences = []
    for name in REQUESTS:
        by_short_way = await answer_to(client, name, token)
        await intake.pool.execute("delete from api_answers")
        await intake.pool.execute("update applications set status = 'withdrawn'")
        intake.app.router.routes.remove(short)
        described = await answer_to(client, name, token)
        await intake.pool.execute("delete from api_answers")
        await intake.pool.execute("update applications set status = 'withdrawn'")
        intake.app.router.routes.insert(0, short)
        if by_short_way != described:
            differences.append((name, by_short_way, described))

    assert differences == []


async def test_a_body_over_the_limit_is_refused_on_the_short_way_too(intake: Intake) -> None:
    client = await program(intake)

    answer = await client.post(f"{API}/applications", content=b" " * (1024 * 1024 + 1), headers=KEY)

    assert (answer.status_code, answer.json()["code"]) == (413, "content_too_large")
