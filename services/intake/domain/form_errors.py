"""What can be wrong with a form: stable codes for clients, the field each belongs to, and the collector of them all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from shared.kernel.japanese_text import unprintable_characters

FindUnprintable = Callable[[str], Sequence[str]]
"""Which characters of a text no document could print, each once, in order; the line feed is none of them."""


class FormErrorCode(StrEnum):
    """Stable codes; their Japanese sentences stand in labels.py."""

    REQUIRED = "required"
    TOO_LONG = "too_long"
    UNPRINTABLE_CHARACTER = "unprintable_character"
    NOT_FULL_WIDTH = "not_full_width"
    NOT_KATAKANA = "not_katakana"
    NOT_A_PHONE_NUMBER = "not_a_phone_number"
    NOT_AN_EMAIL = "not_an_email"
    EMAILS_DIFFER = "emails_differ"
    NOT_A_DATE = "not_a_date"
    DATE_NOT_IN_FUTURE = "date_not_in_future"
    DATE_TOO_FAR = "date_too_far"
    START_DATE_AMBIGUOUS = "start_date_ambiguous"
    NOT_A_COUNT = "not_a_count"
    NOTHING_ASKED = "nothing_asked"
    MODE_NOT_CONTRACTED = "mode_not_contracted"
    IDS_EXHAUSTED = "ids_exhausted"
    MAILBOX_UNKNOWN = "mailbox_unknown"
    MAILBOX_ALREADY_ABOLISHED = "mailbox_already_abolished"
    NOT_AN_OFFICE_CODE = "not_an_office_code"
    OFFICE_NOT_GRANTED = "office_not_granted"
    OFFICE_CLOSED = "office_closed"
    OFFICE_CANNOT_CHANGE = "office_cannot_change"
    START_AFTER_CLOSING = "start_after_closing"
    ITEM_MISSING = "item_missing"
    ITEM_UNKNOWN = "item_unknown"
    ITEM_NOT_HERE = "item_not_here"
    ITEMS_EXCLUDE_EACH_OTHER = "items_exclude_each_other"
    STORAGE_NEEDS_STATISTICS = "storage_needs_statistics"
    MAILBOX_NOT_CHOSEN = "mailbox_not_chosen"
    MAILBOX_NOT_IN_USE = "mailbox_not_in_use"
    KIND_UNKNOWN = "kind_unknown"
    KIND_CANNOT_CHANGE = "kind_cannot_change"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One error of one field; `details` fill the sentence (a limit, a character, a mailbox ID)."""

    field: str
    code: FormErrorCode
    details: dict[str, str]


@dataclass(frozen=True, slots=True)
class FormErrors:
    """Every error of a form, in the order of the page."""

    errors: tuple[FieldError, ...]

    def of(self, field_name: str) -> FieldError | None:
        """The first error of a field."""
        return next((error for error in self.errors if error.field == field_name), None)


@dataclass(slots=True)
class Problems:
    """Collects errors while a form is read; knows which characters can be printed."""

    find_unprintable: FindUnprintable = unprintable_characters
    errors: list[FieldError] = field(default_factory=list)

    def add(self, field_name: str, code: FormErrorCode, **details: object) -> None:
        """Note one error."""
        self.errors.append(FieldError(field_name, code, {name: str(value) for name, value in details.items()}))

    def has(self, *field_names: str) -> bool:
        """Whether any of the fields has an error."""
        return any(error.field in field_names for error in self.errors)
