"""What a reviewer typed into the approval form, exactly as typed, so that it can be shown again."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from services.review import labels
from services.review.domain.case_file import CaseFile
from services.review.domain.review import NOTE_LIMIT, ApprovalForm, earliest_start
from services.review.rendering.decisions import acknowledgements
from services.review.web.decisions import Typed, revision_of
from shared.kernel.business_days import DateNotCovered
from shared.runtime.web.forms import PostedForm

OTHER_DAY = "other"


@dataclass(frozen=True, slots=True)
class ApprovalInput:
    """`start_date` is a registration day as YYYYMMDD, or `other` for the day typed into `other_start_date`."""

    revision: int = 0
    start_date: str = ""
    other_start_date: str = ""
    note: str = ""
    acknowledged: frozenset[str] = frozenset()
    system_setting_required: bool = False

    @classmethod
    def suggested_for(cls, case: CaseFile) -> "ApprovalInput":
        """The form as it is first shown: the earliest open registration day on or after the wish is chosen."""
        suggested = case.row.suggested_start
        return cls(case.review.revision, f"{suggested:%Y%m%d}" if suggested else "")

    @classmethod
    def posted(cls, form: PostedForm) -> "ApprovalInput":
        """What came with the form. Raises 400 for a revision that is no number."""
        return cls(
            revision=revision_of(form),
            start_date=form.text("confirmed_start_date"),
            other_start_date=form.text("other_start_date"),
            note=form.text("note"),
            acknowledged=frozenset(form.texts("acknowledged")),
            system_setting_required=bool(form.text("system_setting_required")),
        )

    @property
    def start_date_text(self) -> str:
        """The text that names the day."""
        return self.other_start_date if self.start_date == OTHER_DAY else self.start_date

    def to_form(self) -> ApprovalForm:
        """The decision the domain judges."""
        return ApprovalForm(
            revision=self.revision,
            confirmed_start_date=self.start_date_text,
            note=self.note,
            acknowledged=self.acknowledged,
            system_setting_required=self.system_setting_required,
        )

    def typed(self) -> Typed:
        """Everything that was typed, for somebody who came too late."""
        return (
            ("confirmed_start_date", self.start_date_text),
            ("note", self.note),
            ("system_setting_required", labels.YES if self.system_setting_required else labels.NO),
        )


def approval_context(case: CaseFile, entered: ApprovalInput, today: date) -> dict[str, Any]:
    """What case_decision.html shows: the days to choose from, from when on, and the checks to be acknowledged."""
    return {
        "entered": entered,
        "days": case.offered_days(today),
        "failing": acknowledgements(case.checks),
        "note_limit": NOTE_LIMIT,
        "first_day": _first_day(case, today, system_setting_required=False),
        "first_day_with_setting": _first_day(case, today, system_setting_required=True),
    }


def _first_day(case: CaseFile, today: date, *, system_setting_required: bool) -> date | None:
    try:
        return earliest_start(case.schedule, today, system_setting_required) if case.schedule else None
    except DateNotCovered:
        return None
