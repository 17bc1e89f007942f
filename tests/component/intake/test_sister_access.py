"""Sister offices: who may open and move what one office applied for on behalf of another, route by route.

NAC001 is granted NAC002. The cells are every route that has an owner, for every caller there can be.
"""

import re
from collections import Counter
from collections.abc import Mapping

import httpx2
import pytest

from services.intake import workflows
from services.intake.workflows import AccountOrder
from shared.kernel.identifiers import OfficeCode
from shared.runtime.notice_tickets import verify_notice_ticket
from tests.builders import TYPED, a_contract, an_event, review_completed
from tests.builders.moving import QUESTION_ID
from tests.component.intake.conftest import Intake, hidden, register, save_draft
from tests.component.intake.portal_routes import UNKNOWN, Cell, Opens, Things
from tests.component.intake.test_api import program
from tests.component.intake.test_clarifications import asked, begin_correction
from tests.component.intake.test_security import cells, refused_alike, send, state

ACTING, SISTER, UNGRANTED, FOREIGN = "NAC001", "NAC002", "NAC003", "KOB002"
API = "/api/v1"
HERS_ALONE = ("/applications/drafts/", "/news/")
"""What belongs to the office that is logged in, whoever the application is about."""
CORRECTION = "/applications/{receipt_number}/correction"
MOVES: Mapping[str, Mapping[str, str]] = {"/correction": {}, "/correction/draft": {}, "/withdrawal": {"reason": ""}}
NAMES = {**UNKNOWN, "step": "contact", "document": "application-form", "office_code": "NAC009"}


def order(intake: Intake, office: str) -> AccountOrder:
    return AccountOrder(OfficeCode(office), "operator", intake.clock.now())


@pytest.fixture
async def things(intake: Intake) -> Things:
    """What NAC001 has done for NAC002: an application with an ID notice, one with a question, a draft, a news item."""
    for office in (SISTER, UNGRANTED):
        await intake.register_office(a_contract(office_code=office))
    await intake.register_office(a_contract(office_code=FOREIGN, company_abbreviation="KOB"))
    await workflows.grant_sister_office(intake.pool, order(intake, ACTING), OfficeCode(SISTER), intake.parts.new_id)
    browser = await intake.logged_in(ACTING)
    completed = await register(browser, office_code=SISTER)
    done = review_completed(receipt_number=completed, office_code=SISTER)
    await intake.consume(an_event(done, key=SISTER))
    question = await asked(intake, browser, office_code=SISTER)
    check = await begin_correction(browser, question)
    form_token, _ = await save_draft(browser, office_code=SISTER)
    news_id = await intake.pool.fetchval("select min(news_id) from news_items where office_code = $1", ACTING)
    correction = {"form_token": str(QUESTION_ID), "diff_sha256": hidden(check.text, "diff_sha256") + "x"}
    return Things(intake, completed, question, form_token, str(news_id), correction)


def owned(intake: Intake) -> list[Cell]:
    """Every route whose address names something that somebody owns."""
    return [cell for cell in cells(intake) if cell.opens is Opens.OWNER]


def may_pass(cell: Cell, caller: str) -> bool:
    """The rule: the office it is about, and the one that applied while it is granted; drafts and news are personal."""
    if caller == ACTING:
        return True
    return caller == SISTER and not cell.path.startswith(HERS_ALONE)


async def unknown_answer(browser: httpx2.AsyncClient, things: Things, cell: Cell) -> httpx2.Response:
    """What the caller gets for something that does not exist."""
    return await send(browser, things, cell, cell.path.format_map(NAMES))


@pytest.mark.parametrize("caller", [ACTING, SISTER, UNGRANTED, FOREIGN])
async def test_every_route_opens_to_the_office_it_is_about_and_to_its_granted_sister_alone(
    things: Things, caller: str
) -> None:
    before, wrong, tried = await state(things.intake), [], Counter[bool]()
    for cell in owned(things.intake):
        if "discard" in cell.path or (cell.method == "POST" and cell.path.startswith(CORRECTION)):
            # What these do depends on the ones before; they are tried below.
            continue
        browser = await things.intake.logged_in(caller)
        answer, unknown = await send(browser, things, cell), await unknown_answer(browser, things, cell)
        passed = not refused_alike(answer, unknown) and answer.status_code < 500
        tried[passed] += 1
        if passed is not may_pass(cell, caller):
            wrong.append((cell, answer.status_code))

    assert wrong == []
    assert tried.total() >= 14
    if caller in (UNGRANTED, FOREIGN):
        assert tried[True] == 0
        assert await state(things.intake) == before


async def test_an_office_without_grant_moves_nothing_of_another(things: Things) -> None:
    before = await state(things.intake)
    moving = [cell for cell in owned(things.intake) if cell.method == "POST"]
    for caller in (UNGRANTED, FOREIGN):
        browser = await things.intake.logged_in(caller)
        for cell in moving:
            assert refused_alike(await send(browser, things, cell), await unknown_answer(browser, things, cell)), cell

    assert len(moving) >= 6
    assert await state(things.intake) == before


