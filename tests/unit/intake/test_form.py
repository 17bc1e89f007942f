"""The form: what is normalised, what is refused and under which code, what is only warned about."""

from dataclasses import fields
from datetime import date
from typing import Any

import pytest

from services.intake.domain.form import ApplicationForm, CheckedForm, check_form
from services.intake.domain.form_errors import FormErrorCode, FormErrors
from services.intake.domain.form_warnings import FormWarningCode
from services.intake.labels import FORM_FIELD_LABELS, form_error_text
from shared.contracts.intake_events import ProcessingMode
from tests.builders import OPENING_MAILBOX, a_contract
from tests.unit.intake.builders import TODAY, a_box, a_form, checked, codes, facts

REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"office_code": ""}, "office_code", "required"),
    ({"office_code": "NAC01"}, "office_code", "not_an_office_code"),
    ({"office_code": "NAC001\n1"}, "office_code", "not_an_office_code"),
    ({"office_code": "NAC002"}, "office_code", "office_not_granted"),
    ({"start_date_choice": ""}, "requested_start_date", "required"),
    ({"start_date_choice": "other"}, "requested_start_date", "required"),
    ({"start_date_choice": "other", "requested_start_date": "2018110"}, "requested_start_date", "not_a_date"),
    ({"start_date_choice": "", "requested_start_date": "20190229"}, "requested_start_date", "not_a_date"),
    ({"start_date_choice": "tomorrow"}, "requested_start_date", "not_a_date"),
    ({"requested_start_date": "not a date"}, "requested_start_date", "not_a_date"),
    ({"requested_start_date": "20181108"}, "requested_start_date", "start_date_ambiguous"),
    ({"start_date_choice": "2018-10-16"}, "requested_start_date", "date_not_in_future"),
    ({"start_date_choice": "2017-11-01"}, "requested_start_date", "date_not_in_future"),
    ({"start_date_choice": "2019-10-17"}, "requested_start_date", "date_too_far"),
    ({"reason": ""}, "reason", "required"),
    ({"reason": " 　\r\n "}, "reason", "required"),
    ({"reason": "あ" * 241}, "reason", "too_long"),
    ({"reason": "タブ\tあり"}, "reason", "unprintable_character"),
    ({"reason": "絵文字😀"}, "reason", "unprintable_character"),
    ({"family_name": ""}, "family_name", "required"),
    ({"family_name": "あ" * 21}, "family_name", "too_long"),
    ({"family_name": "通関\n花子"}, "family_name", "not_full_width"),
    ({"family_name": "通\ue000"}, "family_name", "unprintable_character"),
    ({"given_name": ""}, "given_name", "required"),
    ({"given_name": "あ" * 21}, "given_name", "too_long"),
    ({"family_name_kana": ""}, "family_name_kana", "required"),
    ({"family_name_kana": "通関"}, "family_name_kana", "not_katakana"),
    ({"family_name_kana": "ア" * 31}, "family_name_kana", "too_long"),
    ({"given_name_kana": "Hanako"}, "given_name_kana", "not_katakana"),
    ({"department": "部" * 31}, "department", "too_long"),
    ({"title": "長" * 31}, "title", "too_long"),
    ({"phone": ""}, "phone", "required"),
    ({"phone": "1120794550"}, "phone", "not_a_phone_number"),
    ({"phone": "012345678"}, "phone", "not_a_phone_number"),
    ({"phone": "012345678901"}, "phone", "not_a_phone_number"),
    ({"phone": "内線123"}, "phone", "not_a_phone_number"),
    ({"fax": "12"}, "fax", "not_a_phone_number"),
    ({"email": ""}, "email", "required"),
    ({"email_again": ""}, "email_again", "required"),
    ({"email": "a@b@c.example", "email_again": "a@b@c.example"}, "email", "not_an_email"),
    ({"email": "花子@naccs.example", "email_again": "花子@naccs.example"}, "email", "not_an_email"),
    ({"email": "a b@naccs.example", "email_again": "a b@naccs.example"}, "email", "not_an_email"),
    ({"email": "a@naccs", "email_again": "a@naccs"}, "email", "not_an_email"),
    ({"email": "a@" + "b" * 250 + ".jp", "email_again": "a@" + "b" * 250 + ".jp"}, "email", "not_an_email"),
    ({"email_again": "other@naccs.example"}, "email_again", "emails_differ"),
    ({"add_smtp_pop3": "-1"}, "add_smtp_pop3", "not_a_count"),
    ({"add_smtp_pop3": "1.5"}, "add_smtp_pop3", "not_a_count"),
    ({"add_smtp_pop3": "100"}, "add_smtp_pop3", "not_a_count"),
    ({"add_edifact": "二"}, "add_edifact", "not_a_count"),
    ({"add_smtp_pop3": ""}, "add_smtp_pop3", "nothing_asked"),
    ({"add_smtp_pop3": "0", "add_edifact": "0"}, "add_smtp_pop3", "nothing_asked"),
    ({"add_smtp_pop3": "99"}, "add_smtp_pop3", "ids_exhausted"),
    ({"abolish": ("XYZ99901",)}, "abolish", "mailbox_unknown"),
]


