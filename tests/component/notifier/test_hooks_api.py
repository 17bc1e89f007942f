"""`/operate/v1/hooks…`: what operators do to receivers, each order kept with who and why; secrets shown once."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from services.notifier.web import build_hook_routes
from shared.runtime.operate import operate_routes
from shared.runtime.staff_tokens import StaffIdentity, sign_staff_token
from tests.component.notifier.bench import Bench
from tests.component.notifier.hook_desk import OPENED, Hooks, hooks_at, told
from tests.component.notifier.hook_receiver import a_receiver
from tests.component.runtime.staff_keys import key_pair

REASON = {"reason": "contract 12"}


@pytest.fixture
def hooks(bench: Bench) -> Hooks:
    """At an empty database."""
    return hooks_at(bench)


@pytest.fixture
async def client(hooks: Hooks, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """An operator at the door that the runtime puts before the routes."""
    private, clock = key_pair(tmp_path, "staff"), hooks.bench.clock
    token = sign_staff_token(StaffIdentity("unyo", ("operator",)), private, clock.now())
    app = Starlette(routes=[operate_routes(build_hook_routes(hooks.desk), tmp_path / "public", clock)])
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url="http://notifier/operate/v1",
        headers={"Authorization": f"Bearer {token}"},
    ) as client:  # fmt: skip
        yield client


async def posted(client: httpx2.AsyncClient, path: str, **body: Any) -> Any:
    return (await client.post(path, json={**REASON, **body})).raise_for_status().json()


async def test_a_receiver_goes_through_every_order_and_each_is_kept_with_its_reason(
    client: httpx2.AsyncClient, hooks: Hooks
) -> None:
    async with a_receiver() as receiver:
        assert (await posted(client, "/hooks", name="payroll", url=receiver.url, dry_run=True))["added"] is False
        added = await posted(client, "/hooks", name="payroll", url=receiver.url, event_types=["nss.review.opened.v1"])
        assert added["secret"].startswith("whsec_")
        assert (await posted(client, "/hooks/payroll/pause", dry_run=True))["done"] is False
        assert (await posted(client, "/hooks/payroll/pause"))["state"] == "paused"
        await hooks.queue(told(OPENED, 1, hooks.bench.clock.now()))
        assert (await posted(client, "/hooks/payroll/resume"))["waiting"] == 1
        await hooks.post()
        rotated = await posted(client, "/hooks/payroll/rotate", overlap_hours=1)
        assert rotated["secret"].startswith("whsec_")
        assert rotated["secret"] != added["secret"]
        assert (await posted(client, "/hooks/payroll/test"))["outcome"] == "delivered"
        assert (await posted(client, "/hooks/payroll/replay", since="2018-01-01T00:00:00Z"))["done"] is True
        [hook] = (await client.get("/hooks")).json()["hooks"]
        assert (hook["state"], hook["delivered"], hook["waiting"]) == ("active", 1, 0)
        log = (await client.get("/hooks/payroll/log", params={"state": "delivered"})).json()
        assert [post["subject"] for post in log["posts"]] == ["180001A"]
        assert [tried["status_code"] for tried in log["attempts"]] == [200]
        assert (await posted(client, "/hooks/payroll/remove"))["state"] == "removed"
    rows = await hooks.bench.pool.fetch("select action, operator, reason, details from hook_orders order by order_id")
    assert [row["action"] for row in rows] == ["add", "pause", "resume", "rotate", "test", "replay", "remove"]
    assert {(row["operator"], row["reason"]) for row in rows} == {("unyo", "contract 12")}
    assert "whsec_" not in str([tuple(row) for row in rows])


async def test_what_cannot_be_is_refused_with_its_field_and_strangers_learn_nothing(client: httpx2.AsyncClient) -> None:
    good = {"name": "payroll", "url": "https://payroll.example/", **REASON}
    for change, code in (
        ({"reason": ""}, "invalid_request"), ({"name": "Pay Roll"}, "invalid_request"),
        ({"data_class": "secret"}, "invalid_request"), ({"more": 1}, "invalid_request"),
        ({"event_types": ["nss.operation.payload-revealed.v1"]}, "unusable_hook"),
        ({"url": "ftp://x/"}, "unusable_hook"),
    ):  # fmt: skip
        answer = await client.post("/hooks", json={**good, **change})
        assert (answer.status_code, answer.json()["code"]) == (422, code), change
        assert answer.json()["errors"]
    for path in ("/hooks/nobody/pause", "/hooks/nobody/test", "/hooks/nobody/remove"):
        assert (await client.post(path, json=REASON)).status_code == 404
    assert (await client.get("/hooks/nobody/log")).status_code == 404
    assert (await client.get("/hooks", headers={"Authorization": "Bearer x"})).status_code == 401