@pytest.mark.parametrize(("caller", "opens"), [(ACTING, True), (SISTER, True), (UNGRANTED, False), (FOREIGN, False)])
async def test_the_ticket_names_who_acts_and_whose_passwords_they_are(things: Things, caller: str, opens: bool) -> None:
    intake = things.intake

    page = await (await intake.logged_in(caller)).get(f"/applications/{things.completed}/id-notice")

    assert (page.status_code == 200) is opens
    if opens:
        ticket = verify_notice_ticket(hidden(page.text, "ticket"), intake.keys.ticket_public_dir, intake.clock.now())
        assert (ticket.claims.acting_office, ticket.claims.office_code) == (caller, SISTER)
        assert ticket.claims.receipt_number == things.completed
    else:
        assert "ticket" not in page.text


async def test_a_revoked_grant_opens_no_passwords_and_no_form_any_more(things: Things) -> None:
    intake = things.intake
    await workflows.revoke_sister_office(intake.pool, order(intake, ACTING), OfficeCode(SISTER), intake.parts.new_id)
    browser = await intake.logged_in(ACTING)

    page = await browser.get(f"/applications/{things.completed}")
    assert page.status_code == 200, "its own record stays readable"
    assert "NAC002</span>の申込を行う許可は取り消されています" in page.text
    assert f"/applications/{things.completed}/id-notice" not in page.text, "no button that leads nowhere"
    assert "/password-reissue" not in page.text
    notice = await browser.get(f"/applications/{things.completed}/id-notice")
    assert (notice.status_code, "ticket" in notice.text) == (409, False)
    assert "NAC002</span>でログインして行ってください" in notice.text
    items = await browser.get(f"/applications/drafts/{things.form_token}/check")
    assert "/items" in items.headers["location"], "the draft's office is refused now"
    assert (
        await (await intake.logged_in(SISTER)).get(f"/applications/{things.completed}/id-notice")
    ).status_code == 200


async def test_a_revoked_grant_moves_nothing_and_the_page_says_who_can(things: Things) -> None:
    intake, number = things.intake, things.asked
    await workflows.revoke_sister_office(intake.pool, order(intake, ACTING), OfficeCode(SISTER), intake.parts.new_id)
    browser, before = await intake.logged_in(ACTING), await state(intake)

    for path in ("", "/clarification", "/withdrawal"):
        page = await browser.get(f"/applications/{number}{path}")
        assert "NAC002</span>の申込を行う許可は取り消されています" in page.text, path
        assert not re.search(
            r"<form[^>]*/(correction|withdrawal)|href=\"[^\"]*/(clarification|withdrawal)\"", page.text
        ), path
    for path, body in MOVES.items():
        refused = await browser.post(f"/applications/{number}{path}", data={**things.correction, **body})
        assert (refused.status_code, "NAC002" in refused.text) == (409, True), path
    assert (await browser.get(f"/applications/drafts/{QUESTION_ID}/check")).status_code == 409
    told = await (await program(intake, ACTING)).post(
        f"{API}/applications/{number}/withdrawal", json={}, headers={"idempotency-key": "k"}
    )
    assert (told.status_code, told.json()["code"]) == (409, "grant_revoked")
    assert await state(intake) == before


async def test_the_office_itself_answers_where_the_one_that_applied_may_not_any_more(things: Things) -> None:
    intake, number = things.intake, things.asked
    acting, sister = await intake.logged_in(ACTING), await intake.logged_in(SISTER)
    typed = {**TYPED, "reason": "系列の事業所で書きかけた理由", "from": "check"}
    await acting.post(f"/applications/drafts/{QUESTION_ID}/start", data=typed)
    await workflows.revoke_sister_office(intake.pool, order(intake, ACTING), OfficeCode(SISTER), intake.parts.new_id)

    check = await begin_correction(sister, number)

    assert "系列の事業所で書きかけた理由" in check.text, "what the other office typed is not lost"
    fields = {name: hidden(check.text, name) for name in ("form_token", "diff_sha256")}
    done = await sister.post(f"/applications/{number}/correction", data=fields)
    assert done.headers["location"] == f"/applications/{number}/received"
    assert await intake.pool.fetchval("select revision from applications where receipt_number = $1", number) == 2


async def test_a_draft_of_another_form_is_no_way_into_a_correction(things: Things) -> None:
    """A form token is chosen by the page: one that happens to be the question's leads nobody to foreign text."""
    intake = things.intake
    await intake.pool.execute("update drafts set corrects = null where form_token = $1", QUESTION_ID)
    sister = await intake.logged_in(SISTER)

    await sister.post(f"/applications/{things.asked}/correction/draft")

    assert (await sister.get(f"/applications/drafts/{QUESTION_ID}/check")).status_code == 404


async def test_a_token_reads_what_its_office_may_see_and_nothing_else(things: Things) -> None:
    intake, got = things.intake, {}
    for caller in (ACTING, SISTER, UNGRANTED, FOREIGN):
        got[caller] = await statuses(await program(intake, caller), things)

    readable = dict.fromkeys(got[ACTING], 200)
    assert got[ACTING] == readable
    assert got[SISTER] == readable
    assert set(got[UNGRANTED].values()) == set(got[FOREIGN].values()) == {404}


async def statuses(client: httpx2.AsyncClient, things: Things) -> Mapping[str, int]:
    """The answer to every route of the API that names an application or the sister office."""
    paths = {
        cell.path.format(receipt_number=things.completed, office_code=SISTER, document="application-form")
        for cell in cells(things.intake)
        if cell.method == "GET" and cell.path.startswith(API) and "{" in cell.path
    }
    assert len(paths) >= 3
    return {path: (await client.get(path)).status_code for path in sorted(paths)}
