"""Every decision through the staff API on a real database, and what applicant and provisioning make of it."""

from datetime import date
from typing import Any

import asyncpg
import httpx2
import pytest

from shared.contracts import intake_events as intake
from shared.contracts import provisioning_events as provisioning
from shared.contracts.event_data import ApplicationKind
from shared.contracts.people import PasswordReissue
from shared.contracts.review_events import (
    ApplicationVoided,
    ClarificationCancelRequested,
    ClarificationRequested,
    ReviewCompleted,
    StartDateChanged,
    SystemSettingRecorded,
    WithdrawalAccepted,
    WithdrawalRefused,
)
from tests.builders import (
    NEW_MAILBOX,
    NOW,
    OFFICE,
    OPENING_MAILBOX,
    RECEIPT,
    an_application_received,
    an_event,
    mailboxes_issued,
)
from tests.component.review.desk import HELP_DESK, LEAD, OPERATOR, REVIEWER, Desk

QUESTION = "1個の追加でよろしいでしょうか。"
NOTE = "お客様のご要望により変更いたしました。"


async def decide(desk: Desk, login: str, decision: str, **body: Any) -> httpx2.Response:
    program = await desk.program_of(login)
    return await program.post(f"/api/v1/reviews/{RECEIPT}/{decision}", json=body)


async def ask(desk: Desk) -> ClarificationRequested:
    answer = await decide(desk, REVIEWER, "clarification", revision=1, question=QUESTION, reason_code="count_unclear")
    assert answer.status_code == 200, answer.text
    asked = (await desk.told())[-1]
    assert isinstance(asked, ClarificationRequested)
    return asked


def a_correction(asked: ClarificationRequested, **fields: Any) -> intake.ApplicationCorrected:
    content = an_application_received(**{"revision": 2, **fields}).model_dump()
    return intake.ApplicationCorrected(**content, corrected_at=NOW, answers_clarification_id=asked.clarification_id)


def returned(asked: ClarificationRequested) -> intake.ClarificationReturned:
    return intake.ClarificationReturned(
        receipt_number=RECEIPT, revision=1, clarification_id=asked.clarification_id, returned_at=NOW
    )


def a_wish_to_withdraw() -> intake.WithdrawalRequested:
    return intake.WithdrawalRequested(receipt_number=RECEIPT, revision=1, requested_at=NOW, reason="計画変更")


async def under_review(desk: Desk, **fields: Any) -> None:
    await desk.set_schedule()
    await desk.receive(**fields)


async def completed(desk: Desk, *, system_setting_required: bool = False) -> None:
    await under_review(desk)
    answer = await decide(
        desk,
        REVIEWER,
        "approval",
        revision=1,
        confirmed_start_date="20181101",
        system_setting_required=system_setting_required,
    )
    assert answer.status_code == 200, answer.text
    await desk.deliver(an_event(mailboxes_issued()))


async def test_a_question_is_asked_answered_and_the_answer_reviewed(desk: Desk) -> None:
    await under_review(desk)
    asked = await ask(desk)
    assert (asked.question, asked.reason_code) == (QUESTION, "count_unclear")
    assert await desk.state_of() == "clarification"
    desk.clock.advance(days=2)
    await desk.deliver(an_event(a_correction(asked, reason="二台目の端末のため。")))
    row = await desk.pool.fetchrow("select state, revision, reason, clarification, paused_days from reviews")
    assert row is not None
    assert tuple(row) == ("under_review", 2, "二台目の端末のため。", None, 2)
    assert await desk.count("review_contacts") == 2
    assert await desk.count("review_revisions") == 2
    late = await decide(desk, REVIEWER, "approval", revision=1, confirmed_start_date="20181108", note=NOTE)
    assert (late.status_code, late.json()["code"], late.json()["winner"]["revision"]) == (409, "moved_on", 2)
    answer = await decide(desk, REVIEWER, "approval", revision=2, confirmed_start_date="20181108", note=NOTE)
    assert answer.status_code == 200, answer.text


async def test_a_correction_on_a_newer_contract_waits_for_it(desk: Desk) -> None:
    await under_review(desk)
    asked = await ask(desk)
    await desk.deliver(an_event(a_correction(asked, contract_version=2)))
    assert await desk.held() == [("waiting", OFFICE)]


