"""What a member of staff entered for each kind of decision, as typed; `revision` is the one that was on the screen."""

from dataclasses import dataclass
from uuid import UUID

NOTE_LIMIT = 240
QUESTION_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class ApprovalForm:
    """An approval. `acknowledged` holds the ids of the failing checks that were ticked."""

    revision: int
    confirmed_start_date: str = ""
    note: str = ""
    acknowledged: frozenset[str] = frozenset()
    system_setting_required: bool = False


@dataclass(frozen=True, slots=True)
class ClarificationForm:
    """A question to the applicant. `answer_by` may be empty."""

    revision: int
    reason_code: str = ""
    question: str = ""
    answer_by: str = ""


@dataclass(frozen=True, slots=True)
class CancelForm:
    """The wish to have a question back."""

    clarification_id: UUID


@dataclass(frozen=True, slots=True)
class VoidForm:
    """Voiding an application after its review has ended (E30)."""

    revision: int
    reason_code: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class StartDateForm:
    """Another start date after the review has ended (E18)."""

    revision: int
    confirmed_start_date: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class SettingForm:
    """The required system setting has been completed; without a date, today."""

    revision: int
    completed_on: str = ""


@dataclass(frozen=True, slots=True)
class SecondForm:
    """What a second approver decides: the proposal of that revision stands, or goes back with a note."""

    revision: int
    note: str = ""


def as_stored(text: str) -> str:
    """A text of several lines as it is counted, kept and sent: line feeds only, nothing around it."""
    return text.replace("\r\n", "\n").strip()
