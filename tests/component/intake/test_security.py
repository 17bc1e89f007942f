"""Who may do what: every route of the portal, for every kind of caller and every owner; and what all answers share.

The cells come from the application's own route list: a new route without an entry here fails.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

import httpx2
import pytest
from starlette.routing import BaseRoute, Route

from services.intake import workflows
from services.intake.workflows import AccountOrder
from shared.kernel.identifiers import OfficeCode
from tests.builders import a_contract, an_event, review_completed
from tests.builders.moving import QUESTION_ID
from tests.component.intake.conftest import BASE_URL, Intake, hidden, register, save_draft
from tests.component.intake.portal_routes import PAGES, UNKNOWN, Cell, Opens, Things
from tests.component.intake.test_clarifications import asked, begin_correction

OTHER_OFFICE = "KOB002"
REFERENCE = re.compile(r"<code>[0-9a-f]{12}</code>")
INLINE_SCRIPT = re.compile(r"<script(?![^>]* src=\"/static/)|<style|\son[a-z]+=|javascript:")
FORM = {"content-type": "application/x-www-form-urlencoded"}
STATE_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@pytest.fixture
async def things(intake: Intake) -> Things:
    """NAC001 with one of everything, and another office with an account."""
    await intake.register_office(a_contract(office_code=OTHER_OFFICE, company_abbreviation="KOB"))
    browser = await intake.logged_in()
    completed = await register(browser)
    await intake.consume(an_event(review_completed(receipt_number=completed)))
    question = await asked(intake, browser)
    check = await begin_correction(browser, question)
    form_token, _ = await save_draft(browser)
    news_id = await intake.pool.fetchval("select min(news_id) from news_items where office_code = 'NAC001'")
    correction = {"form_token": str(QUESTION_ID), "diff_sha256": hidden(check.text, "diff_sha256") + "x"}
    return Things(intake, completed, question, form_token, str(news_id), correction)


def cells(intake: Intake) -> Iterator[Cell]:
    """Every route with each of its methods, those of the API's own router too; static files aside."""
    found = {(method, route.path) for route in routes_of(intake.app.routes) for method in route.methods or ()}
    yield from (Cell(method, path) for method, path in sorted(found) if method != "HEAD")


def routes_of(routes: Iterable[BaseRoute]) -> Iterator[Route]:
    """The routes themselves, also of routers that were put in as a whole."""
    for route in routes:
        if isinstance(route, Route):
            yield route
        elif inner := getattr(route, "original_router", None):
            yield from routes_of(inner.routes)


async def send(browser: httpx2.AsyncClient, things: Things, cell: Cell, address: str = "") -> httpx2.Response:
    """Ask for the cell as this caller."""
    body = things.body(cell) if cell.method in STATE_CHANGING else None
    return await browser.request(cell.method, address or things.address(cell), data=body)


def sent_to(answer: httpx2.Response, path: str) -> bool:
    return answer.status_code == 303 and answer.headers["location"].startswith(f"{path}?next=")


async def test_every_route_says_to_whom_it_opens(intake: Intake) -> None:
    paths = {cell.path for cell in cells(intake) if not cell.path.startswith("/api/")}

    assert paths == set(PAGES)
    others = {getattr(route, "path", "/static") for route in intake.app.routes if not isinstance(route, Route)}
    assert others <= {"/static", *(cell.path for cell in cells(intake))}, "what is no route stands before one"
    assert {cell.method for cell in cells(intake) if cell.path == "/api/v1/applications"} == {"GET", "POST"}


async def test_nobody_gets_past_the_login(things: Things) -> None:
    wrong = []
    for cell in cells(things.intake):
        answer = await send(things.intake.browser(), things, cell)
        refused = has_no_token(answer, cell) if cell.opens is Opens.TOKEN else sent_to(answer, "/login")
        if refused is (cell.opens is Opens.EVERYBODY) and not is_public_description(cell):
            wrong.append((cell, answer.status_code))

    assert wrong == []


def has_no_token(answer: httpx2.Response, cell: Cell) -> bool:
    """Refused; a post that is no JSON before anybody asks who sends it."""
    return answer.status_code == 401 or (cell.method == "POST" and answer.status_code == 422)


def is_public_description(cell: Cell) -> bool:
    return cell.path == "/api/v1/openapi.json"


async def test_an_initial_password_opens_nothing_but_its_change(things: Things) -> None:
    intake, wrong = things.intake, []
    order = AccountOrder(OfficeCode("NAC005"), "operator", intake.clock.now())
    password = await workflows.open_account(intake.pool, intake.parts.hasher, order)
    for cell in cells(intake):
        if cell.opens is Opens.TOKEN or cell.path in ("/login", "/logout"):
            continue
        browser = intake.browser()
        await browser.post("/login", data={"office_code": "NAC005", "password": password})
        answer = await send(browser, things, cell)
        if sent_to(answer, "/password") is not (cell.opens in (Opens.LOGGED_IN, Opens.OWNER)):
            wrong.append((cell, answer.status_code))

    assert wrong == []