async def test_the_database_refuses_an_approval_while_a_question_is_open(desk: Desk) -> None:
    await under_review(desk)
    await ask(desk)
    refused = await decide(desk, LEAD, "approval", revision=1, confirmed_start_date="20181101")
    assert (refused.status_code, refused.json()["winner"]["status"]) == (409, "clarification")
    with pytest.raises(asyncpg.CheckViolationError, match="reviews_question_is_open"):
        await desk.pool.execute("update reviews set state = 'approved', approved_at = $1", NOW)


async def test_a_question_is_taken_back_by_intakes_answer(desk: Desk) -> None:
    await under_review(desk)
    asked = await ask(desk)
    wish = {"clarification_id": str(asked.clarification_id)}
    assert (await decide(desk, LEAD, "clarification/cancellation", **wish)).status_code == 200
    assert isinstance((await desk.told())[-1], ClarificationCancelRequested)
    assert await desk.state_of() == "clarification"
    again = await decide(desk, LEAD, "clarification/cancellation", **wish)
    assert (again.status_code, again.json()["code"]) == (409, "cancel_already_requested")
    await desk.deliver(an_event(returned(asked)))
    assert await desk.state_of() == "under_review"
    assert (await decide(desk, LEAD, "approval", revision=1, confirmed_start_date="20181101")).status_code == 200


async def test_an_answer_that_came_before_the_wish_to_have_the_question_back_wins(desk: Desk) -> None:
    await under_review(desk)
    asked = await ask(desk)
    await decide(desk, LEAD, "clarification/cancellation", clarification_id=str(asked.clarification_id))
    await desk.deliver(an_event(a_correction(asked)))
    assert await desk.pool.fetchval("select revision from reviews") == 2
    assert await desk.state_of() == "under_review"


async def test_a_wish_to_withdraw_is_granted_refused_or_left_to_intake(desk: Desk) -> None:
    await under_review(desk)
    asked = await ask(desk)
    await desk.deliver(an_event(a_wish_to_withdraw()))
    assert (await desk.state_of(), (await desk.told())[-1]) == ("clarification", asked)
    await desk.deliver(an_event(returned(asked)))
    await desk.approve()
    await desk.deliver(an_event(a_wish_to_withdraw()))
    refused = (await desk.told())[-1]
    assert isinstance(refused, WithdrawalRefused)
    assert (refused.reason_code, await desk.state_of()) == ("already_approved", "approved")


async def test_a_withdrawal_under_review_ends_the_application(desk: Desk) -> None:
    await under_review(desk)
    await desk.deliver(an_event(a_wish_to_withdraw()))
    assert (await desk.state_of(), type((await desk.told())[-1])) == ("withdrawn", WithdrawalAccepted)
    late = await decide(desk, REVIEWER, "approval", revision=1, confirmed_start_date="20181101")
    assert (late.status_code, late.json()["winner"]["name"]) == (409, None)


async def test_a_withdrawal_out_of_a_question_ends_the_application(desk: Desk) -> None:
    await under_review(desk)
    await ask(desk)
    await desk.deliver(an_event(intake.ApplicationWithdrawn(receipt_number=RECEIPT, revision=1, withdrawn_at=NOW)))
    assert await desk.state_of() == "withdrawn"


async def test_a_reissue_goes_through_review_to_its_end(desk: Desk) -> None:
    await under_review(
        desk,
        kind=ApplicationKind.PASSWORD_REISSUE,
        requested_start_date=None,
        mailbox_change=None,
        password_reissue=PasswordReissue(mailbox_ids=[OPENING_MAILBOX]),
    )
    answer = await decide(desk, REVIEWER, "approval", revision=1)
    assert answer.status_code == 200, answer.text
    reissued = provisioning.PasswordsReissued(
        receipt_number=RECEIPT,
        office_code=OFFICE,
        mailbox_ids=[OPENING_MAILBOX],
        reissued_at=NOW,
        viewable_from=NOW,
        viewable_until=date(2018, 10, 26),
    )
    await desk.deliver(an_event(reissued))
    ended = (await desk.told())[-1]
    assert isinstance(ended, ReviewCompleted)
    assert (ended.kind, ended.mailbox_ids_reissued) == (ApplicationKind.PASSWORD_REISSUE, [OPENING_MAILBOX])
    assert (ended.confirmed_start_date, ended.viewable_until) == (None, date(2018, 10, 26))
    assert ended.mailboxes_after.model_dump() == {"smtp_pop3": 1, "edifact": 0}
    assert await desk.state_of() == "review_completed"


