"""Asking, taking back, reminding; and what the applicant does meanwhile."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.review.domain.review import (
    CancelForm,
    ClarificationForm,
    DecisionProblem,
    IllegalTransition,
    Moved,
    MovedOn,
    Refused,
    ReviewState,
    answer_withdrawal,
    ask,
    correct,
    give_back,
    remind,
    reminded_if_asked_before,
    request_cancel,
    withdraw,
)
from services.review.domain.review_queue import age_in_business_days
from shared.contracts.intake_events import (
    ApplicationCorrected,
    ApplicationWithdrawn,
    ClarificationReturned,
    WithdrawalRequested,
)
from shared.contracts.review_events import (
    ClarificationCancelRequested,
    ClarificationReminded,
    ClarificationRequested,
    WithdrawalAccepted,
    WithdrawalRefused,
)
from shared.kernel.local_time import local_date
from tests.builders import NOW, RECEIPT, an_application_received, numbered_id
from tests.unit.review.builders import (
    REVIEWER,
    a_completed_review,
    a_registration_schedule,
    a_review,
    a_review_with_question,
    an_approved_review,
)

P = DecisionProblem
QUESTION_ID = numbered_id(1)
FORM = ClarificationForm(1, "count_unclear", "1個の追加でよろしいでしょうか。", "20181031")
SCHEDULE = a_registration_schedule()
RETURNED = ClarificationReturned(receipt_number=RECEIPT, revision=1, clarification_id=QUESTION_ID, returned_at=NOW)
REQUEST = WithdrawalRequested(receipt_number=RECEIPT, revision=1, requested_at=NOW)
WITHDRAWN = ApplicationWithdrawn(receipt_number=RECEIPT, revision=1, withdrawn_at=NOW)


def asked(form: ClarificationForm) -> Moved | Refused | MovedOn:
    return ask(a_review(), form, REVIEWER, a_registration_schedule(), QUESTION_ID, NOW)


def a_correction(**fields: Any) -> ApplicationCorrected:
    content = an_application_received(**{"revision": 2, **fields}).model_dump()
    return ApplicationCorrected(**content, corrected_at=NOW, answers_clarification_id=QUESTION_ID)


def test_a_question_gives_the_ball_to_the_applicant() -> None:
    moved = asked(replace(FORM, question=" 1個の追加で\r\nよろしいでしょうか。\n"))
    assert isinstance(moved, Moved)
    assert moved.review.state is ReviewState.CLARIFICATION
    assert moved.announces == ClarificationRequested(
        receipt_number=RECEIPT,
        revision=1,
        clarification_id=QUESTION_ID,
        question="1個の追加で\nよろしいでしょうか。",
        reason_code="count_unclear",
        requested_at=NOW,
        answer_by=date(2018, 10, 31),
    )


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"question": " \r\n　"}, [P.QUESTION_REQUIRED]),
        ({"question": "長" * 1001}, [P.QUESTION_TOO_LONG]),
        ({"question": "長" * 1000}, []),
        ({"reason_code": "curiosity"}, [P.REASON_UNKNOWN]),
        ({"answer_by": ""}, []),
        ({"answer_by": "20181131"}, [P.ANSWER_BY_UNREADABLE]),
        ({"answer_by": "20181024"}, [P.ANSWER_BY_NOT_FUTURE]),
        ({"answer_by": "20181103"}, [P.ANSWER_BY_NOT_BUSINESS_DAY]),
        ({"answer_by": "20200106"}, [P.ANSWER_BY_NOT_BUSINESS_DAY]),
        ({"reason_code": "", "question": "", "answer_by": "x"}, [
            P.REASON_UNKNOWN, P.QUESTION_REQUIRED, P.ANSWER_BY_UNREADABLE,
        ]),
    ],
)  # fmt: skip
def test_questions_that_can_and_cannot_be_sent(changes: dict[str, str], problems: list[DecisionProblem]) -> None:
    decision = asked(replace(FORM, **changes))  # type: ignore[arg-type]
    assert decision == Refused(problems) if problems else isinstance(decision, Moved)


@pytest.mark.parametrize("state", set(ReviewState) - {ReviewState.UNDER_REVIEW})
def test_a_question_is_possible_from_under_review_only(state: ReviewState) -> None:
    review = replace(a_review(), state=state)
    assert isinstance(ask(review, FORM, REVIEWER, a_registration_schedule(), QUESTION_ID, NOW), MovedOn)


def test_taking_a_question_back_waits_for_intake() -> None:
    wish = request_cancel(a_review_with_question(), CancelForm(QUESTION_ID), REVIEWER, NOW)
    assert isinstance(wish, Moved)
    assert isinstance(wish.announces, ClarificationCancelRequested)
    assert wish.review.state is ReviewState.CLARIFICATION
    again = request_cancel(wish.review, CancelForm(QUESTION_ID), REVIEWER, NOW)
    assert again == Refused([P.CANCEL_ALREADY_REQUESTED])
    back = give_back(wish.review, RETURNED, SCHEDULE, NOW)
    assert back is not None
    assert (back.review.state, back.review.clarification) == (ReviewState.UNDER_REVIEW, None)
    assert give_back(back.review, RETURNED, SCHEDULE, NOW) is None


def test_another_question_than_the_open_one_is_not_taken_back() -> None:
    assert isinstance(request_cancel(a_review_with_question(), CancelForm(numbered_id(9)), REVIEWER, NOW), MovedOn)
    assert isinstance(request_cancel(a_review(), CancelForm(QUESTION_ID), REVIEWER, NOW), MovedOn)
    foreign = RETURNED.model_copy(update={"clarification_id": numbered_id(9)})
    assert give_back(a_review_with_question(), foreign, SCHEDULE, NOW) is None


def test_a_correction_is_reviewed_again_with_its_own_content() -> None:
    moved = correct(
        a_review_with_question(), a_correction(reason="二台目の端末のため。"), SCHEDULE, NOW + timedelta(days=6)
    )
    assert moved is not None
    assert (moved.review.state, moved.review.revision) == (ReviewState.UNDER_REVIEW, 2)
    assert (moved.review.reason, moved.review.clarification) == ("二台目の端末のため。", None)
    assert moved.review.counts_from == date(2018, 10, 30), "six days, four of them business days"
    assert correct(moved.review, a_correction(), SCHEDULE, NOW) is None


def test_the_weekend_an_application_lay_with_the_applicant_does_not_make_the_answer_late() -> None:
    asked_at = datetime(2018, 10, 25, 3, 0, tzinfo=UTC)  # a Thursday, one business day after the review began
    asked = a_review_with_question(asked_at)
    monday = asked_at + timedelta(days=4)
    assert age_in_business_days(asked, SCHEDULE, local_date(monday)) == 1, "no day is added while the question is open"
    back = give_back(asked, RETURNED, SCHEDULE, monday)
    assert back is not None
    assert back.review.counts_from == date(2018, 10, 26)
    assert age_in_business_days(back.review, SCHEDULE, local_date(monday)) == 1
    assert age_in_business_days(back.review, SCHEDULE, date(2018, 10, 30)) == 2


def test_where_no_calendar_reaches_the_answer_is_put_off_by_calendar_days() -> None:
    for schedule in (None, a_registration_schedule(covers_until=date(2018, 10, 20))):
        back = give_back(a_review_with_question(), RETURNED, schedule, NOW + timedelta(days=4))
        assert back is not None
        assert back.review.counts_from == date(2018, 10, 28)


def test_a_withdrawn_application_grows_no_older() -> None:
    gone = replace(a_review(), state=ReviewState.WITHDRAWN)
    assert age_in_business_days(gone, SCHEDULE, date(2018, 11, 30)) == 0


def test_a_correction_that_nobody_asked_for_is_impossible() -> None:
    with pytest.raises(IllegalTransition):
        correct(a_review(), a_correction(), SCHEDULE, NOW)


def test_a_withdrawal_out_of_a_question_ends_the_application() -> None:
    moved = withdraw(a_review_with_question(), WITHDRAWN, NOW)
    assert moved is not None
    assert (moved.review.state, moved.review.clarification) == (ReviewState.WITHDRAWN, None)
    assert withdraw(moved.review, WITHDRAWN, NOW) is None


def test_a_wish_to_withdraw_is_granted_under_review_and_refused_from_the_approval_on() -> None:
    granted = answer_withdrawal(a_review(), REQUEST, NOW)
    assert granted is not None
    assert (granted.review.state, type(granted.announces)) == (ReviewState.WITHDRAWN, WithdrawalAccepted)
    for review in (an_approved_review(), a_completed_review()):
        refused = answer_withdrawal(review, REQUEST, NOW)
        assert refused is not None
        assert (refused.review, type(refused.announces)) == (review, WithdrawalRefused)


@pytest.mark.parametrize("state", [ReviewState.CLARIFICATION, ReviewState.WITHDRAWN, ReviewState.VOIDED])
def test_a_wish_to_withdraw_needs_no_answer_where_another_event_gives_it(state: ReviewState) -> None:
    assert answer_withdrawal(replace(a_review(), state=state), REQUEST, NOW) is None


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+09:00").astimezone(UTC)


@pytest.mark.parametrize(
    ("asked_at", "now", "is_due"),
    [
        ("2018-10-24T10:00", "2018-11-06T23:59", False),
        ("2018-10-24T10:00", "2018-11-07T08:59", False),
        ("2018-10-24T10:00", "2018-11-07T09:00", True),
        ("2018-10-24T23:59", "2018-11-07T09:00", True),
        ("2018-10-25T00:00", "2018-11-07T09:00", False),
        ("2018-10-25T00:00", "2018-11-08T09:00", True),
        ("2018-10-27T10:00", "2018-11-09T09:00", True),
        ("2018-10-24T10:00", "2018-11-08T07:00", True),
    ],
)
def test_a_question_is_due_on_its_tenth_business_day_when_offices_open(asked_at: str, now: str, is_due: bool) -> None:
    calendar = a_registration_schedule().calendar
    assert (at(asked_at) < reminded_if_asked_before(calendar, at(now))) is is_due


def test_a_question_is_reminded_of_once() -> None:
    first = remind(a_review_with_question(), NOW)
    assert first is not None
    assert isinstance(first.announces, ClarificationReminded)
    assert remind(first.review, NOW) is None


def test_nobody_is_reminded_of_what_is_answered_or_being_taken_back() -> None:
    wish = request_cancel(a_review_with_question(), CancelForm(QUESTION_ID), REVIEWER, NOW)
    assert isinstance(wish, Moved)
    assert remind(wish.review, NOW) is None
    assert remind(a_review(), NOW) is None
