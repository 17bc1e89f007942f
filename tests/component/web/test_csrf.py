"""The CSRF check, as a table over methods and what the browser says about where a request comes from."""

import itertools

import pytest

from tests.component.web.conftest import BASE_URL, Doors

COOKIE = {"cookie": "__Host-nss-intake=whatever"}
SAFE = ("GET", "HEAD", "OPTIONS")
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
OWN = (
    {"sec-fetch-site": "same-origin"},
    {"sec-fetch-site": "none"},
    {"origin": BASE_URL},
    {"sec-fetch-site": "same-origin", "origin": "https://evil.example"},
)
FOREIGN: tuple[dict[str, str], ...] = (
    {},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "origin": BASE_URL},
    {"sec-fetch-site": ""},
    {"origin": "null"},
    {"origin": "https://evil.example"},
    {"origin": "http://portal.example"},
    {"origin": "https://portal.example.evil.example"},
    {"origin": "https://portal.example:8443"},
)


@pytest.mark.parametrize(("method", "says"), list(itertools.product(UNSAFE, OWN)))
async def test_our_own_pages_may_change_things(doors: Doors, method: str, says: dict[str, str]) -> None:
    async with doors(**{**COOKIE, **says}) as browser:
        assert (await browser.request(method, "/change")).status_code == 200


@pytest.mark.parametrize(("method", "says"), list(itertools.product(UNSAFE, FOREIGN)))
async def test_foreign_or_silent_requests_with_a_cookie_change_nothing(
    doors: Doors, method: str, says: dict[str, str]
) -> None:
    async with doors(**{**COOKIE, **says}) as browser:
        page = await browser.request(method, "/change")
        api = await browser.request(method, "/api/v1/change")

    assert (page.status_code, api.status_code, api.json()["code"]) == (403, 403, "foreign_request")
    assert "changed" not in page.text


@pytest.mark.parametrize(("method", "says"), list(itertools.product(SAFE, FOREIGN)))
async def test_links_from_anywhere_may_be_followed(doors: Doors, method: str, says: dict[str, str]) -> None:
    async with doors(**{**COOKIE, **says}) as browser:
        assert (await browser.request(method, "/change")).status_code == 200


@pytest.mark.parametrize("says", FOREIGN)
async def test_named_path_alone_takes_a_foreign_post(doors: Doors, says: dict[str, str]) -> None:
    async with doors(**{**COOKIE, **says}) as browser:
        assert (await browser.post("/foreign")).status_code == 200
        assert (await browser.post("/foreign/")).status_code != 200


async def test_api_client_with_a_token_and_no_cookie_needs_no_origin(doors: Doors) -> None:
    async with doors(authorization="Bearer token") as program:
        assert (await program.post("/api/v1/change")).status_code == 200


async def test_token_does_not_excuse_a_foreign_page(doors: Doors) -> None:
    async with doors(authorization="Bearer token", origin="https://evil.example") as browser:
        assert (await browser.post("/api/v1/change")).status_code == 403
