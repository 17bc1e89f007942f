"""Which approvals stand, which are refused and why."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from services.review.domain.review import (
    DESTINATIONS_MOVED,
    FIELD_OF,
    ApprovalForm,
    ApprovalProblem,
    Approver,
    Grounds,
    Moved,
    MovedOn,
    Refused,
    Review,
    ReviewState,
    approve,
    approve_by_policy,
)
from shared.contracts.event_data import ApplicationKind
from shared.contracts.people import MailboxChange, PasswordReissue
from shared.contracts.review_events import ApplicationApproved, DecidedBy
from tests.builders import NOW, OPENING_MAILBOX, a_mailbox
from tests.unit.review.builders import (
    LEAD,
    REVIEWER,
    a_registration_schedule,
    a_review,
    an_office_contract,
    some_grounds,
)

NOTE = "月次の登録日に合わせました。"
P = ApprovalProblem


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
    start: str, note: str, approver: Approver, setting: bool, problems: list[ApprovalProblem]
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


def test_giving_up_the_last_mailbox_needs_a_tick_while_its_users_remain() -> None:
    review = a_review(mailbox_change=MailboxChange(abolish=[OPENING_MAILBOX], mailboxes_before=[a_mailbox()]))
    refused = approve(review, form(), REVIEWER, some_grounds(), NOW)
    assert refused == Refused([P.DESTINATIONS_NOT_ACKNOWLEDGED])
    ticked = form(acknowledged=frozenset({DESTINATIONS_MOVED}))
    _, event = approved(approve(review, ticked, REVIEWER, some_grounds(), NOW))
    assert event.abolish == [OPENING_MAILBOX]


def test_giving_up_the_last_mailbox_needs_no_tick_without_users() -> None:
    review = a_review(mailbox_change=MailboxChange(abolish=[OPENING_MAILBOX], mailboxes_before=[a_mailbox()]))
    grounds = Grounds(a_registration_schedule(), an_office_contract(users=[]))
    assert isinstance(approve(review, form(), REVIEWER, grounds, NOW), Moved)


def test_every_problem_is_named_at_once() -> None:
    review = a_review(mailbox_change=MailboxChange(abolish=[OPENING_MAILBOX], mailboxes_before=[a_mailbox()]))
    decision = approve(review, form("20181102"), REVIEWER, some_grounds(), NOW)
    assert decision == Refused([P.START_DATE_NOT_REGISTRATION_DAY, P.NOTE_REQUIRED, P.DESTINATIONS_NOT_ACKNOWLEDGED])
    assert FIELD_OF.keys() == set(ApprovalProblem)


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
    review = a_review(
        kind=ApplicationKind.PASSWORD_REISSUE,
        requested_start_date=None,
        mailbox_change=None,
        password_reissue=PasswordReissue(mailbox_ids=[OPENING_MAILBOX]),
    )
    _, event = approved(approve(review, form(""), REVIEWER, some_grounds(), NOW))
    assert (event.confirmed_start_date, event.start_date_changed) == (None, False)
    assert event.reissue == [OPENING_MAILBOX]


def test_the_policy_takes_the_wished_registration_day() -> None:
    _, event = approved(approve_by_policy(a_review(), some_grounds(), "移動", "自動", NOW))
    assert (event.confirmed_start_date, event.start_date_note) == (date(2018, 11, 1), None)
    assert event.decided_by is DecidedBy.POLICY


def test_the_policy_takes_the_earliest_open_day_after_an_off_schedule_wish() -> None:
    review = a_review(requested_start_date=date(2018, 11, 2))
    _, event = approved(approve_by_policy(review, some_grounds(), "移動", "自動", NOW))
    assert (event.confirmed_start_date, event.start_date_note) == (date(2018, 11, 8), "移動")


def test_the_policy_skips_a_day_whose_application_deadline_was_missed() -> None:
    review = a_review(requested_start_date=date(2018, 10, 25), received_on=date(2018, 10, 25))
    _, event = approved(approve_by_policy(review, some_grounds(), "移動", "自動", NOW))
    assert event.confirmed_start_date == date(2018, 11, 1)


def test_the_policy_leaves_the_last_mailbox_to_a_person() -> None:
    review = a_review(mailbox_change=MailboxChange(abolish=[OPENING_MAILBOX], mailboxes_before=[a_mailbox()]))
    assert isinstance(approve_by_policy(review, some_grounds(), "移動", "自動", NOW), Refused)


def test_the_policy_leaves_a_wish_beyond_the_table_to_a_person() -> None:
    review = a_review(requested_start_date=date(2018, 11, 20))
    assert isinstance(approve_by_policy(review, some_grounds(), "移動", "自動", NOW), Refused)
