"""Identifiers printed on screens and carried by events: their forms, how to read them, how to make the next one."""

import re
from typing import NewType

OfficeCode = NewType("OfficeCode", str)
MailboxId = NewType("MailboxId", str)
ReceiptNumber = NewType("ReceiptNumber", str)

OFFICE_CODE_PATTERN = r"^[A-Z0-9]{3}[0-9]{3}$"
MAILBOX_ID_PATTERN = r"^[A-Z0-9]{3}[0-9]{3}(0[1-9]|[1-9][0-9])$"
RECEIPT_NUMBER_PATTERN = r"^[0-9]{6}[A-Z]$"

HIGHEST_MAILBOX_SERIAL = 99
RECEIPTS_PER_LETTER = 9999
RECEIPTS_PER_YEAR = RECEIPTS_PER_LETTER * 26


class InvalidIdentifier(ValueError):
    """The text is not an identifier of the kind asked for; `kind` and `text` say which and what."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(f"not a valid {kind}: {text!r}")
        self.kind = kind
        self.text = text


class ReceiptNumbersExhausted(ValueError):
    """The year has used every number up to Z9999 (design: error after the last letter)."""


def parse_office_code(text: str) -> OfficeCode:
    """`NAC001`: company abbreviation and three digits. Raises InvalidIdentifier."""
    return OfficeCode(_matching(OFFICE_CODE_PATTERN, "office code", text))


def parse_mailbox_id(text: str) -> MailboxId:
    """`NAC00102`: office code and a serial 01-99. Raises InvalidIdentifier."""
    return MailboxId(_matching(MAILBOX_ID_PATTERN, "mailbox ID", text))


def parse_receipt_number(text: str) -> ReceiptNumber:
    """`260001A`: two digits of the year, serial, letter. Raises InvalidIdentifier."""
    return ReceiptNumber(_matching(RECEIPT_NUMBER_PATTERN, "receipt number", text))


def mailbox_id(office_code: OfficeCode, serial: int) -> MailboxId:
    """The mailbox ID of an office's serial; the serial must be 1 to 99."""
    if not 1 <= serial <= HIGHEST_MAILBOX_SERIAL:
        raise InvalidIdentifier("mailbox serial", str(serial))
    return MailboxId(f"{office_code}{serial:02d}")


def office_of_mailbox(mailbox: MailboxId) -> OfficeCode:
    """The office whose number space the mailbox belongs to."""
    return OfficeCode(mailbox[:6])


def serial_of_mailbox(mailbox: MailboxId) -> int:
    """The two-digit serial of a mailbox ID, 1 to 99."""
    return int(mailbox[6:])


def receipt_number(year: int, serial: int) -> ReceiptNumber:
    """The year's n-th receipt number: 0001A … 9999A, then 0001B. Raises ReceiptNumbersExhausted after 9999Z."""
    if not 1 <= serial <= RECEIPTS_PER_YEAR:
        raise ReceiptNumbersExhausted(f"no receipt number left in {year}: serial {serial}")
    letter, position = divmod(serial - 1, RECEIPTS_PER_LETTER)
    return ReceiptNumber(f"{year % 100:02d}{position + 1:04d}{chr(ord('A') + letter)}")


def year_and_serial(number: ReceiptNumber) -> tuple[int, int]:
    """The inverse of `receipt_number`."""
    return 2000 + int(number[:2]), (ord(number[6]) - ord("A")) * RECEIPTS_PER_LETTER + int(number[2:6])


def _matching(pattern: str, kind: str, text: str) -> str:
    # fullmatch, because `$` would let a trailing newline through.
    if re.fullmatch(pattern.strip("^$"), text) is None:
        raise InvalidIdentifier(kind, text)
    return text
