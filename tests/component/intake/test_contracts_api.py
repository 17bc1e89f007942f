"""The operators' API of the register: who may, what is refused, which version is published."""

from typing import Any

import httpx2

from shared.contracts.intake_events import ContractPublished
from shared.runtime.staff_tokens import StaffIdentity, sign_staff_token
from tests.builders import a_contract
from tests.component.intake.conftest import BASE_URL, Intake

PATH = "/api/v1/contracts/NEW001"


def client(intake: Intake, *roles: str) -> httpx2.AsyncClient:
    """The command: no cookie, a bearer token."""
    token = sign_staff_token(StaffIdentity("op", roles), intake.keys.staff_private, intake.clock.now())
    transport = httpx2.ASGITransport(app=intake.app)
    return httpx2.AsyncClient(transport=transport, base_url=BASE_URL, headers={"authorization": f"Bearer {token}"})


def register(**fields: Any) -> dict[str, Any]:
    """The register fields of NEW001."""
    body = a_contract(office_code="NEW001").model_dump(mode="json", exclude_none=True)
    del body["office_code"], body["contract_version"]
    return {**body, **fields}


async def versions(intake: Intake) -> list[int]:
    """Versions of NEW001 in the outbox."""
    events = await intake.events_of(ContractPublished)
    return [event["contract_version"] for event in events if event["office_code"] == "NEW001"]


async def test_each_change_is_published_under_the_next_version(intake: Intake) -> None:
    operator = client(intake, "operator")

    first = await operator.put(PATH, json=register())
    same = await operator.put(PATH, json=register())
    changed = await operator.put(PATH, json=register(office_name="第二営業所"))

    assert first.json() == {"office_code": "NEW001", "contract_version": 1}
    assert same.json() == first.json()
    assert changed.json() == {"office_code": "NEW001", "contract_version": 2}
    assert await versions(intake) == [1, 2]
    event = (await intake.outbox())[-1]
    assert (event["partitionkey"], event["subject"]) == ("NEW001", "NEW001")
    mailboxes = await intake.pool.fetch("select mailbox_id from mailboxes where office_code = 'NEW001'")
    assert [row["mailbox_id"] for row in mailboxes] == ["NEW00101"]


async def test_only_operators_may_publish(intake: Intake) -> None:
    nobody = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=intake.app), base_url=BASE_URL)

    assert (await nobody.put(PATH, json=register())).status_code == 401
    forged = await nobody.put(PATH, json=register(), headers={"authorization": "Bearer x.y.z"})
    assert (forged.status_code, forged.json()["code"]) == (401, "invalid_token")
    reviewer = await client(intake, "reviewer").put(PATH, json=register())
    assert (reviewer.status_code, reviewer.json()["code"]) == (403, "role_missing")
    assert reviewer.headers["content-type"] == "application/problem+json"
    assert await versions(intake) == []


async def test_what_does_not_fit_is_named_field_by_field(intake: Intake) -> None:
    operator = client(intake, "operator")
    body = register(system_class="space", colour="red")
    del body["customs"]

    unknown = await operator.put(PATH, json=body)
    assert unknown.status_code == 422
    assert [(each["field"], each["code"]) for each in unknown.json()["errors"]] == [("colour", "extra_forbidden")]
    del body["colour"]
    invalid = await operator.put(PATH, json=body)

    assert [(each["field"], each["code"]) for each in invalid.json()["errors"]] == [("customs", "missing")]
    body["customs"] = "東京税関"
    body["users"][1]["processing_mode"] = "telepathy"
    strange = await operator.put(PATH, json=body)
    assert [(each["field"], each["code"]) for each in strange.json()["errors"]] == [
        ("system_class", "unknown_value"),
        ("users.1.processing_mode", "unknown_value"),
    ]
    assert await versions(intake) == []


async def test_what_contradicts_the_office_code_is_refused(intake: Intake) -> None:
    operator = client(intake, "operator")
    foreign = {"mailbox_id": "NAC00101", "kind": "smtp_pop3", "active_from": "2018-01-01"}
    own = {"mailbox_id": "NEW00101", "kind": "smtp_pop3", "active_from": "2018-01-01"}

    answers = [
        await operator.put(PATH, json=register(opening_mailboxes=[foreign])),
        await operator.put(PATH, json=register(opening_mailboxes=[own, own])),
        await operator.put(PATH, json=register(company_abbreviation="OLD")),
        await operator.put(PATH, json=register(office_code="NAC001")),
    ]

    assert [answer.status_code for answer in answers] == [422] * 4
    assert [answer.json()["errors"][0]["code"] for answer in answers] == [
        "foreign_mailbox",
        "repeated_mailbox",
        "foreign_abbreviation",
        "office_code_differs",
    ]


async def test_bodies_that_are_no_register_are_refused(intake: Intake) -> None:
    operator = client(intake, "operator")

    for body in (b"", b"{", b"[]", b"\xff", b'{"customs": "\\u0000"}'):
        assert (await operator.put(PATH, content=body)).status_code == 400
    assert (await operator.put("/api/v1/contracts/nonsense", json=register())).status_code == 404
