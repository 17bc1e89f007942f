"""The staff API: tokens, schedule, queue and approval for programs."""

import asyncio
from typing import Any

import pytest

from shared.contracts.review_events import ApplicationApproved, SchedulePublished
from shared.runtime.staff_tokens import verify_staff_token
from tests.builders import RECEIPT, an_event, mailboxes_issued
from tests.component.review.desk import A_SCHEDULE, HELP_DESK, LEAD, OPERATOR, PASSWORD, REVIEWER, Desk

APPROVAL = f"/api/v1/reviews/{RECEIPT}/approval"
AN_APPROVAL: dict[str, Any] = {"revision": 1, "confirmed_start_date": "20181101"}


async def test_a_token_names_its_holder_and_roles(desk: Desk) -> None:
    answer = await desk.client().post("/api/v1/tokens", json={"login": LEAD, "password": PASSWORD})
    identity = verify_staff_token(answer.json()["token"], desk.deps.staff_keys_dir, desk.clock.now())
    assert (identity.login, list(identity.roles)) == (LEAD, ["lead"])


@pytest.mark.parametrize(("login", "password"), [(LEAD, "wrong"), ("nobody", PASSWORD)])
async def test_no_token_for_a_wrong_login(desk: Desk, login: str, password: str) -> None:
    answer = await desk.client().post("/api/v1/tokens", json={"login": login, "password": password})
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_login")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_nothing_without_a_token(desk: Desk) -> None:
    routes: list[tuple[str, str, dict[str, Any] | None]] = [
        ("GET", "/api/v1/schedule", None),
        ("PUT", "/api/v1/schedule", A_SCHEDULE),
        ("GET", "/api/v1/reviews", None),
        ("GET", f"/api/v1/reviews/{RECEIPT}", None),
        ("POST", APPROVAL, AN_APPROVAL),
    ]
    for method, path, body in routes:
        for headers in ({}, {"authorization": "Bearer x"}, {"authorization": "Basic anJvOng="}):
            answer = await desk.client().request(method, path, json=body, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token"), (method, path, headers)


async def test_a_token_ends_after_fifteen_minutes_and_with_its_account(desk: Desk) -> None:
    program = await desk.program_of(REVIEWER)
    await desk.pool.execute("update staff_accounts set disabled_at = $1 where login = $2", desk.clock.now(), REVIEWER)
    assert (await program.get("/api/v1/reviews")).status_code == 401
    await desk.pool.execute("update staff_accounts set disabled_at = null")
    assert (await program.get("/api/v1/reviews")).status_code == 200
    desk.clock.advance(minutes=15)
    assert (await program.get("/api/v1/reviews")).status_code == 401


async def test_an_operator_sets_the_schedule_and_versions_rise_as_they_should(desk: Desk) -> None:
    first = (await desk.set_schedule()).json()
    assert (first["schedule_version"], first["calendar_version"]) == (1, 1)
    assert first["registration_days"][0] == {
        "registration_date": "2018-11-01",
        "application_deadline": "2018-10-25",
        "system_setting_deadline": "2018-10-26",
    }
    second = (await desk.set_schedule(registration_days=A_SCHEDULE["registration_days"][:1])).json()
    assert (second["schedule_version"], second["calendar_version"]) == (2, 1)
    third = (await desk.set_schedule(closures=[{"date": "2018年11月9日", "reason": "創立記念日"}])).json()
    assert (third["schedule_version"], third["calendar_version"]) == (3, 2)
    assert third["closures"] == [{"date": "2018-11-09", "reason": "創立記念日"}]
    told = [event for event in await desk.told() if isinstance(event, SchedulePublished)]
    assert [event.model_dump(mode="json") for event in told] == [first, second, third]
    program = await desk.program_of(REVIEWER)
    assert (await program.get("/api/v1/schedule")).json() == third


async def test_operators_who_publish_at_once_follow_one_another(desk: Desk) -> None:
    answers = await asyncio.gather(*(desk.set_schedule() for _ in range(8)))
    assert sorted(answer.json()["schedule_version"] for answer in answers) == list(range(1, 9))


async def test_there_is_no_schedule_before_the_first(desk: Desk) -> None:
    answer = await (await desk.program_of(OPERATOR)).get("/api/v1/schedule")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_schedule")


@pytest.mark.parametrize("login", [REVIEWER, LEAD, HELP_DESK])
async def test_only_an_operator_sets_the_schedule(desk: Desk, login: str) -> None:
    answer = await (await desk.program_of(login)).put("/api/v1/schedule", json=A_SCHEDULE)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert await desk.count("schedules") == 0


async def test_a_bad_schedule_is_refused_with_every_reason(desk: Desk) -> None:
    saturday = {"registration_date": "20181103", "application_deadline": "20181104"}
    answer = await desk.set_schedule(registration_days=[saturday])
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_schedule")
    codes = [(error["field"], error["code"]) for error in answer.json()["errors"]]
    assert codes == [("registration_days", "not_a_business_day"), ("registration_days", "deadline_after_day")]
    assert await desk.count("event_outbox") == 0


@pytest.mark.parametrize("change", [{"covers_until": "2018-13-01"}, {"covers_until": "yes"}, {"closure": []}])
async def test_a_schedule_of_another_shape_is_refused_by_field(desk: Desk, change: dict[str, Any]) -> None:
    answer = await desk.set_schedule(**change)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == list(change)


async def test_a_program_reads_the_queue_and_approves(desk: Desk) -> None:
    await desk.set_schedule()
    await desk.receive()
    program = await desk.program_of(REVIEWER)
    queue = (await program.get("/api/v1/reviews?status=under_review")).json()
    (item,) = queue["items"]
    assert queue["next_cursor"] is None
    assert (item["receipt_number"], item["status"], item["revision"]) == (RECEIPT, "under_review", 1)
    assert (item["requested_start_date"], item["suggested_start_date"]) == ("2018-11-01", "2018-11-01")
    assert "contact" not in item
    body = {"revision": item["revision"], "confirmed_start_date": item["suggested_start_date"]}
    answer = await program.post(APPROVAL, json=body)
    assert (answer.status_code, answer.json()["status"]) == (200, "approved")
    await desk.deliver(an_event(mailboxes_issued()))
    assert (await program.get(f"/api/v1/reviews/{RECEIPT}")).json()["status"] == "review_completed"


async def test_the_queue_leafs_on_by_cursor(desk: Desk) -> None:
    await desk.set_schedule()
    numbers = [f"18{serial:04d}A" for serial in range(1, 121)]
    await desk.receive(*numbers)
    program = await desk.program_of(HELP_DESK)
    seen: list[str] = []
    cursor: str | None = ""
    for _ in range(3):
        answer = (await program.get("/api/v1/reviews", params={"cursor": cursor})).json()
        seen += [item["receipt_number"] for item in answer["items"]]
        cursor = answer["next_cursor"]
    assert (seen, cursor) == (numbers, None)


async def test_a_bad_cursor_or_status_is_refused_by_field(desk: Desk) -> None:
    program = await desk.program_of(REVIEWER)
    for name in ("cursor", "status"):
        answer = await program.get("/api/v1/reviews", params={name: "x"})
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == [name]


async def test_an_approval_that_comes_late_names_the_winner(desk: Desk) -> None:
    await desk.set_schedule()
    await desk.receive()
    await desk.approve()
    answer = await (await desk.program_of(LEAD)).post(APPROVAL, json=AN_APPROVAL)
    assert (answer.status_code, answer.json()["code"]) == (409, "moved_on")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["winner"] == {
        "name": "審査 次郎",
        "moved_at": "2018-10-24T01:00:00Z",
        "status": "approved",
        "revision": 1,
    }


async def test_another_revision_is_a_conflict(desk: Desk) -> None:
    await desk.set_schedule()
    await desk.receive()
    answer = await (await desk.program_of(LEAD)).post(APPROVAL, json={**AN_APPROVAL, "revision": 2})
    assert (answer.status_code, answer.json()["winner"]["revision"]) == (409, 1)
    assert await desk.state_of() == "under_review"


async def test_an_approval_that_breaks_rules_is_refused_with_every_reason(desk: Desk) -> None:
    await desk.set_schedule()
    await desk.receive()
    body = {**AN_APPROVAL, "confirmed_start_date": "2018-11-02"}
    answer = await (await desk.program_of(REVIEWER)).post(APPROVAL, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_decision")
    codes = [(error["field"], error["code"]) for error in answer.json()["errors"]]
    assert codes == [("confirmed_start_date", "start_date_not_registration_day"), ("note", "note_required")]
    assert all(error["message"].endswith("。") for error in answer.json()["errors"])


async def test_a_lead_may_confirm_another_business_day_with_a_note(desk: Desk) -> None:
    await desk.set_schedule()
    await desk.receive()
    body = {**AN_APPROVAL, "confirmed_start_date": "2018-11-02", "note": "作業日を変更しました。"}
    answer = await (await desk.program_of(LEAD)).post(APPROVAL, json=body)
    assert (answer.status_code, answer.json()["confirmed_start_date"]) == (200, "2018-11-02")
    event = (await desk.told())[-1]
    assert isinstance(event, ApplicationApproved)
    assert event.start_date_note == "作業日を変更しました。"


@pytest.mark.parametrize("login", [OPERATOR, HELP_DESK])
async def test_who_does_not_review_does_not_approve(desk: Desk, login: str) -> None:
    await desk.set_schedule()
    await desk.receive()
    answer = await (await desk.program_of(login)).post(APPROVAL, json=AN_APPROVAL)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize("number", ["000000Z", "x"])
async def test_an_unknown_application_is_not_found(desk: Desk, number: str) -> None:
    answer = await (await desk.program_of(LEAD)).post(f"/api/v1/reviews/{number}/approval", json=AN_APPROVAL)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_application")
