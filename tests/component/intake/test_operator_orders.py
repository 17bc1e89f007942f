"""What operators order for offices: passwords told once, locks, closed doors, sister offices, tokens, news."""

from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from services.intake.web.operate import OperatorOrders
from shared.contracts.intake_events import ContractPublished
from shared.runtime.operate import operate_routes
from shared.runtime.staff_tokens import StaffIdentity, sign_staff_token
from tests.builders import OFFICE, a_contract
from tests.component.intake.conftest import BASE_URL, PASSWORD, Intake

ACCOUNT = f"/operate/v1/accounts/{OFFICE}"


def command(intake: Intake, *roles: str) -> httpx2.AsyncClient:
    """The `nss` command of somebody with these roles."""
    mount = operate_routes(OperatorOrders(intake.parts).routes(), intake.keys.staff_public_dir, intake.clock)
    token = sign_staff_token(StaffIdentity("op-1", roles), intake.keys.staff_private, intake.clock.now())
    transport = httpx2.ASGITransport(app=Starlette(routes=[mount]))
    return httpx2.AsyncClient(transport=transport, base_url=BASE_URL, headers={"authorization": f"Bearer {token}"})


async def done(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.status_code in (200, 201), answer.text
    told: dict[str, Any] = answer.json()
    return told


async def logs_in(intake: Intake, password: str, office: str = OFFICE) -> bool:
    answer = await intake.browser().post("/login", data={"office_code": office, "password": password})
    return answer.status_code == 303


async def test_a_reset_password_replaces_the_old_one_and_ends_sessions(intake: Intake) -> None:
    browser = await intake.logged_in()

    told = await done(await command(intake, "operator").post(f"{ACCOUNT}/reset"))

    assert not await logs_in(intake, PASSWORD)
    assert await logs_in(intake, told["initial_password"])
    assert (await browser.get("/menu")).status_code == 303


async def test_an_unlocked_account_accepts_the_password_at_once(intake: Intake) -> None:
    for _ in range(5):
        assert not await logs_in(intake, "wrong")
    assert not await logs_in(intake, PASSWORD), "the account is locked"

    await done(await command(intake, "operator").post(f"{ACCOUNT}/unlock"))

    assert await logs_in(intake, PASSWORD)


async def test_a_closed_account_lets_nobody_in_until_it_is_opened_again(intake: Intake) -> None:
    operator = command(intake, "operator")

    await done(await operator.post(f"{ACCOUNT}/close"))
    assert not await logs_in(intake, PASSWORD)
    assert (await operator.post(f"{ACCOUNT}/reset")).json()["code"] == "account_unknown"
    told = await done(await operator.put(ACCOUNT))

    assert await logs_in(intake, told["initial_password"])
    assert (await operator.put(ACCOUNT)).json()["code"] == "account_exists"


async def test_grants_are_published_with_the_contract(intake: Intake) -> None:
    await intake.register_office(a_contract(office_code="NAC002"))
    operator = command(intake, "operator")

    granted = await done(await operator.put(f"{ACCOUNT}/sisters/NAC002"))
    foreign = await operator.put(f"{ACCOUNT}/sisters/KOB002")
    unknown = await operator.put(f"{ACCOUNT}/sisters/NAC009")
    revoked = await done(await operator.delete(f"{ACCOUNT}/sisters/NAC002"))

    assert (granted["sister_offices"], revoked["sister_offices"]) == (["NAC002"], [])
    assert (foreign.status_code, foreign.json()["code"]) == (409, "sister_not_allowed")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "office_not_registered")
    published = [each for each in await intake.events_of(ContractPublished) if each["office_code"] == OFFICE]
    assert [each["sister_offices"] for each in published] == [[], ["NAC002"], []]


async def test_a_token_is_told_once_listed_without_itself_and_ended(intake: Intake) -> None:
    operator = command(intake, "operator")

    made = await done(await operator.post(f"{ACCOUNT}/tokens", json={"name": "wms", "days": 30}))
    listed = await operator.get(f"{ACCOUNT}/tokens")
    await done(await operator.delete(f"{ACCOUNT}/tokens/{made['token_id']}"))

    assert made["token"].startswith("nss_")
    assert made["token"] not in listed.text
    assert [each["name"] for each in listed.json()["tokens"]] == ["wms"]
    assert (await operator.get(f"{ACCOUNT}/tokens")).json()["tokens"][0]["revoked_at"]
    for missing in ("x", "00000000-0000-0000-0000-000000000000"):
        assert (await operator.delete(f"{ACCOUNT}/tokens/{missing}")).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "", "days": 1}, "name"),
        ({"name": "x" * 61, "days": 1}, "name"),
        ({"name": "x\u0007", "days": 1}, "name"),
        ({"name": "x", "days": 0}, "days"),
        ({"name": "x", "days": 367}, "days"),
        ({"name": "x", "days": True}, "days"),
        ({"name": "x", "days": 1, "colour": "red"}, "colour"),
    ],
)
async def test_a_token_order_that_does_not_fit_is_refused(intake: Intake, body: dict[str, Any], field: str) -> None:
    refused = await command(intake, "operator").post(f"{ACCOUNT}/tokens", json=body)

    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)


async def test_posted_news_stands_on_the_offices_menu(intake: Intake) -> None:
    operator, text = command(intake, "operator"), "前月分の請求額が確定しました。<b>"
    body = {"office_code": OFFICE, "category": "charge", "message": text, "number": "12345678"}

    await done(await operator.post("/operate/v1/news", json=body))

    menu = (await (await intake.logged_in()).get("/menu")).text
    assert "前月分の請求額が確定しました。&lt;b&gt;" in menu
    assert "12345678" in menu
    for wrong in ({"category": "weather"}, {"message": " "}, {"message": "長" * 201}):
        assert (await operator.post("/operate/v1/news", json={**body, **wrong})).status_code == 422
    assert (await operator.post("/operate/v1/news", json={**body, "office_code": "KOB009"})).status_code == 404


async def test_every_order_names_the_operator_in_the_audit(intake: Intake) -> None:
    await done(await command(intake, "operator").post(f"{ACCOUNT}/unlock"))

    acts = await intake.pool.fetch("select act, actor from account_audit where office_code = $1", OFFICE)

    assert ("unlocked", "op-1") in [tuple(row) for row in acts]


async def test_others_than_operators_and_leads_get_nowhere(intake: Intake) -> None:
    for order in OperatorOrders(intake.parts).routes():
        path = order.path.format(office_code=OFFICE, sister="NAC002", token_id="x")
        for method in sorted((order.methods or set()) - {"HEAD"}):
            for roles in ((), ("reviewer",), ("help_desk",)):
                answer = await command(intake, *roles).request(method, f"/operate/v1{path}")
                assert answer.status_code == 403, f"{method} {path} {roles}"
