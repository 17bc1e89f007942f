"""Importing the register: who may, all or nothing, idempotent, and the account of a new office."""

import asyncio
from datetime import timedelta

import httpx2

from deploy.local.demo.sample_data import sample_register
from services.intake import workflows
from shared.contracts.intake_events import ContractPublished
from shared.runtime.staff_tokens import StaffIdentity, sign_staff_token
from tests.component.intake.conftest import BASE_URL, Intake, register

PATH = "/api/v1/contracts"
OFFICES = ("KOB001", "KOB002", "HKT001")


def client(intake: Intake, *roles: str) -> httpx2.AsyncClient:
    """The command: no cookie, a bearer token."""
    token = sign_staff_token(StaffIdentity("op", roles), intake.keys.staff_private, intake.clock.now())
    transport = httpx2.ASGITransport(app=intake.app)
    return httpx2.AsyncClient(transport=transport, base_url=BASE_URL, headers={"authorization": f"Bearer {token}"})


async def versions(intake: Intake) -> list[tuple[str, int]]:
    """Office and version of what was published for the offices of these tests, in order."""
    events = await intake.events_of(ContractPublished)
    return [(each["office_code"], each["contract_version"]) for each in events if each["office_code"] in OFFICES]


def outcomes(answer: httpx2.Response) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    return {each["office_code"]: each["outcome"] for each in answer.json()["offices"]}


async def test_each_change_is_published_under_the_next_version(intake: Intake) -> None:
    operator, document = client(intake, "operator"), sample_register(*OFFICES)

    first = await operator.put(PATH, json=document)
    same = await operator.put(PATH, json=document)
    document["companies"][0]["offices"][0]["office_name"] = "本店"
    changed = await operator.put(PATH, json=document)

    assert set(outcomes(first).values()) == {"new"}
    assert set(outcomes(same).values()) == {"unchanged"}
    assert outcomes(changed) == {"HKT001": "unchanged", "KOB001": "changed", "KOB002": "unchanged"}
    assert await versions(intake) == [("HKT001", 1), ("KOB001", 1), ("KOB002", 1), ("KOB001", 2)]
    boxes = await intake.pool.fetch("select mailbox_id from mailboxes where office_code = 'KOB001' order by 1")
    assert [row["mailbox_id"] for row in boxes] == ["KOB00196", "KOB00197"]


async def test_a_new_office_can_log_in_with_the_password_told_once(intake: Intake) -> None:
    operator, document = client(intake, "operator"), sample_register(*OFFICES)

    first = await operator.put(PATH, json=document)
    again = await operator.put(PATH, json=document)

    assert first.headers["cache-control"] == "no-store"
    passwords = first.json()["initial_passwords"]
    assert set(passwords) == set(OFFICES)
    assert again.json()["initial_passwords"] == {}
    answer = await intake.browser().post("/login", data={"office_code": "KOB001", "password": passwords["KOB001"]})
    assert answer.status_code == 303


async def test_a_preview_tells_the_difference_and_changes_nothing(intake: Intake) -> None:
    operator, document = client(intake, "operator"), sample_register(*OFFICES)
    await operator.put(PATH, json=document)
    document["companies"][0]["company_name"] = "神戸見本物流株式会社"

    preview = await operator.post(f"{PATH}/preview", json=document)

    assert outcomes(preview) == {"HKT001": "unchanged", "KOB001": "changed", "KOB002": "changed"}
    change = {"field": "company_name", "before": "神戸見本海運株式会社", "after": "神戸見本物流株式会社"}
    assert [each["changes"] for each in preview.json()["offices"]] == [[], [change], [change]]
    assert len(await versions(intake)) == 3


async def test_one_mistake_keeps_everything_out(intake: Intake) -> None:
    document = sample_register(*OFFICES)
    document["companies"][1]["offices"][0]["billing_code"] = "x"

    refused = await client(intake, "operator").put(PATH, json=document)

    assert refused.status_code == 422
    told = [(each["field"], each["code"]) for each in refused.json()["errors"]]
    assert told == [("companies.1.offices.0.billing_code", "not_of_the_form")]
    assert await versions(intake) == []


