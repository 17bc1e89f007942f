"""What each mail may say: one model per mail. A template's variables are checked against its model.

Facts are plain JSON values; dates are ISO text until the template formats them.
"""

from collections.abc import Mapping
from typing import Any, TypedDict, get_type_hints

from shared.contracts.notifier_events import Mail

Facts = Mapping[str, Any]


class LetterFacts(TypedDict):
    """What every mail repeats: head, number, link and contact blocks."""

    company_name: str
    office_name: str
    department: str
    recipient_name: str
    receipt_number: str
    received_on: str
    link: str
    help_desk_phone: str
    contract_section_phone: str


class ContentFacts(TypedDict):
    """What was asked for, as the form said it last (M1, M4)."""

    add_smtp_pop3: int
    add_edifact: int
    abolish: list[str]
    reissue: list[str]
    requested_start_date: str | None


class CorrectionFacts(ContentFacts):
    """M4."""

    revision: int


class CompletionFacts(TypedDict):
    """M2."""

    confirmed_start_date: str | None
    start_date_changed: bool
    start_date_note: str
    viewable_until: str | None
    system_setting_deadline: str | None
    issued: bool
    abolished: bool


class ClarificationFacts(TypedDict):
    """M3."""

    question: str
    answer_by: str | None


class NumberFacts(TypedDict):
    """M5, M11, M12: nothing beyond the number."""


class VoidFacts(TypedDict):
    """M6. `reason_code` is chosen by review; a template words those it knows."""

    reason_code: str
    note: str


class RescheduleFacts(TypedDict):
    """M7."""

    old_start_date: str
    new_start_date: str
    note: str
    viewable_until: str | None
    system_setting_deadline: str | None


class WindowFacts(TypedDict):
    """M8, M9."""

    viewable_until: str | None


class ReminderFacts(TypedDict):
    """M10."""

    answer_by: str | None


MODELS: Mapping[Mail, type] = {
    Mail.M1: ContentFacts,
    Mail.M2: CompletionFacts,
    Mail.M3: ClarificationFacts,
    Mail.M4: CorrectionFacts,
    Mail.M5: NumberFacts,
    Mail.M6: VoidFacts,
    Mail.M7: RescheduleFacts,
    Mail.M8: WindowFacts,
    Mail.M9: WindowFacts,
    Mail.M10: ReminderFacts,
    Mail.M11: NumberFacts,
    Mail.M12: NumberFacts,
}

CURRENT_TEMPLATE_VERSION: Mapping[Mail, int] = dict.fromkeys(Mail, 1)


def variables_of(mail: Mail) -> frozenset[str]:
    """Every variable that the mail's current template may use."""
    return frozenset(get_type_hints(LetterFacts)) | frozenset(get_type_hints(MODELS[mail]))
