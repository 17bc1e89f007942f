"""Sessions: who a cookie stands for, since when, until when."""

import hashlib

import httpx2
from starlette.requests import Request

from shared.runtime.web.pages import PageSettings
from tests.component.web.conftest import Portal

COOKIE = "__Host-nss-intake"


async def log_in(browser: httpx2.AsyncClient, account: str = "NAC001") -> str:
    """Log in and give the session's token."""
    answer = await browser.post("/login", data={"account": account})
    assert answer.status_code == 200
    return browser.cookies[COOKIE]


async def who(browser: httpx2.AsyncClient) -> str:
    """As whom the service sees this browser."""
    return (await browser.get("/who")).text


async def test_cookie_is_bound_to_host_path_https_and_out_of_reach_of_scripts(portal: Portal) -> None:
    async with portal.client() as browser:
        answer = await browser.post("/login", data={"account": "NAC001"})

    name, *attributes = answer.headers["set-cookie"].split("; ")
    assert name.startswith(f"{COOKIE}=")
    assert sorted(text.lower() for text in attributes) == ["httponly", "path=/", "samesite=lax", "secure"]


def test_plain_http_gets_a_cookie_that_a_client_can_send_back() -> None:
    policy = PageSettings("intake", "http://127.0.0.1:8000").session_policy()

    assert (policy.cookie_name, policy.secure) == ("nss-intake", False)


async def test_database_holds_the_hash_and_never_the_token(portal: Portal) -> None:
    async with portal.client() as browser:
        token = await log_in(browser)

    rows = await portal.pool.fetch("select token_hash, account from web_sessions")
    assert [(row["token_hash"], row["account"]) for row in rows] == [
        (hashlib.sha256(token.encode()).digest(), "NAC001")
    ]


async def test_token_planted_before_login_never_becomes_a_session(portal: Portal) -> None:
    async with portal.client() as browser:
        browser.cookies.set(COOKIE, "planted-by-an-attacker", domain="portal.example")
        token = await log_in(browser)
    async with portal.client() as attacker:
        attacker.cookies.set(COOKIE, "planted-by-an-attacker", domain="portal.example")

        assert token != "planted-by-an-attacker"
        assert await who(attacker) == "nobody"


async def test_second_login_ends_the_first_session(portal: Portal) -> None:
    async with portal.client() as browser, portal.client() as thief:
        first = await log_in(browser)
        second = await log_in(browser)
        thief.cookies.set(COOKIE, first, domain="portal.example")

        assert first != second
        assert await who(thief) == "nobody"
        assert await who(browser) == "NAC001"


async def test_idle_session_ends_after_thirty_minutes_by_the_clock(portal: Portal) -> None:
    async with portal.client() as browser:
        await log_in(browser)
        portal.clock.advance(minutes=29, seconds=59)
        assert await who(browser) == "NAC001"
        portal.clock.advance(minutes=29, seconds=59)
        assert await who(browser) == "NAC001", "each page renews the idle time"
        portal.clock.advance(minutes=30)
        assert await who(browser) == "nobody"


async def test_busy_session_ends_after_twelve_hours(portal: Portal) -> None:
    async with portal.client() as browser:
        await log_in(browser)
        for _ in range(24 * 2 - 1):
            portal.clock.advance(minutes=15)
            assert await who(browser) == "NAC001"
        portal.clock.advance(minutes=15)
        assert await who(browser) == "nobody"


async def test_logout_ends_the_session_itself_and_not_only_the_cookie(portal: Portal) -> None:
    async with portal.client() as browser, portal.client() as copy:
        token = await log_in(browser)
        copy.cookies.set(COOKIE, token, domain="portal.example")
        await browser.post("/logout")

        assert COOKIE not in browser.cookies
        assert await who(copy) == "nobody"


async def test_other_sessions_of_the_account_end_and_this_one_goes_on(portal: Portal) -> None:
    async with portal.client() as here, portal.client() as elsewhere, portal.client() as other_office:
        await log_in(elsewhere)
        await log_in(other_office, "NAC002")
        await log_in(here)
        this_one = await portal.sessions.find(request_of(here))
        await portal.sessions.close_all("NAC001", but=this_one)

        assert [await who(browser) for browser in (here, elsewhere, other_office)] == ["NAC001", "nobody", "NAC002"]


async def test_job_deletes_ended_sessions_alone(portal: Portal) -> None:
    async with portal.client() as early, portal.client() as late:
        await log_in(early)
        portal.clock.advance(minutes=20)
        await log_in(late)
        portal.clock.advance(minutes=11)

        assert await portal.sessions.delete_ended() == 1
        assert await portal.sessions.delete_ended() == 0
        assert await who(late) == "NAC001"


async def test_page_names_the_office_and_the_instant_of_login_in_japan(portal: Portal) -> None:
    async with portal.client() as browser:
        await log_in(browser)
        html = (await browser.get("/page")).text

    assert "第一営業所" in html
    assert "2018/10/24 10:00:00からログイン中" in html


def request_of(browser: httpx2.AsyncClient) -> Request:
    """A request with the browser's session cookie, as the service would see it."""
    header = f"{COOKIE}={browser.cookies[COOKIE]}".encode()
    return Request({"type": "http", "headers": [(b"cookie", header)]})
