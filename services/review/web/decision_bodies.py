"""Bodies of decisions in the staff API; `revision` is the one the caller has seen, dates stand in any usual form."""

from uuid import UUID

from pydantic import Field

from services.review.domain.review import (
    ApprovalForm,
    CancelForm,
    ClarificationForm,
    ClarificationReason,
    SecondForm,
    SettingForm,
    StartDateForm,
    VoidForm,
    VoidReason,
)
from services.review.web.api_models import ApiBody

LONGEST_TEXT = 4000
LONGEST_DATE = 40
MOST_ROWS = 50


class ApprovalBody(ApiBody):
    """An approval; `acknowledged` names the failing checks, one by one."""

    revision: int
    confirmed_start_date: str = Field(default="", max_length=LONGEST_DATE)
    note: str = Field(default="", max_length=LONGEST_TEXT)
    acknowledged: list[str] = Field(default=[], max_length=20)
    system_setting_required: bool = False

    def to_form(self) -> ApprovalForm:
        """The decision the domain judges."""
        return ApprovalForm(
            revision=self.revision,
            confirmed_start_date=self.confirmed_start_date,
            note=self.note,
            acknowledged=frozenset(self.acknowledged),
            system_setting_required=self.system_setting_required,
        )


class ClarificationBody(ApiBody):
    """A question to the applicant."""

    revision: int
    question: str = Field(max_length=LONGEST_TEXT)
    reason_code: str = Field(default=ClarificationReason.OTHER.value, max_length=40)
    answer_by: str = Field(default="", max_length=LONGEST_DATE)

    def to_form(self) -> ClarificationForm:
        """The decision the domain judges."""
        return ClarificationForm(self.revision, self.reason_code, self.question, self.answer_by)


class CancelBody(ApiBody):
    """The wish to have a question back."""

    clarification_id: UUID

    def to_form(self) -> CancelForm:
        """The decision the domain judges."""
        return CancelForm(self.clarification_id)


class VoidBody(ApiBody):
    """A void; `reason` is one of the typed codes."""

    revision: int
    reason: str = Field(default=VoidReason.OTHER.value, max_length=40)
    note: str = Field(default="", max_length=LONGEST_TEXT)

    def to_form(self) -> VoidForm:
        """The decision the domain judges."""
        return VoidForm(self.revision, self.reason, self.note)


class StartDateBody(ApiBody):
    """Another start date."""

    revision: int
    confirmed_start_date: str = Field(max_length=LONGEST_DATE)
    note: str = Field(default="", max_length=LONGEST_TEXT)

    def to_form(self) -> StartDateForm:
        """The decision the domain judges."""
        return StartDateForm(self.revision, self.confirmed_start_date, self.note)


class SettingBody(ApiBody):
    """The system setting is complete; without a date, today."""

    revision: int
    completed_on: str = Field(default="", max_length=LONGEST_DATE)

    def to_form(self) -> SettingForm:
        """The decision the domain judges."""
        return SettingForm(self.revision, self.completed_on)


class SecondBody(ApiBody):
    """What a second approver decides about a proposal."""

    revision: int
    note: str = Field(default="", max_length=240)

    def to_form(self) -> SecondForm:
        """The decision the domain judges."""
        return SecondForm(self.revision, self.note)
