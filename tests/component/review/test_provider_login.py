"""Logging in through an identity provider: code flow, PKCE, nonce; the account must exist."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc.jwk import ECKey

from services.review.web import CALLBACK, OidcClient, ProviderSettings, build_pages
from shared.runtime.web.pages import PageSettings
from tests.builders import NOW
from tests.component.review.desk import BASE_URL, PORTAL_URL, REVIEWER, Desk
from tests.component.review.local_provider import CLIENT_ID, CLIENT_SECRET, CODE, LocalProvider


@pytest.fixture
async def provider(desk: Desk) -> AsyncIterator[LocalProvider]:
    """A provider, and a desk that trusts it."""
    local = LocalProvider(int(NOW.timestamp()))
    local.start()
    settings = ProviderSettings(local.issuer, CLIENT_ID, CLIENT_SECRET, f"{BASE_URL}{CALLBACK}")
    deps = replace(desk.deps, identity_provider=OidcClient(settings, desk.clock))
    desk.app = build_pages(deps, PageSettings("review", BASE_URL), target_business_days=6, portal_url=PORTAL_URL)
    yield local
    local.stop()


async def begin(desk: Desk, provider: LocalProvider) -> tuple[httpx2.AsyncClient, dict[str, str]]:
    """A browser that was sent to the provider, and what it brought there."""
    browser = desk.client()
    sent = await browser.get("/login/provider?next=/schedule")
    location = urlsplit(sent.headers["location"])
    query = {name: values[0] for name, values in parse_qs(location.query).items()}
    provider.nonce, provider.challenge = query["nonce"], query["code_challenge"]
    return browser, query


async def come_back(browser: httpx2.AsyncClient, query: dict[str, str], **changes: str) -> httpx2.Response:
    return await browser.get(CALLBACK, params={"state": query["state"], "code": CODE, **changes})


async def test_a_person_with_an_account_gets_in_and_to_where_they_wanted(desk: Desk, provider: LocalProvider) -> None:
    browser, query = await begin(desk, provider)
    assert (query["response_type"], query["code_challenge_method"], query["tenant"]) == ("code", "S256", "1")
    back = await come_back(browser, query)
    assert (back.status_code, back.headers["location"]) == (303, "/schedule")
    assert "審査 次郎" in (await browser.get("/queue")).text
    assert "シングルサインオン" in (await desk.client().get("/login")).text


async def test_the_person_stays_bound_to_the_account_whatever_they_call_themselves_later(
    desk: Desk, provider: LocalProvider
) -> None:
    await come_back(*await begin(desk, provider))
    provider.login = "renamed"
    browser, query = await begin(desk, provider)
    assert (await come_back(browser, query)).headers["location"] == "/schedule"
    provider.login, provider.subject = REVIEWER, "somebody-else"
    assert (await come_back(*await begin(desk, provider))).status_code == 401


BAD_TOKENS: list[tuple[str, dict[str, Any]]] = [
    ("nonce", {"nonce": "another"}),
    ("audience", {"aud": "another-client"}),
    ("issuer", {"iss": "http://evil.example"}),
    ("expired", {"exp": int(NOW.timestamp()) - 61}),
    ("party", {"azp": "another-client"}),
    ("login", {"preferred_username": None}),
    ("unknown", {"preferred_username": "stranger"}),
]


@pytest.mark.parametrize("claims", [claims for _, claims in BAD_TOKENS], ids=[name for name, _ in BAD_TOKENS])
async def test_a_token_that_does_not_hold_lets_nobody_in(
    desk: Desk, provider: LocalProvider, claims: dict[str, Any]
) -> None:
    browser, query = await begin(desk, provider)
    provider.claims = claims
    back = await come_back(browser, query)
    assert (back.status_code, "set-cookie" in back.headers) == (401, False)
    assert "シングルサインオンでログインできませんでした" in back.text


async def test_a_token_of_another_signer_lets_nobody_in(desk: Desk, provider: LocalProvider) -> None:
    browser, query = await begin(desk, provider)
    provider.signing_key = ECKey.generate_key("P-256", {"kid": "k1"})
    assert (await come_back(browser, query)).status_code == 401


async def test_a_code_without_its_verifier_lets_nobody_in(desk: Desk, provider: LocalProvider) -> None:
    browser, query = await begin(desk, provider)
    provider.challenge = "of-another-login"
    assert (await come_back(browser, query)).status_code == 401


async def test_a_state_is_this_browser_s_good_once_and_for_ten_minutes(desk: Desk, provider: LocalProvider) -> None:
    browser, query = await begin(desk, provider)
    assert (await come_back(desk.client(), query)).status_code == 401
    assert (await come_back(browser, query, state="guessed")).status_code == 401
    assert (await come_back(browser, query)).status_code == 303
    assert (await come_back(browser, query)).status_code == 401
    browser, query = await begin(desk, provider)
    desk.clock.advance(minutes=10)
    assert (await come_back(browser, query)).status_code == 401


async def test_a_provider_that_is_away_or_calls_itself_otherwise_is_said_and_passwords_still_work(
    desk: Desk, provider: LocalProvider
) -> None:
    settings = ProviderSettings(f"{provider.issuer}/", CLIENT_ID, CLIENT_SECRET, BASE_URL)
    for issuer in (settings.issuer, "http://127.0.0.1:9"):
        client = OidcClient(replace(settings, issuer=issuer), desk.clock)
        deps = replace(desk.deps, identity_provider=client)
        desk.app = build_pages(deps, PageSettings("review", BASE_URL), target_business_days=6, portal_url=PORTAL_URL)
        assert (await desk.client().get("/login/provider")).status_code == 401
    assert (await (await desk.browser_of()).get("/queue")).status_code == 200


async def test_a_disabled_account_stays_out(desk: Desk, provider: LocalProvider) -> None:
    await desk.pool.execute("update staff_accounts set disabled_at = $1 where login = $2", NOW, REVIEWER)
    assert (await come_back(*await begin(desk, provider))).status_code == 401


async def test_without_a_provider_the_way_to_it_leads_to_the_login(desk: Desk) -> None:
    assert (await desk.client().get("/login/provider")).headers["location"] == "/login"
    assert (await desk.client().get(CALLBACK)).status_code == 401