@pytest.mark.parametrize(("typed", "field", "code"), REFUSED)
def test_what_has_no_meaning_is_refused_under_a_stable_code(typed: dict[str, Any], field: str, code: str) -> None:
    assert codes(a_form(**typed)) == [(field, code)]


def test_every_error_code_is_reached_by_a_test() -> None:
    tested = {code for _, _, code in REFUSED} | {"mode_not_contracted", "mailbox_already_abolished"}

    assert tested == {code.value for code in FormErrorCode}


def test_adding_a_kind_without_its_mode_is_refused() -> None:
    only_smtp = a_contract(users=[a_contract().users[0]])

    assert codes(a_form(add_edifact="1"), facts(contract=only_smtp)) == [("add_edifact", "mode_not_contracted")]


def test_a_mode_that_begins_later_does_not_count() -> None:
    later = a_contract().users[1].model_copy(update={"started_on": date(2018, 12, 1)})

    assert later.processing_mode is ProcessingMode.EDIFACT
    assert codes(a_form(add_edifact="1"), facts(contract=a_contract(users=[later]))) == [
        ("add_smtp_pop3", "mode_not_contracted"),
        ("add_edifact", "mode_not_contracted"),
    ]


def test_a_mailbox_on_its_way_out_cannot_be_abolished_again() -> None:
    known = facts(mailboxes=[a_box(), a_box("NAC00102", abolished_on=date(2018, 11, 8))])

    assert codes(a_form(abolish=("NAC00102",)), known) == [("abolish", "mailbox_already_abolished")]


def test_serials_count_every_id_ever_issued() -> None:
    known = facts(mailboxes=[a_box(), a_box("NAC00197", abolished_on=date(2018, 1, 1))])

    assert codes(a_form(add_smtp_pop3="2"), known) == []
    result = check_form(a_form(add_smtp_pop3="2", add_edifact="1"), known)
    assert isinstance(result, FormErrors)
    assert form_error_text(result.errors[0]) == "追加できるのは残り2個です"


def test_an_empty_form_gets_every_error_at_once_in_page_order() -> None:
    found = [field for field, _ in codes(ApplicationForm())]

    assert found == [
        "office_code",
        "requested_start_date",
        "reason",
        "family_name",
        "given_name",
        "family_name_kana",
        "given_name_kana",
        "phone",
        "email",
        "email_again",
        "add_smtp_pop3",
    ]


def test_every_error_has_a_japanese_sentence_without_blanks() -> None:
    for typed, field, _ in REFUSED:
        result = check_form(a_form(**typed), facts())
        assert isinstance(result, FormErrors)
        text = form_error_text(result.errors[0])
        assert "{" not in text, (field, text)
        assert text.isascii() is False


def test_every_field_has_a_name() -> None:
    typed = {field.name for field in fields(ApplicationForm)} - {"start_date_choice"}

    assert typed == set(FORM_FIELD_LABELS)


