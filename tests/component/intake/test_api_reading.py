"""What programs read, and who may: documents, pages of the list, contracts, tokens, and nothing of other offices."""

from datetime import timedelta
from uuid import UUID

import httpx2
import pytest

from services.intake import workflows
from services.intake.workflows import AccountOrder
from shared.kernel.identifiers import OfficeCode
from tests.builders import OFFICE, a_contract, an_event, mailboxes_issued, review_completed
from tests.component.intake.conftest import BASE_URL, Intake
from tests.component.intake.test_api import API, post, program


async def test_documents_come_as_on_the_pages_and_the_notice_waits_for_its_day(intake: Intake) -> None:
    client, browser = await program(intake, days=366), await intake.logged_in()
    number = (await post(client)).json()["receipt_number"]
    path = f"/applications/{number}/documents"

    by_api = await client.get(f"{API}{path}/application-form")
    by_page = await browser.get(f"{path}/application-form?revision=1")
    assert by_api.headers["content-type"] == "application/pdf"
    assert by_api.content == by_page.content
    assert (await client.get(f"{API}{path}/approval-notice")).json()["code"] == "document_not_open"
    assert (await client.get(f"{API}{path}/application-form?revision=2")).status_code == 404
    assert (await client.get(f"{API}{path}/secrets")).status_code == 404

    await intake.consume(
        an_event(mailboxes_issued(receipt_number=number)), an_event(review_completed(receipt_number=number))
    )
    early = await client.get(f"{API}{path}/approval-notice")
    assert (early.status_code, early.json()["detail"]) == (409, "2018-11-01から出力できます。")
    assert "2018/11/01" in (await browser.get(f"{path}/approval-notice")).text
    intake.clock.advance(days=30)
    notice = await client.get(f"{API}{path}/approval-notice")
    assert notice.content.startswith(b"%PDF")
    intake.clock.advance(days=300)
    assert (await client.get(f"{API}{path}/approval-notice")).content == notice.content


async def test_the_list_is_walked_page_by_page_without_gaps(intake: Intake) -> None:
    await intake.pool.execute(
        """
        insert into applications (receipt_number, form_token, kind, status, revision, applicant_office_code,
            office_code, received_at, received_on)
        select format('18%sA', to_char(n, 'FM0000')), gen_random_uuid(), 'password_reissue', 'received', 1, 'NAC001',
            'NAC001', timestamptz '2018-10-01' + (n / 3) * interval '1 hour', '2018-10-01'
        from generate_series(1, 45) as n
        """
    )
    client = await program(intake)

    pages, cursor = [], ""
    while cursor is not None:
        answer = (await client.get(f"{API}/applications", params={"cursor": cursor} if cursor else {})).json()
        pages.append([each["receipt_number"] for each in answer["applications"]])
        cursor = answer["next_cursor"]

    assert [len(page) for page in pages] == [20, 20, 5]
    assert sorted(number for page in pages for number in page) == [f"18{n:04}A" for n in range(1, 46)]
    assert (await client.get(f"{API}/applications?status=voided")).json()["applications"] == []


async def test_the_contract_of_the_own_office_and_of_granted_sisters_is_shown(intake: Intake) -> None:
    client = await program(intake)
    await intake.register_office(a_contract(office_code="NAC002"))

    own = await client.get(f"{API}/offices/{OFFICE}/contract")
    assert own.json()["company_name"] == "ナックス商事株式会社"
    assert [box["state"] for box in own.json()["mailboxes"]] == ["active"]
    assert (await client.get(f"{API}/offices/NAC002/contract")).status_code == 404
    order = AccountOrder(OfficeCode(OFFICE), "op", intake.clock.now())
    await workflows.grant_sister_office(intake.pool, order, OfficeCode("NAC002"), intake.parts.new_id)
    assert (await client.get(f"{API}/offices/NAC002/contract")).json()["office_code"] == "NAC002"


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer nss_wrong", "Basic x", "Bearer \u00e9"])
async def test_without_a_live_token_nothing_is_told(intake: Intake, token: str) -> None:
    transport = httpx2.ASGITransport(app=intake.app)
    client = httpx2.AsyncClient(
        transport=transport, base_url=BASE_URL, headers=[(b"authorization", token.encode("latin-1"))]
    )

    for path in ("/applications", "/applications/180012A", "/offices/NAC001/contract"):
        answer = await client.get(API + path)
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


async def test_a_token_ends_by_its_date_by_revocation_and_with_its_account(intake: Intake) -> None:
    async def status(client: httpx2.AsyncClient) -> int:
        return (await client.get(f"{API}/applications")).status_code

    revoked, expiring, closed = [await program(intake) for _ in range(3)]
    order = AccountOrder(OfficeCode(OFFICE), "op", intake.clock.now())
    tokens = await workflows.list_tokens(intake.pool, order.office_code)
    await workflows.revoke_token(intake.pool, order, tokens[0].token_id)

    assert [await status(client) for client in (revoked, expiring, closed)] == [401, 200, 200]
    intake.clock.advance(days=2)
    assert await status(expiring) == 401
    fresh = await program(intake)
    await workflows.close_account(intake.pool, order)
    assert await status(fresh) == 401


async def test_a_foreign_application_looks_like_none(intake: Intake) -> None:
    await intake.register_office(a_contract(office_code="KOB002"))
    number = (await post(await program(intake))).json()["receipt_number"]
    stranger = await program(intake, "KOB002")

    foreign = await stranger.get(f"{API}/applications/{number}")
    unknown = await stranger.get(f"{API}/applications/189999Z")

    assert foreign.status_code == unknown.status_code == 404
    assert {**foreign.json(), "reference": ""} == {**unknown.json(), "reference": ""}
    for path in ("withdrawal", "correction"):
        body = {} if path == "withdrawal" else {"clarification_id": str(UUID(int=1)), "reason": "x"}
        assert (await post(stranger, f"/applications/{number}/{path}", body)).status_code == 404
    assert (await stranger.get(f"{API}/applications/{number}/documents/application-form")).status_code == 404


async def test_answers_are_forgotten_after_a_week(intake: Intake) -> None:
    await post(await program(intake))

    assert await workflows.forget_answers(intake.pool, intake.clock.now() + timedelta(days=6)) == 0
    assert await workflows.forget_answers(intake.pool, intake.clock.now() + timedelta(days=8)) == 1


async def test_tokens_stand_nowhere_in_the_database(intake: Intake) -> None:
    order = AccountOrder(OfficeCode(OFFICE), "op", intake.clock.now())
    _, token = await workflows.make_token(intake.pool, order, "test", timedelta(days=1), intake.parts.new_id)

    rows = await intake.rows(["api_tokens"])

    assert token.removeprefix("nss_") not in repr(rows)
