"""Void, another start date, the required system setting: until 18:00 on the day before the start."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.review.domain.review import (
    DecisionProblem,
    Moved,
    MovedOn,
    Refused,
    Review,
    ReviewState,
    SettingForm,
    StartDateForm,
    VoidForm,
    VoidReason,
    approve_by_policy,
    change_start_date,
    complete_reissue,
    first_changeable_start,
    last_change_before,
    note_rescheduled,
    note_voided,
    record_setting,
    start_service,
    void,
    void_for_closed_office,
    void_for_missing_setting,
)
from shared.contracts.provisioning_events import MailboxesRescheduled, MailboxesVoided, PasswordsReissued
from shared.contracts.review_events import (
    ApplicationVoided,
    MailboxCounts,
    ReviewCompleted,
    StartDateChanged,
    SystemSettingRecorded,
)
from tests.builders import NEW_MAILBOX, NOW, OFFICE, OPENING_MAILBOX, RECEIPT, START_DATE, service_started
from tests.unit.review.builders import (
    LEAD,
    POLICY,
    a_completed_review,
    a_registration_schedule,
    a_reissue_review,
    a_review,
    an_approved_review,
    some_grounds,
)

P = DecisionProblem
NOTE = "お客様のご要望により変更いたしました。"
VOID = VoidForm(1, "applicant_asked", "お電話でのご連絡によります。")
LAST_MOMENT = datetime(2018, 10, 31, 8, 59, 59, tzinfo=UTC)
TOO_LATE = datetime(2018, 10, 31, 9, 0, tzinfo=UTC)


def moved_of(decision: Moved | Refused | MovedOn | None) -> Moved:
    assert isinstance(decision, Moved), decision
    return decision


def test_a_completed_application_is_voided_until_the_evening_before_its_start() -> None:
    moved = moved_of(void(a_completed_review(), VOID, LEAD, LAST_MOMENT))
    assert moved.review.state is ReviewState.VOIDED
    assert moved.announces == ApplicationVoided(
        receipt_number=RECEIPT, voided_at=LAST_MOMENT, reason_code="applicant_asked", note=VOID.note
    )
    assert void(a_completed_review(), VOID, LEAD, TOO_LATE) == Refused([P.TOO_LATE])


def test_one_rule_says_until_when_and_for_which_starts() -> None:
    assert last_change_before(START_DATE) == TOO_LATE
    assert first_changeable_start(LAST_MOMENT) == START_DATE
    assert first_changeable_start(TOO_LATE) == date(2018, 11, 2)


@pytest.mark.parametrize(
    ("form", "problems"),
    [
        (replace(VOID, reason_code="mood"), [P.REASON_UNKNOWN]),
        (VoidForm(1, "other", ""), [P.NOTE_REQUIRED]),
        (VoidForm(1, "other", "長" * 241), [P.NOTE_TOO_LONG]),
    ],
)
def test_a_void_needs_a_reason(form: VoidForm, problems: list[DecisionProblem]) -> None:
    assert void(a_completed_review(), form, LEAD, NOW) == Refused(problems)


@pytest.mark.parametrize("state", set(ReviewState) - {ReviewState.REVIEW_COMPLETED})
def test_only_a_completed_application_is_voided_or_moved_by_a_person(state: ReviewState) -> None:
    review = replace(a_completed_review(), state=state)
    form = StartDateForm(1, "20181108", NOTE)
    assert isinstance(void(review, VOID, LEAD, NOW), MovedOn)
    assert isinstance(change_start_date(review, form, LEAD, a_registration_schedule(), NOW), MovedOn)


def test_another_revision_than_the_one_on_the_screen_is_not_touched() -> None:
    assert isinstance(void(a_completed_review(), replace(VOID, revision=2), LEAD, NOW), MovedOn)


def changed(form: StartDateForm, review: Review | None = None, now: datetime = NOW) -> Moved | Refused | MovedOn:
    return change_start_date(review or a_completed_review(), form, LEAD, a_registration_schedule(), now)


def test_the_start_date_moves_to_a_later_registration_day() -> None:
    moved = moved_of(changed(StartDateForm(1, "2018/11/8", NOTE)))
    assert moved.announces == StartDateChanged(
        receipt_number=RECEIPT, old_start_date=START_DATE, new_start_date=date(2018, 11, 8), note=NOTE
    )
    assert moved.review.state is ReviewState.REVIEW_COMPLETED
    assert moved.review.terms is not None
    assert moved.review.terms.confirmed_start_date == date(2018, 11, 8)


def test_the_setting_deadline_moves_with_the_start() -> None:
    moved = moved_of(changed(StartDateForm(1, "20181108", NOTE), a_completed_review(system_setting_required=True)))
    assert isinstance(moved.announces, StartDateChanged)
    assert moved.announces.system_setting_deadline == date(2018, 11, 2)


@pytest.mark.parametrize(
    ("day", "note", "problems"),
    [
        ("20181025", NOTE, [P.START_DATE_NOT_LATER]),
        ("20181101", NOTE, [P.START_DATE_NOT_LATER]),
        ("20181109", NOTE, [P.START_DATE_NOT_REGISTRATION_DAY]),
        ("x", NOTE, [P.START_DATE_UNREADABLE]),
        ("20181108", " ", [P.NOTE_REQUIRED]),
        ("20181108", "長" * 241, [P.NOTE_TOO_LONG]),
        ("", "", [P.START_DATE_UNREADABLE, P.NOTE_REQUIRED]),
    ],
)
def test_start_dates_that_cannot_be_moved_to(day: str, note: str, problems: list[DecisionProblem]) -> None:
    assert changed(StartDateForm(1, day, note)) == Refused(problems)


def test_a_move_comes_too_late_from_the_evening_before_the_start() -> None:
    form = StartDateForm(1, "20181108", NOTE)
    assert isinstance(changed(form, now=LAST_MOMENT), Moved)
    assert changed(form, now=TOO_LATE) == Refused([P.TOO_LATE])


def test_a_setting_that_is_still_missing_needs_time_after_the_move() -> None:
    assert REQUIRED.terms is not None
    form = StartDateForm(1, "20181108", NOTE)
    starts_monday = replace(REQUIRED, terms=replace(REQUIRED.terms, confirmed_start_date=date(2018, 11, 5)))
    thursday, friday = datetime(2018, 11, 1, 1, 0, tzinfo=UTC), datetime(2018, 11, 2, 1, 0, tzinfo=UTC)
    assert isinstance(changed(form, starts_monday, thursday), Moved)
    assert changed(form, starts_monday, friday) == Refused([P.START_DATE_TOO_EARLY_FOR_SETTING])


def a_rescheduling(new: date = date(2018, 11, 8), **fields: Any) -> MailboxesRescheduled:
    return MailboxesRescheduled(receipt_number=RECEIPT, old_start_date=START_DATE, new_start_date=new, **fields)


def test_provisioning_answers_a_move_with_the_new_window() -> None:
    moved = moved_of(changed(StartDateForm(1, "20181108", NOTE))).review
    noted = moved_of(note_rescheduled(moved, a_rescheduling(viewable_until=date(2018, 11, 12)), NOW))
    assert noted.announces is None
    assert noted.review.issued is not None
    assert noted.review.issued.viewable_until == date(2018, 11, 12)


def test_a_start_that_crossed_the_move_is_undone_by_its_answer() -> None:
    moved = moved_of(changed(StartDateForm(1, "20181108", NOTE))).review
    started = moved_of(start_service(moved, service_started(), NOW)).review
    assert started.state is ReviewState.IN_SERVICE
    back = moved_of(note_rescheduled(started, a_rescheduling(), NOW)).review
    assert back.state is ReviewState.REVIEW_COMPLETED
    again = moved_of(start_service(back, service_started(started_on=date(2018, 11, 8)), NOW))
    assert again.review.state is ReviewState.IN_SERVICE


def test_the_answer_to_an_older_move_changes_nothing() -> None:
    moved = moved_of(changed(StartDateForm(1, "20181115", NOTE))).review
    assert note_rescheduled(moved, a_rescheduling(date(2018, 11, 8)), NOW) is None


def test_retired_ids_are_noted_and_a_void_that_was_late_still_holds() -> None:
    told = MailboxesVoided(receipt_number=RECEIPT, mailbox_ids=[NEW_MAILBOX], was_active=True)
    voided = moved_of(void(a_completed_review(), VOID, LEAD, NOW)).review
    assert moved_of(note_voided(voided, told, NOW)).review == voided
    started = moved_of(start_service(a_completed_review(), service_started(), NOW)).review
    assert moved_of(note_voided(started, told, NOW)).review.state is ReviewState.VOIDED


REQUIRED = a_completed_review(system_setting_required=True)  # deadline 2018-10-26
DAY_AFTER = datetime(2018, 10, 26, 15, 0, tzinfo=UTC)


def test_a_missing_setting_voids_when_its_last_day_is_over() -> None:
    assert void_for_missing_setting(REQUIRED, DAY_AFTER.replace(hour=14, minute=59)) is None
    moved = moved_of(void_for_missing_setting(REQUIRED, DAY_AFTER))
    assert (moved.review.state, moved.review.moved_by) == (ReviewState.VOIDED, None)
    assert isinstance(moved.announces, ApplicationVoided)
    assert moved.announces.reason_code == VoidReason.SYSTEM_SETTING_MISSING
    assert void_for_missing_setting(moved.review, DAY_AFTER) is None


def test_the_clock_never_voids_what_provisioning_holds_already() -> None:
    assert void_for_missing_setting(REQUIRED, TOO_LATE) is None
    assert void_for_closed_office(a_completed_review(), TOO_LATE) is None


def test_a_recorded_setting_can_no_longer_void() -> None:
    recorded = moved_of(record_setting(REQUIRED, SettingForm(1, "20181026"), LEAD, DAY_AFTER))
    assert recorded.announces == SystemSettingRecorded(receipt_number=RECEIPT, completed_on=date(2018, 10, 26))
    assert void_for_missing_setting(recorded.review, DAY_AFTER) is None
    again = record_setting(recorded.review, SettingForm(1), LEAD, DAY_AFTER)
    assert again == Refused([P.SETTING_ALREADY_RECORDED])


@pytest.mark.parametrize(
    ("review", "form", "now", "problem"),
    [
        (a_completed_review(), SettingForm(1), NOW, P.SETTING_NOT_REQUIRED),
        (REQUIRED, SettingForm(1, "x"), NOW, P.COMPLETED_ON_UNREADABLE),
        (REQUIRED, SettingForm(1, "20181025"), NOW, P.COMPLETED_ON_IN_FUTURE),
        (REQUIRED, SettingForm(1, "20181027"), DAY_AFTER, P.COMPLETED_ON_AFTER_DEADLINE),
    ],
)
def test_settings_that_cannot_be_recorded(
    review: Review, form: SettingForm, now: datetime, problem: DecisionProblem
) -> None:
    assert record_setting(review, form, LEAD, now) == Refused([problem])


@pytest.mark.parametrize(
    ("review", "is_held"),
    [
        (a_review(), True),
        (a_reissue_review(), True),
        (a_completed_review(), True),
        (an_approved_review(), False),
        (replace(a_review(), state=ReviewState.CLARIFICATION), False),
    ],
)
def test_a_closing_office_loses_what_review_holds(review: Review, is_held: bool) -> None:
    moved = void_for_closed_office(review, NOW)
    assert (moved is not None) is is_held
    if moved:
        assert isinstance(moved.announces, ApplicationVoided)
        assert moved.announces.reason_code == VoidReason.OFFICE_CLOSED


def test_a_reissue_ends_with_its_review_and_without_dates() -> None:
    approved = moved_of(approve_by_policy(a_reissue_review(), some_grounds(), "", POLICY, NOW)).review
    reissued = PasswordsReissued(
        receipt_number=RECEIPT,
        office_code=OFFICE,
        mailbox_ids=[OPENING_MAILBOX],
        reissued_at=NOW,
        viewable_from=NOW,
        viewable_until=date(2018, 10, 26),
    )
    counts = MailboxCounts(smtp_pop3=3, edifact=1)
    moved = moved_of(complete_reissue(approved, reissued, counts, NOW))
    event = moved.announces
    assert isinstance(event, ReviewCompleted)
    assert (event.confirmed_start_date, event.start_date_changed) == (None, False)
    assert (event.mailbox_ids_reissued, event.mailbox_ids_issued) == ([OPENING_MAILBOX], [])
    assert (event.viewable_until, event.mailboxes_after) == (date(2018, 10, 26), counts)
    assert void(moved.review, VOID, LEAD, NOW) == Refused([P.WITHOUT_START_DATE])
    assert complete_reissue(moved.review, reissued, counts, NOW) is None
