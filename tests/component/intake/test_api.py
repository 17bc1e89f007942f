"""The API of programs: the same rules as the pages, one effect per key, and nothing of other offices."""

import asyncio
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2

from services.intake import workflows
from services.intake.workflows import AccountOrder
from shared.contracts.intake_events import ApplicationCorrected, ApplicationReceived, WithdrawalRequested
from shared.contracts.review_events import ClarificationRequested
from shared.kernel.identifiers import OfficeCode
from tests.builders import OFFICE, a_contract, an_event
from tests.component.intake.conftest import BASE_URL, Intake

API = "/api/v1"
CONTACT = {
    "family_name": "通関",
    "given_name": "花子",
    "family_name_kana": "つうかん",
    "given_name_kana": "ﾊﾅｺ",
    "phone": "0120-794-550",
    "email": "tsukan-hanako@NACCS.example",
}
BODY: dict[str, Any] = {
    "office_code": "nac001",
    "kind": "mailbox_change",
    "requested_start_date": "2018年11月1日",
    "reason": "取扱件数の増加のため。",
    "contact": CONTACT,
    "mailbox_change": {"add_smtp_pop3": 1},
}


async def program(intake: Intake, office: str = OFFICE, *, days: int = 1) -> httpx2.AsyncClient:
    """A program of the office with a token of its own."""
    order = AccountOrder(OfficeCode(office), "op", intake.clock.now())
    _, token = await workflows.make_token(intake.pool, order, "test", timedelta(days=days), intake.parts.new_id)
    transport = httpx2.ASGITransport(app=intake.app)
    return httpx2.AsyncClient(transport=transport, base_url=BASE_URL, headers={"authorization": f"Bearer {token}"})


async def post(
    client: httpx2.AsyncClient, path: str = "/applications", body: Any = None, key: str = "key-1"
) -> httpx2.Response:
    answer = await client.post(API + path, json=BODY if body is None else body, headers={"idempotency-key": key})
    assert answer.status_code < 500, answer.text
    return answer


def refused_fields(answer: httpx2.Response) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return [(each["field"], each["code"]) for each in answer.json()["errors"]]


async def test_a_program_registers_an_application(intake: Intake) -> None:
    answer = await post(await program(intake))

    assert answer.status_code == 201
    told = answer.json()
    assert (told["status"], told["revision"], told["requested_start_date"]) == ("received", 1, "2018-11-01")
    assert told["office_code"] == OFFICE
    assert told["links"]["self"] == f"{API}/applications/{told['receipt_number']}"
    [event] = await intake.events_of(ApplicationReceived)
    assert event["receipt_number"] == told["receipt_number"]
    assert event["contact"]["family_name_kana"] == "ツウカン"
    assert event["contact"]["phone"] == "0120794550"
    assert event["contact"]["email"] == "tsukan-hanako@naccs.example"


async def test_the_same_post_gets_the_same_answer_and_has_one_effect(intake: Intake) -> None:
    client = await program(intake)

    answers = await asyncio.gather(*(post(client) for _ in range(8)))

    assert {answer.text for answer in answers} == {answers[0].text}
    assert {answer.status_code for answer in answers} == {201}
    assert len(await intake.events_of(ApplicationReceived)) == 1


async def test_a_key_used_for_another_body_is_refused(intake: Intake) -> None:
    client = await program(intake)
    await post(client)

    other = await post(client, body={**BODY, "reason": "別の理由。"})

    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(await intake.events_of(ApplicationReceived)) == 1


async def test_a_refused_post_may_be_mended_under_the_same_key(intake: Intake) -> None:
    client = await program(intake)

    refused = await post(client, body={**BODY, "reason": ""})
    mended = await post(client)

    assert refused_fields(refused) == [("reason", "required")]
    assert mended.status_code == 201


async def test_keys_of_two_offices_do_not_meet(intake: Intake) -> None:
    await intake.register_office(a_contract(office_code="KOB002"))
    first = await post(await program(intake))
    second = await post(await program(intake, "KOB002"), body={**BODY, "office_code": "KOB002"})

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["receipt_number"] != second.json()["receipt_number"]


