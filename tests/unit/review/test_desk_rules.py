"""Claims, notes, logins, day counts, the schedule's table and the report: the desk's pure rules."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.review.domain.claims import LEASE, Claim, HeldBy, claim_application
from services.review.domain.day_counts import DayOff, count_days, window_reason
from services.review.domain.notes import CaseNote, InternalText, NoteForm, NoteKind, NoteProblem, write_note
from services.review.domain.report import (
    CompletedReviews,
    InvalidMonth,
    Month,
    OfficeActivity,
    monthly_report,
    parse_month,
)
from services.review.domain.revisions import RevisionField, changes_between, revision_of
from services.review.domain.schedule import ProposedDay, ProposedSchedule, next_schedule
from services.review.domain.schedule_effects import Promise, change_of
from services.review.domain.schedule_table import LineFault, LineProblem, read_table, write_table
from services.review.domain.staff import (
    LOCK,
    InvalidStaffAccount,
    PasswordProblem,
    StaffAccount,
    a_new_login,
    a_staff_member,
    after_login,
    new_password_problems,
)
from services.review.labels import SCHEDULE_TABLE
from shared.contracts.event_data import EventData, SecretInEvent, business
from shared.contracts.people import CalendarException, MailboxChange
from shared.contracts.registry import EVENT_MODELS
from shared.contracts.review_events import ClarificationRequested
from shared.contracts.topics import REVIEW
from shared.kernel.identifiers import OfficeCode
from tests.builders import NOW, RECEIPT, a_mailbox, numbered_id
from tests.unit.review.builders import a_registration_schedule, a_review

JIRO = a_staff_member("jiro", "審査 次郎", ["reviewer"])
SABURO = a_staff_member("saburo", "主任 三郎", ["lead"])
AN_ACCOUNT = StaffAccount(JIRO, "hash")
UNTIL = date(2019, 12, 31)


def claimed(now: datetime = NOW) -> Claim:
    claim = claim_application(None, RECEIPT, JIRO, now)
    assert isinstance(claim, Claim)
    return claim


def test_a_claim_keeps_others_out_until_its_lease_ends() -> None:
    first = claimed()
    almost = NOW + LEASE - timedelta(seconds=1)
    assert claim_application(first, RECEIPT, SABURO, almost) == HeldBy(first)
    taken = claim_application(first, RECEIPT, SABURO, NOW + LEASE)
    assert isinstance(taken, Claim)
    assert (taken.login, taken.claimed_at) == ("saburo", NOW + LEASE)


def test_one_s_own_claim_is_renewed_and_remembers_its_beginning() -> None:
    renewed = claim_application(claimed(), RECEIPT, JIRO, NOW + timedelta(minutes=10))
    assert isinstance(renewed, Claim)
    assert (renewed.claimed_at, renewed.expires_at) == (NOW, NOW + timedelta(minutes=10) + LEASE)


def test_the_fifth_wrong_password_in_a_row_locks_and_time_unlocks() -> None:
    account = AN_ACCOUNT
    for _ in range(4):
        account = after_login(account, False, NOW)
        assert not account.is_locked(NOW)
    account = after_login(account, False, NOW)
    assert account.is_locked(NOW + LOCK - timedelta(seconds=1))
    assert not account.is_locked(NOW + LOCK)
    assert after_login(account, True, NOW) == account
    assert after_login(account, True, NOW + LOCK).locked_until is None


def test_a_right_password_clears_the_count() -> None:
    assert after_login(replace(AN_ACCOUNT, failed_logins=4), True, NOW).failed_logins == 0


def test_every_problem_of_a_new_password_is_named() -> None:
    assert new_password_problems("jiro", "old", "a good long password", "a good long password") == []
    assert new_password_problems("jiro", "jiro", "jiro", "other") == [
        PasswordProblem.TOO_SHORT,
        PasswordProblem.SAME_AS_LOGIN,
        PasswordProblem.SAME_AS_CURRENT,
        PasswordProblem.NOT_REPEATED,
    ]


@pytest.mark.parametrize("login", ["", "Jiro", "j iro", "次郎", "-jiro", "a" * 65])
def test_a_login_that_cannot_be_typed_or_logged_is_refused(login: str) -> None:
    with pytest.raises(InvalidStaffAccount):
        a_new_login(login, "審査 次郎", ["reviewer"])


def a_note(**fields: Any) -> CaseNote | list[NoteProblem]:
    form = NoteForm(**{"kind": NoteKind.NOTE, "text": "確認済み", **fields})
    return write_note(form, RECEIPT, JIRO, numbered_id(1), NOW)


def test_a_note_says_nothing_unless_it_is_asked_by_name() -> None:
    note = a_note(kind=NoteKind.TELEPHONE, spoke_with="通関 花子", called_at="2018-10-24T09:30")
    assert isinstance(note, CaseNote)
    assert "確認済み" not in repr(note)
    assert "通関" not in f"{note.spoke_with}"
    assert note.text.get_secret_value() == "確認済み"
    assert note.called_at == datetime.fromisoformat("2018-10-24T09:30+09:00")


def test_every_problem_of_a_note_is_named_with_its_field() -> None:
    problems = a_note(kind=NoteKind.TELEPHONE, text=" ", spoke_with="", called_at="2018-10-24T10:30")
    assert isinstance(problems, list)
    assert [(problem, problem.field) for problem in problems] == [
        (NoteProblem.TEXT_REQUIRED, "text"),
        (NoteProblem.SPOKE_WITH_REQUIRED, "spoke_with"),
        (NoteProblem.CALLED_AT_IN_FUTURE, "called_at"),
    ]
    assert a_note(text="x" * 2001) == [NoteProblem.TEXT_TOO_LONG]


def test_no_event_can_be_defined_with_an_internal_text() -> None:
    with pytest.raises(SecretInEvent):

        class Leaking(EventData):
            ce_type = "nss.review.leaking.v1"
            topic = REVIEW
            note: Annotated[InternalText, business("A note.")]


def test_no_event_can_be_made_with_an_internal_text_in_it() -> None:
    fields = {"receipt_number": RECEIPT, "revision": 1, "clarification_id": numbered_id(1), "reason_code": "other"}
    with pytest.raises(ValidationError):
        ClarificationRequested(**fields, requested_at=NOW, question=InternalText("社外秘"))
    assert not any("InternalText" in repr(model.model_fields) for model in EVENT_MODELS.values())


def test_the_window_s_reason_names_the_third_business_day_and_what_was_left_out() -> None:
    reason = window_reason(a_registration_schedule(), date(2018, 11, 1))
    assert reason is not None
    assert (reason.last_day, reason.closed_on) == (date(2018, 11, 5), date(2018, 11, 6))
    assert reason.left_out == [(date(2018, 11, 3), DayOff.WEEKEND), (date(2018, 11, 4), DayOff.WEEKEND)]


def test_every_cause_of_a_day_off_is_told_apart() -> None:
    schedule = a_registration_schedule(closures=[date(2018, 12, 25)])
    counted = count_days(schedule, date(2018, 12, 21), 3)
    assert counted is not None
    causes = dict(counted.left_out)
    assert causes[date(2018, 12, 22)] is DayOff.WEEKEND
    assert causes[date(2018, 12, 24)] is DayOff.HOLIDAY
    assert causes[date(2018, 12, 25)] is DayOff.CLOSURE
    year_end = count_days(schedule, date(2018, 12, 28), 1)
    assert year_end is not None
    assert dict(year_end.left_out)[date(2018, 12, 31)] is DayOff.YEAR_END
    assert count_days(schedule, date(2019, 12, 30), 5) is None


TABLE = """種別,日付,申込締切日,システム設定申込締切日,理由
登録日,2018/11/1,20181025,,
登録日,平成30年11月8日,2018-11-01,2018-11-02,
休業日,20181109,,,創立記念日
臨時営業日,2018年11月3日,,,"棚卸し, 臨時"
"""


def test_a_table_is_read_in_every_form_of_a_date() -> None:
    read = read_table(TABLE, UNTIL, SCHEDULE_TABLE)
    assert read == ProposedSchedule(
        [
            ProposedDay(date(2018, 11, 1), date(2018, 10, 25)),
            ProposedDay(date(2018, 11, 8), date(2018, 11, 1), date(2018, 11, 2)),
        ],
        [CalendarException(date=date(2018, 11, 9), reason="創立記念日")],
        [CalendarException(date=date(2018, 11, 3), reason="棚卸し, 臨時")],
        UNTIL,
    )
    assert read_table("\ufeff" + TABLE.replace(",", "\t").replace("棚卸し\t", "棚卸し,"), UNTIL, SCHEDULE_TABLE) == read


def test_every_fault_of_every_line_is_told_at_once() -> None:
    text = "登録日,2018/11/31,x,y,\n祝日,20181101,,,\n\n休業日,20181101,,,\n登録日,20181101,20181025,,,余り\n"
    assert read_table(text, UNTIL, SCHEDULE_TABLE) == [
        LineFault(1, LineProblem.DATE_UNREADABLE),
        LineFault(1, LineProblem.APPLICATION_DEADLINE_UNREADABLE),
        LineFault(1, LineProblem.SETTING_DEADLINE_UNREADABLE),
        LineFault(2, LineProblem.UNKNOWN_KIND),
        LineFault(4, LineProblem.REASON_MISSING),
        LineFault(5, LineProblem.TOO_MANY_CELLS),
    ]
    assert read_table('登録日,"20181101\n', UNTIL, SCHEDULE_TABLE) == [LineFault(1, LineProblem.NOT_A_TABLE)]
    many = "登録日,20181101,20181025,,\n" * 2001
    assert read_table(many, UNTIL, SCHEDULE_TABLE) == [LineFault(2001, LineProblem.TOO_MANY_LINES)]


DAYS = st.dates(date(2018, 1, 1), UNTIL)
REASONS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs")), min_size=1, max_size=20)
EXCEPTIONS = st.lists(
    st.builds(lambda day, reason: CalendarException(date=day, reason=reason), DAYS, REASONS), max_size=4
)


@given(st.lists(st.builds(ProposedDay, DAYS, DAYS, st.none() | DAYS), max_size=5), EXCEPTIONS, EXCEPTIONS)
def test_a_written_table_reads_back_as_the_same_schedule(
    days: list[ProposedDay], closures: list[CalendarException], openings: list[CalendarException]
) -> None:
    proposed = ProposedSchedule(days, closures, openings, UNTIL)
    assert read_table(write_table(proposed, SCHEDULE_TABLE), UNTIL, SCHEDULE_TABLE) == proposed


def test_a_change_says_which_confirmed_days_leave_the_table_and_which_windows_it_touches() -> None:
    current = a_registration_schedule([date(2018, 11, 1), date(2018, 11, 8)])
    row = ProposedDay(date(2018, 11, 8), date(2018, 11, 5), date(2018, 11, 2))
    closure = CalendarException(date=date(2018, 11, 2), reason="臨時休業")
    following = next_schedule(current, ProposedSchedule([row], [closure], [], current.covers_until))
    promises = [Promise(date(2018, 11, 1), date(2018, 11, 5), 3), Promise(date(2018, 11, 8), date(2018, 11, 12), 2)]
    change = change_of(current, following, promises)
    assert [each.registration_date for each in change.removed] == [date(2018, 11, 1)]
    assert [after.application_deadline for _, after in change.altered] == [date(2018, 11, 5)]
    assert (change.starts_kept, change.windows_kept) == ([(date(2018, 11, 1), 3)], 3)
    assert change_of(current, current, promises).is_empty


def test_a_correction_names_what_it_changed() -> None:
    first = revision_of(a_review(), NOW)
    change = MailboxChange(add_smtp_pop3=2, mailboxes_before=[a_mailbox()])
    second = revision_of(a_review(revision=2, mailbox_change=change, reason="別の理由"), NOW)
    assert [(each.field, each.before, each.after) for each in changes_between(first, second)] == [
        (RevisionField.ADD_SMTP_POP3, "1", "2"),
        (RevisionField.REASON, first.reason, "別の理由"),
    ]


NOVEMBER = Month(date(2018, 11, 1))


def test_the_report_counts_business_days_per_office_and_in_all() -> None:
    activities = [OfficeActivity(OfficeCode(code), "商事", "営業所", received=2) for code in ("NAC002", "NAC001")]
    completed = [
        CompletedReviews(OfficeCode("NAC001"), date(2018, 10, 24), date(2018, 11, 1), 2),
        CompletedReviews(OfficeCode("NAC002"), date(2018, 10, 24), date(2018, 11, 6), 1),
    ]
    report = monthly_report(NOVEMBER, activities, completed, a_registration_schedule(), 6)
    assert [line.activity.office_code for line in report.lines] == ["NAC001", "NAC002"]
    assert (report.days.reviews, report.days.total, report.days.longest, report.days.within_target) == (3, 21, 9, 2)
    assert (report.days.average, report.lines[1].days.average, report.total_of("received")) == (7.0, 9.0, 4)


def test_days_that_no_calendar_reaches_are_counted_as_unknown() -> None:
    completed = [CompletedReviews(OfficeCode("NAC001"), date(2018, 10, 24), date(2018, 11, 1), 2)]
    days = monthly_report(NOVEMBER, [], completed, None, 6).days
    assert (days.unknown, days.reviews, days.average) == (2, 0, None)


def test_months_are_read_strictly_and_follow_one_another() -> None:
    month = parse_month("2018-12")
    assert (str(month.following), str(month.preceding), month.last) == ("2019-01", "2018-11", date(2018, 12, 31))
    for text in ("2018-13", "2018-00", "201812", "2018-1", "9999-99", "2018-12-01", ""):
        with pytest.raises(InvalidMonth):
            parse_month(text)
