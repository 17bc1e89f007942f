"""One reader per kind of field: normalises what has one meaning, notes an error for what has none (domain rules 7a)."""

import re
from datetime import date

from services.intake.domain.form_errors import FormErrorCode, Problems
from services.intake.domain.office_facts import OfficeFacts
from shared.kernel.identifiers import InvalidIdentifier, OfficeCode, parse_office_code
from shared.kernel.japanese_text import (
    digits_only,
    is_full_width,
    is_katakana,
    narrow,
    parse_japanese_date,
    to_katakana,
    widen,
)

REASON_LENGTH = 240
EMAIL_LENGTH = 254
OTHER_DATE = "other"

_PHONE = re.compile(r"\A0[0-9]{9,10}\Z")
_COUNT = re.compile(r"\A[0-9]{1,2}\Z")
# A dot-atom and a host name with a dot: quotes, commas and angle brackets would end up in mail headers.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_EMAIL = re.compile(rf"\A(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+\Z")


def read_wide(name: str, typed: str, limit: int, problems: Problems, *, required: bool = True) -> str | None:
    """A full-width field: ASCII and half-width kana are widened; None when an optional one is empty (B16)."""
    text = widen(typed)
    if _missing(name, text, problems, required=required):
        return None
    if strange := problems.find_unprintable(text):
        problems.add(name, FormErrorCode.UNPRINTABLE_CHARACTER, characters="".join(strange))
    elif not is_full_width(text):
        problems.add(name, FormErrorCode.NOT_FULL_WIDTH)
    elif len(text) > limit:
        problems.add(name, FormErrorCode.TOO_LONG, limit=limit, length=len(text))
    return text


def read_katakana(name: str, typed: str, limit: int, problems: Problems) -> str | None:
    """A kana field: hiragana and half-width kana become katakana (B16)."""
    text = to_katakana(typed)
    if _missing(name, text, problems, required=True):
        return None
    if not is_katakana(text):
        problems.add(name, FormErrorCode.NOT_KATAKANA)
    elif len(text) > limit:
        problems.add(name, FormErrorCode.TOO_LONG, limit=limit, length=len(text))
    return text


def read_phone(name: str, typed: str, problems: Problems, *, required: bool = True) -> str | None:
    """A telephone field: full-width digits and hyphens are accepted, digits only are kept (B17)."""
    if _missing(name, typed.strip(), problems, required=required):
        return None
    text = digits_only(typed)
    if _PHONE.match(text) is None:
        problems.add(name, FormErrorCode.NOT_A_PHONE_NUMBER)
    return text


def read_email(typed: str, typed_again: str, problems: Problems) -> str | None:
    """The e-mail address, typed twice and equal after trimming and lower-casing the domain (B18)."""
    email, again = _normal_email(typed), _normal_email(typed_again)
    missing = _missing("email", email, problems, required=True)
    if not missing and (_EMAIL.match(email) is None or len(email) > EMAIL_LENGTH):
        problems.add("email", FormErrorCode.NOT_AN_EMAIL)
    if not _missing("email_again", again, problems, required=True) and not missing and email != again:
        problems.add("email_again", FormErrorCode.EMAILS_DIFFER)
    return email


def read_reason(typed: str, problems: Problems) -> str:
    """The reason: 1 to 240 code points after CRLF became LF, no control character but LF (B13)."""
    text = _normal_reason(typed)
    if _missing("reason", text, problems, required=True):
        return text
    if strange := problems.find_unprintable(text.replace("\n", "")):
        problems.add("reason", FormErrorCode.UNPRINTABLE_CHARACTER, characters="".join(strange))
    elif len(text) > REASON_LENGTH:
        problems.add("reason", FormErrorCode.TOO_LONG, limit=REASON_LENGTH, length=len(text))
    return text


def reason_length(typed: str) -> int:
    """How long a reason counts: code points, a line break as one."""
    return len(_normal_reason(typed))


def read_start_date(choice: str, typed: str, facts: OfficeFacts, problems: Problems) -> date | None:
    """The wished date: a day of the schedule or a typed one, after today and within a year (B10, T7, E14, E16)."""
    chosen = "" if choice == OTHER_DATE else choice.strip()
    texts = [text for text in (chosen, typed.strip()) if text]
    if not texts:
        problems.add("requested_start_date", FormErrorCode.REQUIRED)
        return None
    dates = [parse_japanese_date(text) for text in texts]
    wished = dates[0]
    if wished is None or None in dates:
        problems.add("requested_start_date", FormErrorCode.NOT_A_DATE)
    elif any(other != wished for other in dates):
        problems.add("requested_start_date", FormErrorCode.START_DATE_AMBIGUOUS)
    elif code := _out_of_bounds(wished, facts):
        problems.add("requested_start_date", code)
    return wished


def _out_of_bounds(wished: date, facts: OfficeFacts) -> FormErrorCode | None:
    if wished <= facts.today:
        return FormErrorCode.DATE_NOT_IN_FUTURE
    if facts.contract.closed_on is not None and wished >= facts.contract.closed_on:
        return FormErrorCode.START_AFTER_CLOSING
    return FormErrorCode.DATE_TOO_FAR if wished > _one_year_after(facts.today) else None


def read_count(name: str, typed: str, problems: Problems) -> int:
    """How many to add: blank is 0; negative, decimal and more than two digits are refused (B20, E10)."""
    text = narrow(typed)
    if not text:
        return 0
    if _COUNT.match(text) is None:
        problems.add(name, FormErrorCode.NOT_A_COUNT)
        return 0
    return int(text)


def read_office_code(typed: str, facts: OfficeFacts, problems: Problems) -> OfficeCode:
    """The office the application is about, upper-cased: the applicant's own or one it may apply for (B5, E36)."""
    text = narrow(typed).upper()
    own = facts.contract.office_code
    if _missing("office_code", text, problems, required=True):
        return own
    try:
        office_code = parse_office_code(text)
    except InvalidIdentifier:
        problems.add("office_code", FormErrorCode.NOT_AN_OFFICE_CODE)
        return own
    if facts.corrects is not None and office_code != facts.corrects.office_code:
        problems.add("office_code", FormErrorCode.OFFICE_CANNOT_CHANGE)
    elif office_code != own:
        # Facts are loaded for the office typed, if the applicant may apply for it.
        problems.add("office_code", FormErrorCode.OFFICE_NOT_GRANTED)
    elif facts.contract.closed_on is not None and facts.contract.closed_on <= facts.today:
        problems.add("office_code", FormErrorCode.OFFICE_CLOSED)
    return office_code


def _missing(name: str, text: str, problems: Problems, *, required: bool) -> bool:
    if text:
        return False
    if required:
        problems.add(name, FormErrorCode.REQUIRED)
    return True


def _normal_reason(typed: str) -> str:
    return typed.replace("\r\n", "\n").replace("\r", "\n").strip()


def _normal_email(typed: str) -> str:
    local, at, host = narrow(typed).rpartition("@")
    return f"{local}{at}{host.lower()}"


def _one_year_after(day: date) -> date:
    # 29 February has no namesake next year: the year then ends on 28 February.
    same_day = 28 if (day.month, day.day) == (2, 29) else day.day
    return day.replace(year=day.year + 1, day=same_day)
