"""Internal notes and telephone contacts beside an application: for the Center's own eyes.

Their text is of a type of its own. Event models refuse secret types as fields when they are defined, refuse such a
value where a text belongs when they are made, and printing one shows asterisks: a note cannot reach an event, a log
line or a mail by mistake, only a template that asks for it by name.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import SecretStr

from services.review.domain.staff import StaffMember
from shared.kernel.identifiers import ReceiptNumber
from shared.kernel.local_time import TOKYO

TEXT_LIMIT = 2000
NAME_LIMIT = 60


class InternalText(SecretStr):
    """A text that stays inside the Center."""


class NoteKind(StrEnum):
    """What is written down."""

    NOTE = "note"
    TELEPHONE = "telephone"


class NoteProblem(StrEnum):
    """Why a note is refused; stable codes."""

    TEXT_REQUIRED = "text_required"
    TEXT_TOO_LONG = "text_too_long"
    SPOKE_WITH_REQUIRED = "spoke_with_required"
    SPOKE_WITH_TOO_LONG = "spoke_with_too_long"
    CALLED_AT_UNREADABLE = "called_at_unreadable"
    CALLED_AT_IN_FUTURE = "called_at_in_future"

    @property
    def field(self) -> str:
        """The field of the form that is to be changed."""
        return self.value.rpartition("_")[0].removesuffix("_too").removesuffix("_in")


@dataclass(frozen=True, slots=True)
class NoteForm:
    """What was typed. `called_at` is `YYYY-MM-DDTHH:MM` in Japan, as browsers send it; empty means now."""

    kind: NoteKind
    text: str
    spoke_with: str = ""
    called_at: str = ""


@dataclass(frozen=True, slots=True)
class CaseNote:
    """One note or telephone contact."""

    note_id: UUID
    receipt_number: ReceiptNumber
    kind: NoteKind
    login: str
    display_name: str
    written_at: datetime
    text: InternalText
    spoke_with: InternalText | None = None
    called_at: datetime | None = None


def write_note(
    form: NoteForm, receipt_number: ReceiptNumber, author: StaffMember, note_id: UUID, now: datetime
) -> CaseNote | list[NoteProblem]:
    """The note, or every problem at once."""
    text, spoke_with = form.text.replace("\r\n", "\n").strip(), form.spoke_with.strip()
    is_call = form.kind is NoteKind.TELEPHONE
    called_at = _read_instant(form.called_at) if form.called_at.strip() else now
    found = {
        NoteProblem.TEXT_REQUIRED: not text,
        NoteProblem.TEXT_TOO_LONG: len(text) > TEXT_LIMIT,
        NoteProblem.SPOKE_WITH_REQUIRED: is_call and not spoke_with,
        NoteProblem.SPOKE_WITH_TOO_LONG: len(spoke_with) > NAME_LIMIT,
        NoteProblem.CALLED_AT_UNREADABLE: is_call and called_at is None,
        NoteProblem.CALLED_AT_IN_FUTURE: is_call and called_at is not None and called_at > now,
    }
    problems = [problem for problem, is_so in found.items() if is_so]
    if problems:
        return problems
    return CaseNote(
        note_id,
        receipt_number,
        form.kind,
        author.login,
        author.display_name,
        now,
        InternalText(text),
        InternalText(spoke_with) if is_call else None,
        called_at if is_call else None,
    )


def _read_instant(text: str) -> datetime | None:
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%dT%H:%M").replace(tzinfo=TOKYO)
    except ValueError:
        return None
