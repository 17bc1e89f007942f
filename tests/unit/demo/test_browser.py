"""The demo's visitors send what browsers send about where a request comes from, and follow where they are sent."""

from collections.abc import Callable

import httpx2
import pytest

from deploy.local.demo.browser import Browser
from deploy.local.demo.clients import ApplicantClient, UnexpectedPage

LOGIN = '<title>ログイン</title><form method="post" action="/login"><input name="office_code"><input name="password">'
HAND_OVER = (
    '<form method="post" action="http://nss.example:8103/id-notice/ticket"><input name="ticket" value="t"></form>'
)


def transport(answer: Callable[[httpx2.Request], httpx2.Response], seen: list[httpx2.Request]) -> httpx2.MockTransport:
    def handle(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return answer(request)

    return httpx2.MockTransport(handle)


async def test_a_form_is_posted_with_its_pages_origin_and_the_answer_is_followed() -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.method == "POST":
            return httpx2.Response(303, headers={"location": "/menu", "set-cookie": "nss-intake=abc; Path=/"})
        return httpx2.Response(200, text=LOGIN)

    async with Browser(transport(answer, seen)) as browser:
        page = await browser.open("http://nss.example:8101/login")
        ended = await browser.send(page, page.form("password"), {"office_code": "NAC001", "password": "x"})

    opened, posted, followed = seen
    assert opened.headers["sec-fetch-site"] == "none"
    assert (posted.headers["origin"], posted.headers["sec-fetch-site"]) == ("http://nss.example:8101", "same-origin")
    assert posted.content == b"office_code=NAC001&password=x"
    assert (followed.method, followed.headers["cookie"]) == ("GET", "nss-intake=abc")
    assert "origin" not in followed.headers
    assert ended.url == "http://nss.example:8101/menu"


async def test_a_form_that_goes_to_another_port_says_that_it_comes_from_the_same_site_only() -> None:
    seen: list[httpx2.Request] = []
    async with Browser(transport(lambda _: httpx2.Response(200, text=HAND_OVER), seen)) as browser:
        page = await browser.open("http://nss.example:8101/applications/260001A/id-notice")
        await browser.send(page, page.form("ticket"))

    assert str(seen[1].url) == "http://nss.example:8103/id-notice/ticket"
    assert seen[1].headers["sec-fetch-site"] == "same-site"
    assert seen[1].headers["origin"] == "http://nss.example:8101"


async def test_a_form_without_fields_is_still_posted_as_a_form() -> None:
    seen: list[httpx2.Request] = []
    html = '<form method="post" action="/id-notice/260001A/reveal"><button>すべて表示</button></form>'
    async with Browser(transport(lambda _: httpx2.Response(200, text=html), seen)) as browser:
        page = await browser.open("http://nss.example:8103/id-notice/260001A")
        await browser.send(page, page.form_to("/reveal"))

    assert seen[1].headers["content-type"] == "application/x-www-form-urlencoded"
    assert seen[1].content == b""


async def test_an_unexpected_page_is_told_with_its_title_and_its_error_texts() -> None:
    refused = LOGIN + '</form><main><div class="notice--error">事業所コードまたはパスワードが違います</div></main>'

    def answer(request: httpx2.Request) -> httpx2.Response:
        is_post = request.method == "POST"
        return httpx2.Response(401 if is_post else 200, text=refused if is_post else LOGIN)

    client = ApplicantClient("http://nss.example", "http://nss.example", transport=transport(answer, []))
    async with client:
        with pytest.raises(UnexpectedPage, match="401 /login «ログイン»: 事業所コードまたはパスワードが違います"):
            await client.log_in("NAC001", "wrong")


async def test_a_circle_of_redirects_ends() -> None:
    seen: list[httpx2.Request] = []
    circle = httpx2.Response(303, headers={"location": "/menu"})
    async with Browser(transport(lambda _: circle, seen)) as browser:
        page = await browser.open("http://nss.example/menu")

    assert page.status == 303
    assert len(seen) < 10
