"""Headers on every answer, and errors that help the reader and tell nothing about the machine."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
import structlog
from jinja2 import UndefinedError

from shared.contracts.event_data import MailboxKind
from shared.runtime.web.body_limit import MAX_REQUEST_BYTES
from shared.runtime.web.forms import MAX_BODY_BYTES, MAX_FIELDS
from shared.runtime.web.pages import build_environment
from tests.component.web.conftest import Doors, Portal

FORM = {"content-type": "application/x-www-form-urlencoded"}
PATHS = ("/who", "/page", "/missing", "/boom", "/busy", "/api/v1/boom", "/static/base.css", "/static/missing.css")


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_carries_the_security_headers(doors: Doors, path: str) -> None:
    async with doors() as browser:
        headers = (await browser.get(path)).headers

    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["form-action"] == "'self' https://notice.example"
    assert "script-src" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize("path", [path for path in PATHS if not path.startswith("/static/base")])
async def test_no_cache_keeps_a_page(doors: Doors, path: str) -> None:
    async with doors() as browser:
        assert (await browser.get(path)).headers["cache-control"] == "no-store"


async def test_pages_name_static_files_by_their_content_so_that_browsers_keep_them(doors: Doors) -> None:
    async with doors() as browser:
        html = (await browser.get("/page")).text
        address = html.split('rel="stylesheet" href="')[1].split('"')[0]
        answer = await browser.get(address)

    assert "?v=" in address
    assert (answer.status_code, "immutable" in answer.headers["cache-control"]) == (200, True)


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("GET", "/missing", 404, "ページが見つかりません"),
        ("DELETE", "/who", 405, "この操作は行えません"),
        ("GET", "/boom", 500, "システムに問題が発生しました"),
        ("GET", "/busy", 503, "ただいま混み合っています"),
        ("GET", "/no-database", 503, "ただいま混み合っています"),
    ],
)
async def test_error_page_is_japanese_with_a_number_to_quote(
    doors: Doors, method: str, path: str, status: int, words: str
) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    async with doors(traceparent=trace) as browser:
        answer = await browser.request(method, path)

    assert answer.status_code == status
    assert words in answer.text
    assert "<code>4bf92f3577b3</code>" in answer.text


async def test_log_names_the_place_and_never_the_words_of_an_error(doors: Doors) -> None:
    with structlog.testing.capture_logs() as lines:
        async with doors() as browser:
            page = await browser.get("/boom")

    assert [line["event"] for line in lines] == ["request-failed"]
    assert lines[0]["where"].startswith("conftest.py:")
    assert lines[0]["reference"] in page.text
    assert "machine room" not in str(lines)


@pytest.mark.parametrize("path", ["/boom", "/api/v1/boom"])
async def test_unexpected_error_shows_nothing_of_itself(doors: Doors, path: str) -> None:
    async with doors() as browser:
        answer = await browser.get(path)

    assert answer.status_code == 500
    assert not any(word in answer.text for word in ("machine room", "RuntimeError", "Traceback"))


async def test_api_answers_problem_documents_with_stable_codes(doors: Doors) -> None:
    async with doors() as program:
        missing = await program.get("/api/v1/missing")
        conflict = await program.post("/api/v1/conflict")

    assert missing.headers["content-type"] == conflict.headers["content-type"] == "application/problem+json"
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    assert conflict.status_code == 409
    assert conflict.json()["code"] == "moved_on"
    assert conflict.json()["detail"] == "他の担当者が更新しました"
    assert conflict.json()["errors"] == [{"field": "revision", "code": "stale", "message": "古い版です"}]


async def test_api_names_every_refused_field_and_never_repeats_what_was_sent(doors: Doors) -> None:
    async with doors() as program:
        answer = await program.put("/api/v1/numbers", json={"a": "秘密", "b": 1, "c": "x"})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert [(item["field"], item["code"]) for item in answer.json()["errors"]] == [
        ("a", "int_parsing"),
        ("c", "int_parsing"),
    ]
    assert "秘密" not in answer.text


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ("account=" + "a" * MAX_BODY_BYTES, FORM, 413),
        ("a=1&" * (MAX_FIELDS + 1), FORM, 400),
        ("account=%ff%fe", FORM, 400),
        ("account=%ed%a0%80", FORM, 400),
        ("account=NAC%00001", FORM, 400),
        ("account=NAC001", {"content-type": "text/plain"}, 415),
        ("account=NAC001", {}, 415),
        ("account=" + "a" * (MAX_BODY_BYTES - len("account=")), FORM, 200),
    ],
)
async def test_form_that_cannot_be_read_is_refused_before_the_page(
    doors: Doors, body: str, headers: dict[str, str], status: int
) -> None:
    async with doors() as browser:
        assert (await browser.post("/echo", content=body.encode(), headers=headers)).status_code == status


async def test_body_without_a_declared_length_is_cut_at_the_limit(doors: Doors) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(MAX_REQUEST_BYTES // 1024 + 1):
            yield b" " * 1024

    async with doors() as program:
        answer = await program.put("/api/v1/numbers", content=endless(), headers={"content-type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (413, "content_too_large")


async def test_typed_text_arrives_exactly(doors: Doors) -> None:
    typed = " 髙﨑 ①㈱𠮷\r\n＋&=% "
    async with doors() as browser:
        assert (await browser.post("/echo", data={"account": typed})).text == typed


async def test_name_with_markup_is_shown_as_text(portal: Portal) -> None:
    async with portal.client() as browser:
        await browser.post("/login", data={"account": "NAC001"})
        await portal.pool.execute(
            """update web_sessions set attributes = '{"company_name": "<script>alert(1)</script>{{7*7}}"}'"""
        )
        html = (await browser.get("/page")).text

    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}" in html


async def test_answers_of_one_service_do_not_leak_its_parts(doors: Doors) -> None:
    async with doors() as browser:
        answers: list[httpx2.Response] = [await browser.get(path) for path in ("/docs", "/redoc", "/openapi.json")]

    assert [answer.status_code for answer in answers] == [404, 404, 404]


def test_template_cannot_print_an_enum_member(tmp_path: Path) -> None:
    (tmp_path / "state.html").write_text("{{ kind }} {{ kind.value }}")
    environment = build_environment(tmp_path)

    with pytest.raises(TypeError, match="print its label"):
        environment.get_template("state.html").render(kind=MailboxKind.EDIFACT)


def test_template_cannot_print_what_it_was_not_given(tmp_path: Path) -> None:
    (tmp_path / "name.html").write_text("{{ name }}")

    with pytest.raises(UndefinedError):
        build_environment(tmp_path).get_template("name.html").render()
