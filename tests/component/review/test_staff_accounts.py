"""Logins of staff: lockout, first passwords, changing them, and how operators keep accounts."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest
from starlette.applications import Starlette

from services.review import workflows
from services.review.domain.staff import LOCK
from services.review.web import staff_routes
from shared.runtime.operate import operate_routes
from tests.component.review.desk import BASE_URL, LEAD, OPERATOR, PASSWORD, REVIEWER, Desk

ACCOUNTS = "/operate/v1/staff-accounts"
NEW_PASSWORD = "another quiet horse"


async def log_in(desk: Desk, password: str, login: str = REVIEWER) -> int:
    answer = await desk.client().post("/login", data={"login": login, "password": password})
    return answer.status_code


async def test_five_wrong_passwords_lock_the_account_for_everybody_and_time_unlocks_it(desk: Desk) -> None:
    for _ in range(5):
        assert await log_in(desk, "wrong") == 401
    assert await log_in(desk, PASSWORD) == 401
    answer = await desk.client().post("/api/v1/tokens", json={"login": REVIEWER, "password": PASSWORD})
    assert answer.status_code == 401
    desk.clock.advance(seconds=LOCK.total_seconds() - 1)
    assert await log_in(desk, PASSWORD) == 401
    desk.clock.advance(seconds=1)
    assert await log_in(desk, PASSWORD) == 303
    actions = [row["action"] for row in await desk.pool.fetch("select action from staff_audit order by audit_id")]
    assert actions == ["login_failed"] * 4 + ["account_locked"] + ["login_failed"] * 3 + ["logged_in"]


async def test_a_changed_password_ends_every_other_session(desk: Desk) -> None:
    browser, other = await desk.browser_of(), await desk.browser_of()
    form = {"current": PASSWORD, "new_password": NEW_PASSWORD, "repeated": NEW_PASSWORD}
    refused = await browser.post("/password", data={**form, "current": "x", "repeated": "y"})
    assert refused.status_code == 422
    for text in ("現在のパスワードが正しくありません。", "新しいパスワードが一致しません。"):
        assert text in refused.text
    assert NEW_PASSWORD not in refused.text
    assert "パスワードを変更しました" in (await browser.post("/password", data=form)).text
    assert (await browser.get("/queue")).status_code == 200
    assert (await other.get("/queue")).status_code == 303
    assert (await log_in(desk, PASSWORD), await log_in(desk, NEW_PASSWORD)) == (401, 303)


@pytest.fixture
async def operator(desk: Desk) -> AsyncIterator[httpx2.AsyncClient]:
    """The `nss` command of an operator, beside the pages."""
    program = await desk.program_of(OPERATOR)
    app = Starlette(routes=[operate_routes(staff_routes(desk.deps), desk.deps.staff_keys_dir, desk.clock)])
    headers = {"authorization": program.headers["authorization"]}
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url=BASE_URL, headers=headers
    ) as client:
        yield client


async def test_a_new_account_must_change_its_first_password_before_anything_else(
    desk: Desk, operator: httpx2.AsyncClient
) -> None:
    body = {"login": "rokuro", "display_name": "新任 六郎", "roles": ["reviewer"]}
    created = await operator.post(ACCOUNTS, json=body)
    assert created.status_code == 201
    first = created.json()["first_password"]
    browser = desk.client()
    await browser.post("/login", data={"login": "rokuro", "password": first})
    assert (await browser.get("/queue")).headers["location"] == "/password"
    token = await desk.client().post("/api/v1/tokens", json={"login": "rokuro", "password": first})
    assert token.status_code == 401
    form = {"current": first, "new_password": NEW_PASSWORD, "repeated": NEW_PASSWORD}
    assert (await browser.post("/password", data=form)).status_code == 200
    assert (await browser.get("/queue")).status_code == 200
    stored = [str(dict(row)) for row in await desk.pool.fetch("select * from staff_accounts")]
    stored += [str(dict(row)) for row in await desk.pool.fetch("select * from staff_audit")]
    assert not any(first in text or NEW_PASSWORD in text for text in stored)


async def test_operators_list_change_reset_and_disable_accounts(desk: Desk, operator: httpx2.AsyncClient) -> None:
    browser = await desk.browser_of(REVIEWER)
    listed = {row["login"]: row["roles"] for row in (await operator.get(ACCOUNTS)).json()["accounts"]}
    assert listed[REVIEWER] == ["reviewer"]
    await operator.put(f"{ACCOUNTS}/{REVIEWER}/roles", json={"roles": ["help_desk"]})
    assert (await browser.post("/applications/180012A/claim")).status_code == 403
    reset = await operator.post(f"{ACCOUNTS}/{REVIEWER}/password-reset")
    assert (await browser.get("/queue")).status_code == 303
    assert await log_in(desk, reset.json()["first_password"]) == 303
    await operator.post(f"{ACCOUNTS}/{REVIEWER}/disable")
    assert await log_in(desk, reset.json()["first_password"]) == 401
    await operator.post(f"{ACCOUNTS}/{REVIEWER}/enable")
    assert await log_in(desk, reset.json()["first_password"]) == 303
    rows = await desk.pool.fetch("select action from staff_audit where login = $1 order by audit_id", OPERATOR)
    assert [row["action"] for row in rows][1:] == [
        "roles_changed", "password_reset", "account_disabled", "account_enabled",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("", {"login": REVIEWER, "display_name": "x", "roles": ["reviewer"]}, 409, "login_taken"),
        ("", {"login": "a b", "display_name": "x", "roles": ["reviewer"]}, 422, "invalid_account"),
        ("", {"login": "ab", "display_name": "x", "roles": ["chief"]}, 422, "invalid_account"),
        ("", {"login": "ab"}, 422, "invalid_request"),
        ("/nobody/password-reset", {}, 404, "unknown_login"),
        ("/nobody/disable", {}, 404, "unknown_login"),
        (f"/{OPERATOR}/disable", {}, 409, "own_account"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(
    operator: httpx2.AsyncClient, path: str, body: dict[str, object], status: int, code: str
) -> None:
    answer = await operator.post(f"{ACCOUNTS}{path}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_lead_passes_the_command_s_door_but_keeps_no_accounts(desk: Desk, operator: httpx2.AsyncClient) -> None:
    lead = await desk.program_of(LEAD)
    operator.headers["authorization"] = lead.headers["authorization"]
    assert (await operator.get(ACCOUNTS)).status_code == 403


async def test_a_demoted_operator_s_token_keeps_no_accounts(desk: Desk, operator: httpx2.AsyncClient) -> None:
    await workflows.change_roles(desk.deps, "somebody", OPERATOR, "", ["help_desk"])
    assert (await operator.get(ACCOUNTS)).status_code == 403
    desk.clock.advance(seconds=timedelta(minutes=16).total_seconds())
    assert (await operator.get(ACCOUNTS)).status_code == 401
