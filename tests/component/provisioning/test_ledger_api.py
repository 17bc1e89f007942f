"""The books over HTTP: who may read them, page by page, and what the `nss` command has done."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from services.provisioning import workflows
from services.provisioning.messaging import build_router
from services.provisioning.web import LedgerDesk, build_operate_routes
from services.provisioning.web.ledger_api import build_ledger_api
from services.provisioning.workflows import BookKeeping
from shared.kernel.local_time import TOKYO
from shared.runtime.operate import operate_routes
from shared.runtime.staff_tokens import StaffIdentity, sign_staff_token
from shared.runtime.web.problems import ApiProblem, problem_answer
from tests.builders import NEW_MAILBOX, NOW, OPENING_MAILBOX, RECEIPT, an_approval, an_event
from tests.component.provisioning.conftest import Provisioning
from tests.component.provisioning.notice_browser import make_keys
from tests.component.provisioning.topic_of_outbox import KeptTopics


class Books:
    """The API of one provisioning service."""

    def __init__(self, client: httpx2.AsyncClient, private_key: Path) -> None:
        self._client = client
        self._private_key = private_key

    async def ask(self, method: str, path: str, role: str | None = "operator", **more: Any) -> httpx2.Response:
        """One request of somebody who holds the role; None for no token."""
        headers = {}
        if role is not None:
            token = sign_staff_token(StaffIdentity("ops-1", [role]), self._private_key, NOW)
            headers["Authorization"] = f"Bearer {token}"
        return await self._client.request(method, path, headers=headers, **more)


@pytest.fixture
async def topics(provisioning: Provisioning) -> KeptTopics:
    """NAC00102 issued, and its events published."""
    await provisioning.approve(an_event(an_approval(abolish=[OPENING_MAILBOX])))
    kept = KeptTopics()
    await kept.take_over(provisioning.pool)
    return kept


@pytest.fixture
async def books(provisioning: Provisioning, topics: KeptTopics, tmp_path: Path) -> AsyncIterator[Books]:
    """The routes, as the service mounts them."""
    private, public = make_keys(tmp_path)
    app = FastAPI()
    app.include_router(build_ledger_api(LedgerDesk(provisioning.pool, provisioning.clock, public)))
    keeping = BookKeeping(provisioning.pool, provisioning.clock, topics, provisioning.tools.watch)
    routes = build_operate_routes(keeping, build_router(provisioning.tools))
    app.router.routes.append(operate_routes(routes, public, provisioning.clock))
    app.add_exception_handler(ApiProblem, on_problem)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://books") as client:
        yield Books(client, private)


async def on_problem(_request: Any, error: Exception) -> Any:
    assert isinstance(error, ApiProblem)
    return problem_answer(error.status, error.code, detail=error.detail, errors=error.errors)


async def test_the_ledger_tells_why_each_id_exists_and_what_became_of_it(books: Books) -> None:
    told = (await books.ask("GET", "/api/v1/offices/NAC001/ledger", "reviewer")).json()
    assert (told["highest_serial"], told["remaining"], told["next_cursor"]) == (2, 97, None)
    opening, issued = told["items"]
    assert (opening["mailbox_id"], opening["cause"], opening["abolished_on"]) == (
        OPENING_MAILBOX,
        "opening_balance",
        "2018-11-01",
    )
    assert (issued["mailbox_id"], issued["cause"], issued["status"]) == (NEW_MAILBOX, "issued", "issued")
    assert (issued["receipt_number"], issued["line"], issued["entered_at"]) == (RECEIPT, 1, "2018-10-24T01:00:00.000Z")


async def test_the_ledger_is_read_page_by_page(books: Books, provisioning: Provisioning) -> None:
    await provisioning.approve(an_event(an_approval(receipt_number="180013A", add_smtp_pop3=60)))
    first = (await books.ask("GET", "/api/v1/offices/NAC001/ledger")).json()
    second = (await books.ask("GET", f"/api/v1/offices/NAC001/ledger?cursor={first['next_cursor']}")).json()
    serials = [item["mailbox_id"][-2:] for page in (first, second) for item in page["items"]]
    assert serials == [f"{serial:02d}" for serial in range(1, 63)]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("path", "role", "status", "code"),
    [
        ("/api/v1/offices/NAC001/ledger", None, 401, "invalid_token"),
        ("/api/v1/offices/NAC001/ledger", "applicant", 403, "role_missing"),
        ("/api/v1/offices/NAC999/ledger", "lead", 404, "unknown_office"),
        ("/api/v1/offices/nonsense/ledger", "lead", 404, "unknown_office"),
        ("/api/v1/offices/NAC001/ledger?cursor=x", "lead", 422, "invalid_request"),
        ("/api/v1/offices/NAC001/ledger?cursor=100", "lead", 422, "invalid_request"),
        ("/api/v1/drift", "help_desk", 404, "never_compared"),
    ],
)
async def test_what_is_refused_has_a_code(books: Books, path: str, role: str | None, status: int, code: str) -> None:
    answer = await books.ask("GET", path, role)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("role", [None, "reviewer", "help_desk"])
async def test_only_operators_and_leads_have_the_ledger_repaired(books: Books, role: str | None) -> None:
    answer = await books.ask("POST", "/operate/v1/ledger/repair", role, json={"dry_run": False})
    assert answer.status_code in (401, 403)


async def test_verify_and_repair_of_a_ledger_in_order_find_nothing(books: Books) -> None:
    verified = (await books.ask("POST", "/operate/v1/ledger/verification")).json()
    assert verified == {"is_current": True, "events": 1, "mailboxes": 2, "findings": []}
    for dry_run in (True, False):
        repaired = (await books.ask("POST", "/operate/v1/ledger/repair", json={"dry_run": dry_run})).json()
        assert repaired == {
            "mailboxes": [], "applications": 0, "without_password": [], "missed_events": 0, "left": [],
        }  # fmt: skip


async def test_a_repair_without_a_word_about_it_is_a_dry_run(books: Books, provisioning: Provisioning) -> None:
    await books.ask("POST", "/operate/v1/ledger/repair")
    assert await provisioning.rows("select 1 from audit_entries where action = 'ledger.repaired'") == []


async def test_the_audit_is_verified_against_a_head_noted_before(books: Books, provisioning: Provisioning) -> None:
    await workflows.seal_audit(provisioning.pool)
    first = (await books.ask("POST", "/operate/v1/audit/verification")).json()
    assert first["findings"] == []
    again = await books.ask("POST", "/operate/v1/audit/verification", json={"noted_head": first["head"]})
    assert again.json()["findings"] == []
    other = await books.ask("POST", "/operate/v1/audit/verification", json={"noted_head": f"1:{'0' * 64}"})
    assert other.json()["findings"] == [{"fault": "head_differs", "at": 1}]
    wrong = await books.ask("POST", "/operate/v1/audit/verification", json={"noted_head": "1:nothing"})
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "invalid_head")


async def test_drift_names_missing_extra_repeated_and_changed_accounts(
    books: Books, provisioning: Provisioning
) -> None:
    provisioning.clock.set(datetime(2018, 11, 1, tzinfo=TOKYO))
    await provisioning.approve(an_event(an_approval(receipt_number="180013A", confirmed_start_date="2018-11-08")))
    await workflows.start_services(provisioning.timetable)
    provisioning.clock.set(datetime(2018, 11, 8, tzinfo=TOKYO))
    await workflows.start_services(provisioning.timetable)
    provisioning.clock.set(NOW)
    exported = [
        {"name": NEW_MAILBOX, "fingerprint": "0" * 64},
        {"name": OPENING_MAILBOX},
        {"name": "STRANGER"},
        {"name": "STRANGER"},
    ]
    told = (await books.ask("POST", "/operate/v1/drift", json={"accounts": exported})).json()
    assert {(each["fault"], each["account"]) for each in told["findings"]} == {
        ("changed", NEW_MAILBOX),
        ("extra", OPENING_MAILBOX),
        ("missing", "NAC00103"),
        ("extra", "STRANGER"),
        ("repeated", "STRANGER"),
    }
    assert (await books.ask("GET", "/api/v1/drift", "help_desk")).json() == told


async def test_a_list_that_is_none_is_refused(books: Books) -> None:
    for accounts in (None, "NAC00101", [{"name": 1}], [{"name": "a", "fingerprint": 2}]):
        answer = await books.ask("POST", "/operate/v1/drift", json={"accounts": accounts})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "invalid_accounts")


async def test_content_that_may_be_erased_is_listed_from_its_day_on(books: Books, provisioning: Provisioning) -> None:
    provisioning.clock.set(datetime(2018, 11, 1, tzinfo=TOKYO))
    await workflows.start_services(provisioning.timetable)
    provisioning.clock.set(NOW)
    assert (await books.ask("GET", "/operate/v1/mailboxes/erasable")).json() == {"items": []}
    listed = await workflows.list_erasable(provisioning.pool, later(provisioning))
    assert listed == [(OPENING_MAILBOX, datetime(2018, 12, 1, tzinfo=TOKYO).date())]


def later(provisioning: Provisioning) -> Any:
    """The day the grace ends."""
    provisioning.clock.set(datetime(2018, 12, 1, tzinfo=TOKYO))
    return provisioning.clock