async def test_the_owner_gets_everything_that_is_its_own(things: Things) -> None:
    wrong = []
    for cell in cells(things.intake):
        # Each in a browser of its own: some end the session, and a POST may move what the next one wants.
        browser = await things.intake.logged_in()
        if cell.opens is Opens.TOKEN or "discard" in cell.path:
            continue
        answer = await send(browser, things, cell)
        refused = answer.status_code in (401, 403, 404, 405, 429) or answer.status_code >= 500
        if refused and (cell.path, answer.status_code) != ("/applications/{receipt_number}/id-notice", 401):
            wrong.append((cell, answer.status_code))

    assert wrong == []


async def test_another_office_learns_nothing_about_what_it_asks_for(things: Things) -> None:
    """A number or token of somebody else is answered exactly as one that does not exist (E21)."""
    browser = await things.intake.logged_in(OTHER_OFFICE)
    before, wrong, tried = await state(things.intake), [], 0
    for cell in cells(things.intake):
        if cell.opens is not Opens.OWNER:
            continue
        tried += 1
        foreign = await send(browser, things, cell)
        names = {**UNKNOWN, "step": "contact", "document": "application-form"}
        unknown = await send(browser, things, cell, cell.path.format_map(names))
        if not refused_alike(foreign, unknown):
            wrong.append((cell, foreign.status_code, unknown.status_code))

    assert wrong == []
    assert tried >= 15
    assert await state(things.intake) == before


async def test_a_login_of_the_portal_opens_no_api_and_a_staff_token_no_page(things: Things) -> None:
    browser, wrong = await things.intake.logged_in(), []
    for cell in cells(things.intake):
        if cell.opens is Opens.TOKEN:
            answer = await send(browser, things, cell)
            if not has_no_token(answer, cell) and not is_public_description(cell):
                wrong.append((cell, answer.status_code))
        elif cell.opens is not Opens.EVERYBODY:
            stranger = things.intake.browser()
            stranger.headers["authorization"] = "Bearer x.y.z"
            if not sent_to(await send(stranger, things, cell), "/login"):
                wrong.append((cell, 0))

    assert wrong == []


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": BASE_URL},
        {},
    ],
)
async def test_no_other_site_changes_anything(things: Things, headers: dict[str, str]) -> None:
    browser = await things.intake.logged_in()
    browser.headers.pop("origin")
    before, wrong, tried = await state(things.intake), [], 0
    for cell in cells(things.intake):
        if cell.method not in STATE_CHANGING:
            continue
        tried += 1
        answer = await browser.request(cell.method, things.address(cell), data=things.body(cell), headers=headers)
        if answer.status_code != 403:
            wrong.append((cell, answer.status_code))

    assert wrong == []
    assert tried >= 15
    assert await state(things.intake) == before


async def test_every_answer_carries_the_security_headers_and_no_inline_script(things: Things) -> None:
    wrong = []
    for browser in (things.intake.browser(), await things.intake.logged_in()):
        for cell in cells(things.intake):
            if cell.method != "GET":
                continue
            for address in (things.address(cell), things.address(cell) + "x"):
                answer = await browser.get(address)
                policy = answer.headers.get("content-security-policy", "")
                is_safe = "default-src 'none'" in policy and "unsafe" not in policy
                kept_out = answer.headers.get("cache-control", "").split(",")[0] in ("no-store", "private")
                sniffed = answer.headers.get("x-content-type-options") != "nosniff"
                is_page = answer.headers.get("content-type", "").startswith("text/html")
                inline = is_page and INLINE_SCRIPT.search(answer.text)
                if not is_safe or not kept_out or sniffed or inline or answer.status_code >= 500:
                    wrong.append((address, answer.status_code))

    assert wrong == []


async def test_an_error_page_tells_nothing_about_the_machinery(things: Things) -> None:
    browser = await things.intake.logged_in()
    for address in ("/nowhere", "/applications/x'--", "/news/-1", "/contract/../etc", "/procedures/{{7*7}}"):
        answer = await browser.get(address)
        assert answer.status_code == 404, address
        assert not re.search(r"Traceback|asyncpg|starlette|select |line \d+|49", REFERENCE.sub("", answer.text))
    too_much = await browser.post("/password", content=b"a=" + b"x" * 70_000, headers=FORM)
    assert too_much.status_code == 413


def refused_alike(foreign: httpx2.Response, unknown: httpx2.Response) -> bool:
    """404 for both, word for word the same apart from the request's reference; or the same way to the menu."""
    if {foreign.status_code, unknown.status_code} != {404}:
        return foreign.headers.get("location") == unknown.headers.get("location") == "/menu"
    return REFERENCE.sub("", foreign.text) == REFERENCE.sub("", unknown.text)


async def state(intake: Intake) -> Mapping[str, list[tuple[object, ...]]]:
    """Everything an attacker might have changed."""
    return await intake.rows(["applications", "application_revisions", "drafts", "event_outbox", "office_accounts"])
