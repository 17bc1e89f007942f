"""Identifiers are read strictly and made in the printed order."""
# ruff: noqa: RUF001  full-width letters are the material here

import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.identifiers import (
    HIGHEST_MAILBOX_SERIAL,
    RECEIPTS_PER_LETTER,
    RECEIPTS_PER_YEAR,
    InvalidIdentifier,
    MailboxId,
    OfficeCode,
    ReceiptNumbersExhausted,
    mailbox_id,
    office_of_mailbox,
    parse_mailbox_id,
    parse_office_code,
    parse_receipt_number,
    receipt_number,
    serial_of_mailbox,
)

OFFICE = OfficeCode("NAC001")
NEVER_VALID = ["", " ", "\n", "NAC00１", "ＮＡＣ001", "nac001", "NAC-01", "NAC 01", "😀"]


def test_every_serial_of_an_office_makes_a_mailbox_id_that_reads_back() -> None:
    made = [mailbox_id(OFFICE, serial) for serial in range(1, HIGHEST_MAILBOX_SERIAL + 1)]
    assert made[:2] == ["NAC00101", "NAC00102"]
    assert made[-1] == "NAC00199"
    assert len(set(made)) == 99
    for serial, identifier in enumerate(made, start=1):
        parsed = parse_mailbox_id(identifier)
        assert (office_of_mailbox(parsed), serial_of_mailbox(parsed)) == (OFFICE, serial)


@pytest.mark.parametrize("serial", [-1, 0, 100, 1000])
def test_serials_outside_1_to_99_make_no_mailbox_id(serial: int) -> None:
    with pytest.raises(InvalidIdentifier):
        mailbox_id(OFFICE, serial)


def test_every_receipt_number_of_a_year_is_well_formed_unique_and_in_printed_order() -> None:
    numbers = [receipt_number(2026, serial) for serial in range(1, RECEIPTS_PER_YEAR + 1)]
    assert len(set(numbers)) == RECEIPTS_PER_YEAR == 259_974
    assert numbers[0] == "260001A"
    assert numbers[RECEIPTS_PER_LETTER - 1 : RECEIPTS_PER_LETTER + 1] == ["269999A", "260001B"]
    assert numbers[-1] == "269999Z"
    assert all(parse_receipt_number(number) == number for number in numbers[:: RECEIPTS_PER_LETTER // 7])
    assert numbers == sorted(numbers, key=lambda number: (number[6], number[2:6]))


def test_the_year_has_no_number_after_the_last_letter() -> None:
    with pytest.raises(ReceiptNumbersExhausted):
        receipt_number(2026, RECEIPTS_PER_YEAR + 1)
    with pytest.raises(ReceiptNumbersExhausted):
        receipt_number(2026, 0)


@pytest.mark.parametrize("year", range(2018, 2119, 10))
def test_a_receipt_number_begins_with_two_digits_of_its_year(year: int) -> None:
    assert receipt_number(year, 12)[:2] == f"{date(year, 1, 1):%y}"


def test_the_manuals_receipt_number_is_read() -> None:
    assert parse_receipt_number("180012A") == receipt_number(2018, 12)


@pytest.mark.parametrize("text", ["NAC001", "3PL999", "NA0001"])
def test_an_abbreviation_may_hold_digits(text: str) -> None:
    assert parse_office_code(text) == text


@pytest.mark.parametrize("text", [*NEVER_VALID, "NAC0011", "NAC01", "NAC001\n", " NAC001", "NACA01"])
def test_what_is_no_office_code_is_refused(text: str) -> None:
    with pytest.raises(InvalidIdentifier) as refusal:
        parse_office_code(text)
    assert (refusal.value.kind, refusal.value.text) == ("office code", text)


@pytest.mark.parametrize("text", [*NEVER_VALID, "NAC00100", "NAC001", "NAC001001", "NAC0011", "NAC00101\n", "NAC001A1"])
def test_what_is_no_mailbox_id_is_refused(text: str) -> None:
    with pytest.raises(InvalidIdentifier):
        parse_mailbox_id(text)


@pytest.mark.parametrize("text", [*NEVER_VALID, "260001a", "26001A", "2600001A", "260001", "260001AA", "260001A\n"])
def test_what_is_no_receipt_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidIdentifier):
        parse_receipt_number(text)


@given(st.text(string.ascii_letters + string.digits + "\n -０", max_size=9))
def test_each_parser_returns_its_text_or_refuses_it(text: str) -> None:
    for parse in (parse_office_code, parse_mailbox_id, parse_receipt_number):
        try:
            assert parse(text) == text
        except InvalidIdentifier:
            continue


@given(st.from_regex(r"[A-Z0-9]{3}[0-9]{3}", fullmatch=True), st.integers(1, 99))
def test_office_and_serial_survive_the_mailbox_id(office: str, serial: int) -> None:
    made = mailbox_id(parse_office_code(office), serial)
    assert (office_of_mailbox(made), serial_of_mailbox(MailboxId(made))) == (office, serial)