async def test_a_completed_application_is_voided_until_the_evening_before(desk: Desk) -> None:
    await completed(desk)
    desk.clock.set(NOW.replace(month=10, day=31, hour=8, minute=59))
    answer = await decide(desk, LEAD, "void", revision=1, reason="applicant_asked", note=NOTE)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["status"], answer.json()["void_reason"]) == ("voided", "applicant_asked")
    assert isinstance((await desk.told())[-1], ApplicationVoided)
    retired = provisioning.MailboxesVoided(receipt_number=RECEIPT, mailbox_ids=[NEW_MAILBOX], was_active=False)
    await desk.deliver(an_event(retired))
    assert await desk.state_of() == "voided"
    assert (await decide(desk, LEAD, "void", revision=1, reason="applicant_asked")).status_code == 409


async def test_what_comes_after_the_evening_before_is_refused(desk: Desk) -> None:
    await completed(desk)
    desk.clock.set(NOW.replace(month=10, day=31, hour=9, minute=0))
    for decision, body in (
        ("void", {"reason": "applicant_asked"}),
        ("start-date", {"confirmed_start_date": "20181108", "note": NOTE}),
    ):
        late = await decide(desk, LEAD, decision, revision=1, **body)
        assert (late.status_code, late.json()["code"]) == (409, "too_late")
    assert await desk.state_of() == "review_completed"


async def test_the_start_date_moves_and_provisioning_answers(desk: Desk) -> None:
    await completed(desk)
    answer = await decide(desk, LEAD, "start-date", revision=1, confirmed_start_date="20181108", note=NOTE)
    assert answer.status_code == 200, answer.text
    assert isinstance((await desk.told())[-1], StartDateChanged)
    moved = provisioning.MailboxesRescheduled(
        receipt_number=RECEIPT,
        old_start_date=date(2018, 11, 1),
        new_start_date=date(2018, 11, 8),
        viewable_until=date(2018, 11, 12),
    )
    await desk.deliver(an_event(moved))
    row = await desk.pool.fetchrow("select state, confirmed_start_date, viewable_until from reviews")
    assert row is not None
    assert tuple(row) == ("review_completed", date(2018, 11, 8), date(2018, 11, 12))


async def test_a_recorded_system_setting_is_told(desk: Desk) -> None:
    await completed(desk, system_setting_required=True)
    answer = await decide(desk, OPERATOR, "system-setting", revision=1, completed_on="20181024")
    assert (answer.status_code, answer.json()["system_setting_completed_on"]) == (200, "2018-10-24")
    assert isinstance((await desk.told())[-1], SystemSettingRecorded)


FORBIDDEN: dict[str, tuple[dict[str, Any], list[str]]] = {
    "approval": ({"revision": 1}, [OPERATOR, HELP_DESK]),
    "second-approval": ({"revision": 1}, [REVIEWER, OPERATOR, HELP_DESK]),
    "second-approval/refusal": ({"revision": 1}, [OPERATOR, HELP_DESK]),
    "clarification": ({"revision": 1, "question": QUESTION}, [OPERATOR, HELP_DESK]),
    "clarification/cancellation": ({"clarification_id": "0" * 32}, [OPERATOR, HELP_DESK]),
    "void": ({"revision": 1}, [REVIEWER, HELP_DESK]),
    "start-date": ({"revision": 1, "confirmed_start_date": "20181108"}, [REVIEWER, OPERATOR, HELP_DESK]),
    "system-setting": ({"revision": 1}, [REVIEWER, HELP_DESK]),
}


async def test_who_may_not_decide(desk: Desk) -> None:
    await completed(desk)
    programs = {login: await desk.program_of(login) for login in (REVIEWER, OPERATOR, HELP_DESK)}
    for decision, (body, logins) in FORBIDDEN.items():
        for login in logins:
            answer = await programs[login].post(f"/api/v1/reviews/{RECEIPT}/{decision}", json=body)
            assert answer.status_code == 403, (decision, login)
    assert await desk.state_of() == "review_completed"


async def test_every_decision_of_a_person_stands_in_the_audit(desk: Desk) -> None:
    await completed(desk)
    await decide(desk, LEAD, "start-date", revision=1, confirmed_start_date="20181108", note=NOTE)
    await decide(desk, OPERATOR, "void", revision=1, reason="approved_in_error")
    rows = await desk.pool.fetch(
        "select login, details from staff_audit where action = 'decided' order by occurred_at, audit_id"
    )
    assert [(row["login"], row["details"]["step"]) for row in rows] == [
        (REVIEWER, "approved"),
        (LEAD, "start_date_changed"),
        (OPERATOR, "voided"),
    ]