async def test_every_field_that_is_wrong_is_named_in_japanese(intake: Intake) -> None:
    contact = {**CONTACT, "phone": "12", "email": "nobody"}
    wrong = {**BODY, "requested_start_date": "20180231", "contact": contact, "mailbox_change": {"add_smtp_pop3": -1}}

    answer = await post(await program(intake), body=wrong)

    assert refused_fields(answer) == [
        ("requested_start_date", "not_a_date"),
        ("contact.phone", "not_a_phone_number"),
        ("contact.email", "not_an_email"),
        ("mailbox_change.add_smtp_pop3", "not_a_count"),
    ]
    assert all(re.search("[ぁ-ん]", each["message"]) for each in answer.json()["errors"])


async def test_a_field_that_nobody_reads_is_refused(intake: Intake) -> None:
    client = await program(intake)

    misspelt = await post(client, body={**BODY, "mailbox_change": {"add_smtp_pop": 1}})
    foreign = await post(client, body={**BODY, "password_reissue": {"mailbox_ids": ["NAC00101"]}})

    assert refused_fields(misspelt) == [("mailbox_change.add_smtp_pop", "extra_forbidden")]
    assert refused_fields(foreign) == [("password_reissue", "other_kind")]


async def test_a_second_application_is_told_the_open_number(intake: Intake) -> None:
    client = await program(intake)
    number = (await post(client)).json()["receipt_number"]

    second = await post(client, key="key-2")

    assert (second.status_code, second.json()["code"]) == (409, "open_application_exists")
    assert number in second.json()["detail"]


async def test_a_program_asks_for_new_passwords(intake: Intake) -> None:
    body = {name: BODY[name] for name in ("office_code", "reason", "contact")}
    body |= {"kind": "password_reissue", "password_reissue": {"mailbox_ids": ["NAC00101"]}}

    answer = await post(await program(intake), body=body)

    assert answer.status_code == 201, answer.text
    assert "requested_start_date" not in answer.json()
    [event] = await intake.events_of(ApplicationReceived)
    assert event["password_reissue"] == {"mailbox_ids": ["NAC00101"]}


async def test_a_question_is_answered_by_a_correction(intake: Intake) -> None:
    client = await program(intake)
    number = (await post(client)).json()["receipt_number"]
    question = UUID(int=7)
    asked = ClarificationRequested.model_validate(
        {
            "receipt_number": number,
            "revision": 1,
            "clarification_id": str(question),
            "question": "追加する個数をご確認ください。",
            "reason_code": "other",
            "requested_at": intake.clock.now(),
        }
    )
    await intake.consume(an_event(asked))
    told = (await client.get(f"{API}/applications/{number}")).json()
    assert told["status"] == "clarification"
    assert told["clarifications"][0]["question"] == "追加する個数をご確認ください。"
    body = {name: BODY[name] for name in ("requested_start_date", "reason", "contact")}
    body |= {"clarification_id": str(question), "mailbox_change": {"add_smtp_pop3": 2}}

    wrong = await post(
        client, f"/applications/{number}/correction", {**body, "clarification_id": str(UUID(int=8))}, "c1"
    )
    corrected = await post(client, f"/applications/{number}/correction", body, "c2")
    again = await post(client, f"/applications/{number}/correction", body, "c2")
    late = await post(client, f"/applications/{number}/correction", body, "c3")

    assert (wrong.status_code, wrong.json()["code"]) == (409, "not_in_clarification")
    assert (corrected.json()["revision"], corrected.json()["status"]) == (2, "under_review")
    assert again.text == corrected.text
    assert late.status_code == 409
    [event] = await intake.events_of(ApplicationCorrected)
    assert event["mailbox_change"]["add_smtp_pop3"] == 2


async def test_a_withdrawal_is_asked_for_once(intake: Intake) -> None:
    client = await program(intake)
    number = (await post(client)).json()["receipt_number"]

    first = await post(client, f"/applications/{number}/withdrawal", {"reason": "不要になったため。"}, "w1")
    second = await post(client, f"/applications/{number}/withdrawal", {}, "w2")

    assert (first.status_code, first.json()["withdrawal_requested"]) == (200, True)
    assert second.status_code == 200
    assert len(await intake.events_of(WithdrawalRequested)) == 1
