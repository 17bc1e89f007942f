"""The form: what is normalised, what is refused and under which code, what is only warned about."""

from dataclasses import fields
from datetime import date
from typing import Any

import pytest

from services.intake.domain.form import ApplicationForm, CheckedForm, check_form
from services.intake.domain.form_errors import FormErrorCode, FormErrors
from services.intake.domain.form_warnings import FormWarningCode
from services.intake.domain.mailboxes import in_use
from services.intake.domain.office_facts import Corrected
from services.intake.labels import FORM_FIELD_LABELS, form_error_text
from shared.contracts.event_data import ApplicationKind, MailboxKind
from shared.contracts.intake_events import ProcessingMode
from shared.kernel.identifiers import OfficeCode
from tests.builders import OPENING_MAILBOX, a_contract
from tests.unit.intake.builders import TODAY, a_box, a_form, checked, codes, facts
from tests.unit.intake.form_cases import PAGE_CASES, SHARED_CASES, FormCase

CASES = [*SHARED_CASES, *PAGE_CASES]


def form_for(case: FormCase) -> ApplicationForm:
    """The form a case means: a date is the other one unless the case chooses; the address is typed twice alike."""
    typed = {name: tuple(value) if isinstance(value, list) else value for name, value in case.typed.items()}
    if "requested_start_date" in typed:
        typed.setdefault("start_date_choice", "other")
    if "email" in typed:
        typed.setdefault("email_again", typed["email"])
    return a_form(**typed)


def values_of(checked_form: CheckedForm) -> dict[str, Any]:
    return {
        **{each.name: getattr(checked_form, each.name) for each in fields(checked_form)},
        **checked_form.contact.model_dump(),
    }


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_case_of_the_table(case: FormCase) -> None:
    result = check_form(form_for(case), facts())

    if isinstance(result, FormErrors):
        assert [(error.field, error.code.value) for error in result.errors] == list(case.errors)
    else:
        assert case.errors == ()
        assert {name: values_of(result)[name] for name in case.values} == case.values


def test_the_table_is_long_enough() -> None:
    assert len(SHARED_CASES) >= 200


def test_every_error_code_is_reached_by_a_test() -> None:
    tested = {code for case in CASES for _, code in case.errors}
    elsewhere = {
        "mode_not_contracted",
        "mailbox_already_abolished",
        "mailbox_not_in_use",
        "office_closed",
        "start_after_closing",
        "office_cannot_change",
        "kind_cannot_change",
    }

    assert tested | elsewhere == {code.value for code in FormErrorCode}


@pytest.mark.parametrize("today", [date(2018, 11, 20), date(2018, 11, 21)])
def test_a_closed_office_cannot_apply(today: date) -> None:
    closed = a_contract(closed_on=date(2018, 11, 20))

    form = a_form(start_date_choice="2018-12-06")

    assert ("office_code", "office_closed") in codes(form, facts(contract=closed, today=today))


def test_the_wished_date_lies_before_the_closing_day() -> None:
    closing = facts(contract=a_contract(closed_on=date(2018, 11, 8)))

    assert codes(a_form(start_date_choice="2018-11-07"), closing) == []
    assert codes(a_form(start_date_choice="2018-11-08"), closing) == [("requested_start_date", "start_after_closing")]


def test_a_correction_keeps_office_and_kind() -> None:
    fixed = facts(corrects=Corrected(OfficeCode("NAC001"), ApplicationKind.MAILBOX_CHANGE))
    reissue = a_form(kind="password_reissue", mailbox_ids=(OPENING_MAILBOX,))

    assert codes(a_form(), fixed) == []
    assert codes(a_form(office_code="NAC002"), fixed) == [("office_code", "office_cannot_change")]
    assert codes(reissue, fixed) == [("kind", "kind_cannot_change")]


def test_what_no_font_can_print_is_named() -> None:
    known = facts(find_unprintable=lambda text: [letter for letter in text if letter == "髙"])

    result = check_form(a_form(family_name="髙﨑", reason="髙い"), known)

    assert isinstance(result, FormErrors)
    assert [form_error_text(error) for error in result.errors] == [
        "理由に使用できない文字があります：髙",
        "姓に使用できない文字があります：髙",
    ]


def test_passwords_are_reissued_for_mailboxes_that_are_not_closed() -> None:
    boxes = [
        a_box(),
        a_box("NAC00102", active_from=date(2018, 11, 1)),
        a_box("NAC00103", abolished_on=date(2018, 10, 17)),
        a_box("NAC00104", abolished_on=TODAY),
    ]
    form = a_form(kind="password_reissue", mailbox_ids=tuple(box.mailbox_id for box in boxes))

    assert codes(form, facts(mailboxes=boxes)) == [("mailbox_ids", "mailbox_not_in_use")]
    assert [box.mailbox_id for box in in_use(boxes, TODAY)] == ["NAC00101", "NAC00102", "NAC00103"]


def test_a_reissue_has_neither_date_nor_warning() -> None:
    form = checked(kind="password_reissue", mailbox_ids=(OPENING_MAILBOX,), start_date_choice="", items=())

    assert (form.requested_start_date, form.warnings, form.add_smtp_pop3) == (None, (), 0)


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
    for case in CASES:
        result = check_form(form_for(case), facts())
        for error in result.errors if isinstance(result, FormErrors) else ():
            text = form_error_text(error)
            assert "{" not in text, (error.field, text)
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
    boxes = [a_box(), a_box("NAC00102", kind=MailboxKind.EDIFACT)]
    assert warnings_of(last, mailboxes=boxes) == [FormWarningCode.LAST_MAILBOX], "an EDIFACT mailbox is no home"
    assert warnings_of(a_form(add_smtp_pop3="", abolish=("NAC00102",)), mailboxes=boxes) == []
    assert facts().today == TODAY
