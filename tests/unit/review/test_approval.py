"""Which approvals stand, which are refused and why."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from services.review.domain.review import (
    FIELD_OF,
    POLICY_VERSION,
    ApprovalForm,
    Decider,
    DecisionProblem,
    Grounds,
    Moved,
    MovedOn,
    Refused,
    Review,
    ReviewState,
    SecondApproverRule,
    approve,
    approve_by_policy,
)
from shared.contracts.review_events import ApplicationApproved, DecidedBy
from tests.builders import NOW, OPENING_MAILBOX
from tests.unit.review.builders import (
    LEAD,
    POLICY,
    REVIEWER,
    a_registration_schedule,
    a_reissue_review,
    a_review,
    an_office_contract,
    some_grounds,
)

NOTE = "月次の登録日に合わせました。"
P = DecisionProblem


def form(start: str = "20181101", **fields: object) -> ApprovalForm:
    return replace(ApprovalForm(revision=1, confirmed_start_date=start), **fields)  # type: ignore[arg-type]


def approved(decision: Moved | Refused | MovedOn) -> tuple[Review, ApplicationApproved]:
    assert isinstance(decision, Moved), decision
    assert isinstance(decision.announces, ApplicationApproved)
    return decision.review, decision.announces


# NOW is Wednesday 24 October 2018. Registration days: 10-25, 11-01, 11-08, 11-15. Wished: 11-01.
@pytest.mark.parametrize(
    ("start", "note", "approver", "setting", "problems"),
    [
        ("20181101", "", REVIEWER, False, []),
        ("20181101", NOTE, REVIEWER, False, []),
        ("2018-11-01", "", REVIEWER, False, []),
        ("2018年11月１日", "", REVIEWER, False, []),
        ("20181108", NOTE, REVIEWER, False, []),
        ("20181025", NOTE, REVIEWER, False, []),
        ("20181102", NOTE, LEAD, False, []),
        ("20181101", "", REVIEWER, True, []),
        ("", "", REVIEWER, False, [P.START_DATE_UNREADABLE]),
        ("20181131", NOTE, REVIEWER, False, [P.START_DATE_UNREADABLE]),
        ("20181024", NOTE, REVIEWER, False, [P.START_DATE_NOT_FUTURE]),
        ("20181023", NOTE, LEAD, False, [P.START_DATE_NOT_FUTURE]),
        ("20180101", "", REVIEWER, False, [P.START_DATE_NOT_FUTURE, P.NOTE_REQUIRED]),
        ("20181108", "", REVIEWER, False, [P.NOTE_REQUIRED]),
        ("20181108", " \r\n　", REVIEWER, False, [P.NOTE_REQUIRED]),
        ("20181108", "長" * 241, REVIEWER, False, [P.NOTE_TOO_LONG]),
        ("20181108", "長" * 120 + "\r\n" + "長" * 119, REVIEWER, False, []),
        ("20181102", NOTE, REVIEWER, False, [P.START_DATE_NOT_REGISTRATION_DAY]),
        ("20181103", NOTE, LEAD, False, [P.START_DATE_NOT_BUSINESS_DAY]),
        ("20181102", "", LEAD, False, [P.NOTE_REQUIRED]),
        ("20181025", NOTE, REVIEWER, True, [P.START_DATE_TOO_EARLY_FOR_SETTING]),
        ("20200106", NOTE, LEAD, False, [P.START_DATE_NOT_COVERED]),
    ],
)
def test_start_dates_and_notes(
    start: str, note: str, approver: Decider, setting: bool, problems: list[DecisionProblem]
) -> None:
    wanted = form(start, note=note, system_setting_required=setting)
    decision = approve(a_review(), wanted, approver, some_grounds(), NOW)
    if problems:
        assert decision == Refused(problems)
    else:
        assert isinstance(decision, Moved)


def test_a_day_before_the_next_business_day_is_too_early_even_when_it_is_in_the_future() -> None:
    friday_evening = datetime(2018, 11, 2, 9, 0, tzinfo=UTC)
    schedule = a_registration_schedule([date(2018, 11, 3), date(2018, 11, 5)])
    decision = approve(a_review(), form("20181103", note=NOTE), REVIEWER, some_grounds(schedule), friday_evening)
    assert decision == Refused([P.START_DATE_TOO_EARLY])


def test_a_closure_moves_the_next_business_day() -> None:
    schedule = a_registration_schedule(closures=[date(2018, 10, 25)])
    decision = approve(a_review(), form("20181025", note=NOTE), REVIEWER, some_grounds(schedule), NOW)
    assert decision == Refused([P.START_DATE_TOO_EARLY])


def test_midnight_in_japan_makes_today_a_past_start() -> None:
    just_before, just_after = datetime(2018, 10, 31, 14, 59, tzinfo=UTC), datetime(2018, 10, 31, 15, 0, tzinfo=UTC)
    assert isinstance(approve(a_review(), form(), REVIEWER, some_grounds(), just_before), Moved)
    assert approve(a_review(), form(), REVIEWER, some_grounds(), just_after) == Refused([P.START_DATE_NOT_FUTURE])


def test_the_first_day_a_required_setting_allows_is_five_business_days_on() -> None:
    thursday_before = datetime(2018, 10, 25, 1, 0, tzinfo=UTC)
    wanted = form("20181101", system_setting_required=True)
    assert isinstance(approve(a_review(), wanted, REVIEWER, some_grounds(), thursday_before), Moved)
    friday_before = datetime(2018, 10, 26, 1, 0, tzinfo=UTC)
    refused = approve(a_review(), wanted, REVIEWER, some_grounds(), friday_before)
    assert refused == Refused([P.START_DATE_TOO_EARLY_FOR_SETTING])


def test_without_a_schedule_the_approval_is_held() -> None:
    nothing = Grounds(schedule=None, contract=an_office_contract())
    assert approve(a_review(), form(), REVIEWER, nothing, NOW) == Refused([P.SCHEDULE_MISSING])


def test_a_schedule_that_ends_before_the_wished_month_holds_the_approval() -> None:
    review = a_review(requested_start_date=date(2018, 12, 6))
    assert approve(review, form("20181115", note=NOTE), LEAD, some_grounds(), NOW) == Refused([P.SCHEDULE_MISSING])


def failing(*checks: str) -> Grounds:
    return replace(some_grounds(), failing_checks=frozenset(checks))


def test_every_failing_check_is_acknowledged_by_its_own_id() -> None:
    grounds = failing("last_mailbox", "mail_failed")
    for ticked in (frozenset[str](), frozenset({"last_mailbox"}), frozenset({"last_mailbox", "office_open"})):
        refused = approve(a_review(), form(acknowledged=ticked), REVIEWER, grounds, NOW)
        assert refused == Refused([P.CHECK_NOT_ACKNOWLEDGED])
    both = form(acknowledged=frozenset({"last_mailbox", "mail_failed"}))
    approved(approve(a_review(), both, REVIEWER, grounds, NOW))


def test_an_office_that_closes_gets_no_approval() -> None:
    grounds = Grounds(a_registration_schedule(), an_office_contract(closed_on=date(2019, 3, 31)))
    assert approve(a_review(), form(), LEAD, grounds, NOW) == Refused([P.OFFICE_CLOSED])


def test_every_problem_is_named_at_once() -> None:
    decision = approve(a_review(), form("20181102"), REVIEWER, failing("last_mailbox"), NOW)
    assert decision == Refused([P.START_DATE_NOT_REGISTRATION_DAY, P.NOTE_REQUIRED, P.CHECK_NOT_ACKNOWLEDGED])
    assert FIELD_OF.keys() == set(DecisionProblem)


def test_a_row_whose_setting_deadline_is_today_is_too_near_for_a_required_setting() -> None:
    deadline_day = datetime(2018, 10, 26, 1, 0, tzinfo=UTC)
    schedule = a_registration_schedule([date(2018, 11, 1), date(2018, 11, 5)])
    early_row = replace(
        schedule,
        registration_days=[
            row.model_copy(update={"system_setting_deadline": date(2018, 10, 26)}) for row in schedule.registration_days
        ],
    )
    wanted = form("20181105", note=NOTE, system_setting_required=True)
    refused = approve(a_review(), wanted, REVIEWER, some_grounds(early_row), deadline_day)
    assert refused == Refused([P.START_DATE_TOO_EARLY_FOR_SETTING])


def test_the_event_says_what_was_decided() -> None:
    wanted = form("20181108", note=f" {NOTE}\r\n", system_setting_required=True)
    review, event = approved(approve(a_review(), wanted, REVIEWER, some_grounds(), NOW))
    assert (review.state, review.moved_by) == (ReviewState.APPROVED, "審査 次郎")
    assert (event.requested_start_date, event.confirmed_start_date) == (date(2018, 11, 1), date(2018, 11, 8))
    assert (event.start_date_changed, event.start_date_note) == (True, NOTE)
    assert (event.add_smtp_pop3, event.calendar_version, event.schedule_version) == (1, 2, 3)
    assert event.decided_by is DecidedBy.REVIEWER
    assert review.terms is not None
    assert review.terms.system_setting_deadline == date(2018, 11, 2)


def test_off_the_schedule_the_setting_deadline_is_four_business_days_before() -> None:
    wanted = form("20181109", note=NOTE, system_setting_required=True)
    review, _ = approved(approve(a_review(), wanted, LEAD, some_grounds(), NOW))
    assert review.terms is not None
    assert review.terms.system_setting_deadline == date(2018, 11, 5)


def test_an_approved_application_names_the_winner() -> None:
    winner, _ = approved(approve(a_review(), form(), LEAD, some_grounds(), NOW))
    assert approve(winner, form(), REVIEWER, some_grounds(), NOW) == MovedOn(ReviewState.APPROVED, 1, "主任 三郎", NOW)


def test_another_revision_than_the_one_on_the_screen_is_refused() -> None:
    corrected = replace(a_review(), revision=2)
    assert isinstance(approve(corrected, form(), REVIEWER, some_grounds(), NOW), MovedOn)


@pytest.mark.parametrize("state", set(ReviewState) - {ReviewState.UNDER_REVIEW})
def test_approval_is_possible_from_under_review_only(state: ReviewState) -> None:
    review = replace(a_review(), state=state)
    assert isinstance(approve(review, form(), REVIEWER, some_grounds(), NOW), MovedOn)


def test_a_reissue_has_no_dates() -> None:
    _, event = approved(approve(a_reissue_review(), form(""), REVIEWER, some_grounds(), NOW))
    assert (event.confirmed_start_date, event.start_date_changed) == (None, False)
    assert event.reissue == [OPENING_MAILBOX]


def by_policy(review: Review, grounds: Grounds | None = None) -> Moved | Refused | MovedOn:
    return approve_by_policy(review, grounds or some_grounds(), "移動", POLICY, NOW)


def test_the_policy_takes_the_wished_registration_day() -> None:
    review, event = approved(by_policy(a_review()))
    assert (event.confirmed_start_date, event.start_date_note) == (date(2018, 11, 1), None)
    assert (event.decided_by, event.policy_version) == (DecidedBy.POLICY, POLICY_VERSION)
    assert review.terms is not None
    assert review.terms.approved_by_login is None


def test_the_policy_takes_the_earliest_open_day_after_an_off_schedule_wish() -> None:
    _, event = approved(by_policy(a_review(requested_start_date=date(2018, 11, 2))))
    assert (event.confirmed_start_date, event.start_date_note) == (date(2018, 11, 8), "移動")


def test_the_policy_skips_a_day_whose_application_deadline_was_missed() -> None:
    _, event = approved(by_policy(a_review(requested_start_date=date(2018, 10, 25), received_on=date(2018, 10, 25))))
    assert event.confirmed_start_date == date(2018, 11, 1)


def test_the_policy_approves_a_clean_reissue() -> None:
    _, event = approved(by_policy(a_reissue_review()))
    assert event.reissue == [OPENING_MAILBOX]


@pytest.mark.parametrize(
    ("review", "grounds"),
    [
        (a_review(), replace(some_grounds(), is_clean=False)),
        (a_review(requested_start_date=date(2018, 11, 20)), some_grounds()),
        (replace(a_review(), issue_failure="ids_exhausted"), some_grounds()),
        (a_review(), replace(some_grounds(), second_approver=SecondApproverRule(above_mailboxes=0))),
    ],
    ids=["a check that is not clean", "no registration day left", "an issue that failed before", "two have to agree"],
)
def test_the_policy_leaves_to_a_person(review: Review, grounds: Grounds) -> None:
    assert by_policy(review, grounds) == Refused([P.NOT_CLEAN])
