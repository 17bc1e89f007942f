"""What operators do through `/operate/v1/mails…`: look, resend, release, test; each change kept with who and why."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from services.notifier.web import build_operate_routes
from shared.runtime.ids import new_uuid7
from shared.runtime.operate import operate_routes
from shared.runtime.staff_tokens import StaffIdentity, sign_staff_token
from tests.builders import review_completed
from tests.component.notifier.bench import ADMINISTRATOR, CONTACT, LETTERHEAD, Bench, about, application, receipt
from tests.component.notifier.scripted_smtp import fail_at
from tests.component.runtime.staff_keys import key_pair

REASON = "applicant says nothing came"


@dataclass
class Desk:
    """An operator at a notifier."""

    bench: Bench
    client: httpx2.AsyncClient

    async def get(self, path: str, **query: Any) -> Any:
        return (await self.client.get(path, params=query)).raise_for_status().json()

    async def post(self, path: str, **body: Any) -> httpx2.Response:
        return await self.client.post(path, json=body)

    async def resend(self, resend_id: object = None, *, dry_run: bool = False, **wanted: Any) -> Any:
        body = {"filter": wanted, "resend_id": str(resend_id or new_uuid7()), "reason": REASON, "dry_run": dry_run}
        return (await self.post("/mails/resend", **body)).raise_for_status().json()


@pytest.fixture
async def desk(bench: Bench, tmp_path: Path) -> AsyncIterator[Desk]:
    """Somebody with the role, at the door that the runtime puts before the routes."""
    private = key_pair(tmp_path, "staff")
    token = sign_staff_token(StaffIdentity("unyo", ("operator",)), private, bench.clock.now())
    routes = build_operate_routes(bench.delivery, LETTERHEAD)
    transport = httpx2.ASGITransport(app=Starlette(routes=[operate_routes(routes, tmp_path / "public", bench.clock)]))
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://notifier/operate/v1", headers=headers
    ) as client:
        yield Desk(bench, client)


async def actions(desk: Desk) -> list[tuple[str, str, str]]:
    rows = await desk.bench.pool.fetch("select operator, action, reason from operator_actions order by done_at")
    return [tuple(row) for row in rows]


async def test_mails_are_listed_by_what_is_asked_and_hold_no_person(desk: Desk) -> None:
    await desk.bench.apply(3)
    await desk.bench.deliver()
    await desk.bench.handle(about(review_completed(receipt_number=receipt())))

    everything = await desk.get("/mails")
    assert len(everything["mails"]) == 8
    assert not [word for word in ("naccs.example", "花子", "太郎", "ナックス") if word in str(everything)]
    for query, count in (
        ({"receipt_number": receipt()}, 4),
        ({"state": "queued"}, 2),
        ({"mail": "M2", "role": "contact"}, 1),
        ({"failure": "bounced"}, 0),
        ({"since": "2018-01-01T00:00:00Z", "until": "2018-01-02T00:00:00Z"}, 0),
    ):
        assert len((await desk.get("/mails", **query))["mails"]) == count
    told = await desk.get("/mails", receipt_number=receipt(2), attempts="true")
    assert [tried["outcome"] for tried in told["attempts"]] == ["accepted", "accepted"]


async def test_long_lists_come_in_pages(desk: Desk) -> None:
    await desk.bench.apply(110)
    first = await desk.get("/mails")
    second = await desk.get("/mails", after=first["next"])

    assert (len(first["mails"]), len(second["mails"]), second["next"]) == (200, 20, None)


async def test_resent_mail_is_the_same_mail_with_an_attempt_of_its_own(desk: Desk) -> None:
    await desk.bench.handle(application())
    await desk.bench.deliver()
    resend_id = new_uuid7()
    answer = await desk.resend(resend_id, receipt_number=receipt(), role="contact")
    await desk.bench.deliver()

    assert ([row["role"] for row in answer["queued"]], answer["left"]) == (["contact"], 0)
    copies = [content for recipient, content in desk.bench.smtp.accepted if recipient == CONTACT]
    assert len(copies) == 2
    assert copies[0] == copies[1]
    tried = await desk.bench.pool.fetch("select attempt, resend_id from mail_attempts where attempt = 2")
    assert [tuple(row) for row in tried] == [(2, resend_id)]
    assert await actions(desk) == [("unyo", "resend", REASON)]
    assert await desk.bench.states() == [("contact", "sent", 2, False), ("administrator", "sent", 1, False)]


async def test_resend_by_filter_goes_on_where_it_stopped_and_repeats_nothing(desk: Desk) -> None:
    await desk.bench.apply(150)
    while await desk.bench.deliver():
        pass
    resend_id, queued = new_uuid7(), []
    first = await desk.resend(resend_id, state="sent")
    while await desk.bench.deliver():
        pass
    second = await desk.resend(resend_id, state="sent")
    third = await desk.resend(resend_id, state="sent")
    queued = [row["mail_id"] for answer in (first, second, third) for row in answer["queued"]]

    assert [len(answer["queued"]) for answer in (first, second, third)] == [200, 100, 0]
    assert [answer["left"] for answer in (first, second, third)] == [100, 0, 0]
    assert len(set(queued)) == len(queued) == 300


async def test_dry_run_counts_and_changes_nothing(desk: Desk) -> None:
    await desk.bench.apply(2)
    await desk.bench.deliver()

    assert (await desk.resend(dry_run=True, state="sent"))["left"] == 4
    assert await desk.bench.deliver() == 0
    assert await actions(desk) == []


async def test_mail_that_failed_is_tried_afresh_when_resent(desk: Desk) -> None:
    await desk.bench.handle(application())
    desk.bench.smtp.answer = fail_at("RCPT", "550 never")
    await desk.bench.deliver()
    await desk.resend(failure="refused")
    desk.bench.smtp.answer = fail_at("RCPT", "451 later", times=2)
    await desk.bench.deliver_all(hours=1)

    assert await desk.bench.states() == [("contact", "sent", 3, False), ("administrator", "sent", 3, False)]
    assert (await desk.bench.published())[-1] == "nss.mail.sent.v1"


async def test_mail_whose_text_is_gone_is_not_resent(desk: Desk) -> None:
    await desk.bench.handle(application())
    await desk.bench.deliver()
    await desk.bench.pool.execute("update mails set sealed = null")

    assert await desk.resend(state="sent") | {"resend_id": ""} == {"resend_id": "", "queued": [], "left": 0}


async def test_test_mail_arrives_marked_and_is_not_an_applications(desk: Desk) -> None:
    answer = await desk.post("/mails/test", mail="M3", to="unyo@center.example", reason="new mail server")

    assert answer.json() == {"mail": "M3", "outcome": "accepted"}
    [(recipient, content)] = desk.bench.smtp.accepted
    assert recipient == "unyo@center.example"
    assert "確認事項" in desk.bench.text_of(content)
    assert await actions(desk) == [("unyo", "send_test", "new mail server")]
    assert await desk.bench.published() == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/mails/resend", {"filter": {}, "reason": REASON, "resend_id": str(new_uuid7())}),
        ("/mails/resend", {"filter": {"state": "sent"}, "reason": " ", "resend_id": str(new_uuid7())}),
        ("/mails/resend", {"filter": {"stat": "sent"}, "reason": REASON, "resend_id": str(new_uuid7())}),
        ("/mails/resend", {"filter": {"state": "sent'"}, "reason": REASON, "resend_id": str(new_uuid7())}),
        ("/mails/resend", {"filter": {"state": "sent"}, "reason": REASON}),
        ("/mails/test", {"mail": "M3", "to": "a@b\r\nBcc: c@d", "reason": REASON}),
        ("/mails/test", {"mail": "M3", "case": "nothing", "to": ADMINISTRATOR, "reason": REASON}),
        ("/mails/test", {"mail": "M13", "to": ADMINISTRATOR, "reason": REASON}),
        ("/mails/suppressions/01a208c3-ba28-77ac-b530-c0551e7bb2bc/release", {}),
    ],
)
async def test_wrong_requests_are_refused_and_change_nothing(desk: Desk, path: str, body: dict[str, Any]) -> None:
    await desk.bench.handle(application())
    answer = await desk.post(path, **body)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert await actions(desk) == []
    assert desk.bench.smtp.accepted == []


async def test_unknown_suppression_is_not_found(desk: Desk) -> None:
    answer = await desk.post(f"/mails/suppressions/{new_uuid7()}/release", reason=REASON)

    assert answer.status_code == 404
