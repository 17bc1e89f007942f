"""What a reviewer typed into the approval form, exactly as typed, so that it can be shown again."""

from dataclasses import dataclass

from starlette.exceptions import HTTPException

from services.review.domain.case_file import CaseFile
from services.review.domain.review import ApprovalForm
from shared.runtime.web.forms import PostedForm

OTHER_DAY = "other"


@dataclass(frozen=True, slots=True)
class ApprovalInput:
    """`start_date` is a registration day as YYYYMMDD, or `other` for the day typed into `other_start_date`."""

    start_date: str = ""
    other_start_date: str = ""
    note: str = ""
    acknowledged: frozenset[str] = frozenset()
    system_setting_required: bool = False

    @classmethod
    def suggested_for(cls, case: CaseFile) -> "ApprovalInput":
        """The form as it is first shown: the earliest open registration day on or after the wish is chosen."""
        suggested = case.row.suggested_start
        return cls(start_date=f"{suggested:%Y%m%d}" if suggested else "")

    @classmethod
    def posted(cls, form: PostedForm) -> "ApprovalInput":
        """What came with the form."""
        return cls(
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

    def for_revision(self, revision: int) -> ApprovalForm:
        """The decision the domain judges."""
        return ApprovalForm(
            revision=revision,
            confirmed_start_date=self.start_date_text,
            note=self.note,
            acknowledged=self.acknowledged,
            system_setting_required=self.system_setting_required,
        )


def revision_of(form: PostedForm) -> int:
    """The revision that was on the screen. Raises 400 for a text that is no number."""
    text = form.text("revision")
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise HTTPException(400)
    return int(text)