async def test_a_name_no_document_could_print_is_refused(intake: Intake) -> None:
    document = sample_register(*OFFICES)
    document["companies"][0]["company_name"] = "会社\U0002ffff"

    refused = await client(intake, "operator").put(PATH, json=document)

    assert [each["code"] for each in refused.json()["errors"]] == ["unprintable_character"]


async def test_two_operators_at_once_publish_each_version_once(intake: Intake) -> None:
    operator, document = client(intake, "operator"), sample_register(*OFFICES)

    answers = await asyncio.gather(*(operator.put(PATH, json=document) for _ in range(4)))

    assert {answer.status_code for answer in answers} <= {200, 409}
    assert sorted(await versions(intake)) == [("HKT001", 1), ("KOB001", 1), ("KOB002", 1)]


async def test_only_operators_may_import_preview_and_list(intake: Intake) -> None:
    nobody = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=intake.app), base_url=BASE_URL)

    for method, path in (("PUT", PATH), ("POST", f"{PATH}/preview"), ("GET", PATH)):
        assert (await nobody.request(method, path)).status_code == 401
        forged = await nobody.request(method, path, headers={"authorization": "Bearer x.y.z"})
        assert (forged.status_code, forged.json()["code"]) == (401, "invalid_token")
        reviewer = await client(intake, "reviewer").request(method, path)
        assert (reviewer.status_code, reviewer.json()["code"]) == (403, "role_missing")
        assert reviewer.headers["content-type"] == "application/problem+json"


async def test_bodies_that_are_no_register_are_refused(intake: Intake) -> None:
    operator = client(intake, "operator")

    bodies: list[tuple[bytes, int]] = [(b"", 400), (b"{", 400), (b"\xff", 400), (b'{"a": "\\u0000"}', 400)]
    bodies += [(b"[]", 422), (b"[" * 100_000, 400)]
    for body, status in bodies:
        assert (await operator.put(PATH, content=body)).status_code == status


async def test_the_register_is_read_back_page_by_page(intake: Intake) -> None:
    operator = client(intake, "operator")
    await operator.put(PATH, json=sample_register(*OFFICES))

    listed = (await operator.get(PATH)).json()
    rest = (await operator.get(f"{PATH}?after=KOB001")).json()

    assert [each["office_code"] for each in listed["contracts"]] == ["HKT001", "KOB001", "KOB002", "NAC001"]
    assert [each["office_code"] for each in rest["contracts"]] == ["KOB002", "NAC001"]
    assert listed["next"] is None


async def test_a_closing_date_is_published(intake: Intake) -> None:
    operator, document = client(intake, "operator"), sample_register("KOB002")
    await operator.put(PATH, json=document)
    document["companies"][0]["offices"][0]["closed_on"] = "2018-12-31"

    await operator.put(PATH, json=document)

    published = [each for each in await intake.events_of(ContractPublished) if each["office_code"] == "KOB002"]
    assert [each.get("closed_on") for each in published] == [None, "2018-12-31"]


async def test_every_contract_is_published_again_each_week(intake: Intake) -> None:
    await client(intake, "operator").put(PATH, json=sample_register(*OFFICES))
    before = await versions(intake)
    week = intake.clock.now() + timedelta(days=7, seconds=1)

    assert await workflows.republish_contracts(intake.pool, week - timedelta(seconds=2), intake.parts.new_id) == 0
    assert await workflows.republish_contracts(intake.pool, week, intake.parts.new_id) == 4
    assert await workflows.republish_contracts(intake.pool, week, intake.parts.new_id) == 0

    assert await versions(intake) == before * 2


async def test_a_document_says_what_the_register_said_when_it_was_registered(intake: Intake) -> None:
    browser, path = await intake.logged_in(), "/applications/{}/documents/application-form"
    number = await register(browser)
    before = await browser.get(path.format(number))
    stored = (await client(intake, "operator").get(PATH)).json()["contracts"][0]
    contract = ContractPublished.model_validate({**stored, "office_address": "移転先", "contract_version": 1})

    await workflows.publish_contract(intake.pool, contract, intake.clock.now(), intake.parts.new_id)

    after = await browser.get(path.format(number))
    assert before.status_code == after.status_code == 200
    assert before.content == after.content