def test_what_has_one_meaning_is_normalised() -> None:
    form = checked(
        office_code=" ｎａｃ００１ ",  # noqa: RUF001  full-width on purpose
        start_date_choice="other",
        requested_start_date="平成30年11月1日",
        reason="一行目\r\n二行目\r\n",
        family_name=" 髙﨑 ",
        given_name="ﾊﾅｺ",
        family_name_kana="つうかん",
        given_name_kana="ﾊﾅｺ",
        department="第1営業部",
        title="",
        phone="０１２０－７９４－５５０",  # noqa: RUF001
        fax="03 9876 5432",
        email=" Hanako@NACCS.Example ",
        email_again="Hanako@naccs.example",
        add_smtp_pop3=" １ ",
        add_edifact="",
    )

    assert form.office_code == "NAC001"
    assert form.requested_start_date == date(2018, 11, 1)
    assert form.reason == "一行目\n二行目"
    assert form.contact.family_name == "髙﨑"
    assert form.contact.given_name == "ハナコ"
    assert form.contact.family_name_kana == "ツウカン"
    assert form.contact.department == "第１営業部"
    assert form.contact.title is None
    assert (form.contact.phone, form.contact.fax) == ("0120794550", "0398765432")
    assert form.contact.email == "Hanako@naccs.example"
    assert (form.add_smtp_pop3, form.add_edifact) == (1, 0)


@pytest.mark.parametrize("typed", ["20181101", "2018/11/1", "2018-11-01", "2018年11月1日", "２０１８１１０１"])  # noqa: RUF001
def test_every_form_of_one_date_is_that_date(typed: str) -> None:
    assert checked(start_date_choice="other", requested_start_date=typed).requested_start_date == date(2018, 11, 1)


def test_the_same_date_chosen_and_typed_is_one_date() -> None:
    assert checked(requested_start_date="20181101").requested_start_date == date(2018, 11, 1)


def test_the_reason_is_counted_in_code_points_after_line_ends_became_one() -> None:
    longest = "𠮷" * 238 + "\r\n" + "あ"

    assert len(checked(reason=longest).reason) == 240


def test_the_day_one_year_ahead_is_the_last_one() -> None:
    assert codes(a_form(start_date_choice="2019-10-16")) == []
    leap_day = facts(today=date(2020, 2, 29), schedule=None)
    assert codes(a_form(start_date_choice="2021-02-28"), leap_day) == []
    assert codes(a_form(start_date_choice="2021-03-01"), leap_day) == [("requested_start_date", "date_too_far")]


def test_additions_and_abolitions_go_together() -> None:
    form = checked(add_smtp_pop3="1", abolish=(OPENING_MAILBOX,))

    assert (form.add_smtp_pop3, form.abolish) == (1, (OPENING_MAILBOX,))


def warnings_of(form: ApplicationForm, **known: Any) -> list[FormWarningCode]:
    result = check_form(form, facts(**known))
    assert isinstance(result, CheckedForm), result
    return [warning.code for warning in result.warnings]


def test_a_scheduled_date_in_time_has_no_warning() -> None:
    assert warnings_of(a_form()) == []


def test_a_date_off_the_schedule_is_a_warning() -> None:
    assert warnings_of(a_form(start_date_choice="2018-11-03")) == [FormWarningCode.OFF_SCHEDULE]


def test_a_month_without_schedule_is_a_warning() -> None:
    assert warnings_of(a_form(start_date_choice="2019-03-01")) == [FormWarningCode.NO_SCHEDULE]
    assert warnings_of(a_form(), schedule=None) == [FormWarningCode.NO_SCHEDULE]


def test_a_missed_deadline_is_a_warning_that_names_the_next_day() -> None:
    result = check_form(a_form(), facts(today=date(2018, 10, 26)))

    assert isinstance(result, CheckedForm)
    assert [(each.code, each.next_date) for each in result.warnings] == [
        (FormWarningCode.DEADLINE_PASSED, date(2018, 11, 8))
    ]


def test_more_to_add_than_there_are_may_be_a_total() -> None:
    assert warnings_of(a_form(add_smtp_pop3="2")) == [FormWarningCode.ADDED_NOT_TOTAL]
    assert warnings_of(a_form(add_smtp_pop3="", add_edifact="2")) == []


def test_giving_up_the_last_mailbox_is_a_warning() -> None:
    last = a_form(add_smtp_pop3="", abolish=(OPENING_MAILBOX,))

    assert warnings_of(last) == [FormWarningCode.LAST_MAILBOX]
    assert warnings_of(last, mailboxes=[a_box(), a_box("NAC00102")]) == []
    assert facts().today == TODAY
