"""What programs send: the fields of the form as JSON, read as loosely as a typed form and checked by the same rules."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr

from services.intake.domain.change_items import ChangeItem
from services.intake.domain.form import ApplicationForm
from shared.contracts.event_data import ApplicationKind

Count = StrictInt | StrictStr


class ApiBody(BaseModel):
    """The base of every body: a field nobody reads is refused, so that a misspelt one is not lost."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ContactBody(ApiBody):
    """The application contact."""

    family_name: StrictStr = Field("", description="Required; full-width, up to 20 characters.")
    given_name: StrictStr = Field("", description="Required; full-width, up to 20 characters.")
    family_name_kana: StrictStr = Field("", description="Required; katakana, up to 30 characters.")
    given_name_kana: StrictStr = Field("", description="Required; katakana, up to 30 characters.")
    department: StrictStr = Field("", description="Up to 30 characters.")
    title: StrictStr = Field("", description="Up to 30 characters.")
    phone: StrictStr = Field("", description="Required; 10 or 11 digits; hyphens are taken out.")
    fax: StrictStr = Field("", description="10 or 11 digits; hyphens are taken out.")
    email: StrictStr = Field("", description="Required; completion mails go there.")


class MailboxChangeBody(ApiBody):
    """How many mailboxes to add, not the new total, and which to give up."""

    add_smtp_pop3: Count = Field("", description="0 to 99.")
    add_edifact: Count = Field("", description="0 to 99.")
    abolish: list[StrictStr] = Field([], description="Mailbox IDs of the office.")


class PasswordReissueBody(ApiBody):
    """Which mailboxes get a new password."""

    mailbox_ids: list[StrictStr] = Field([], description="Mailbox IDs of the office.")


_PARTS: Mapping[str, str] = {
    ApplicationKind.MAILBOX_CHANGE: "mailbox_change",
    ApplicationKind.PASSWORD_REISSUE: "password_reissue",
}
_NO_CHANGE, _NO_REISSUE = MailboxChangeBody(), PasswordReissueBody()


class FormBody(ApiBody):
    """What a form and its correction have in common."""

    requested_start_date: StrictStr = Field(
        "", description="Wished start date, YYYYMMDD or any way a date is written in Japan; none for a reissue."
    )
    reason: StrictStr = Field("", description="Required; up to 240 characters.")
    contact: ContactBody = ContactBody()
    mailbox_change: MailboxChangeBody | None = None
    password_reissue: PasswordReissueBody | None = None

    def form(self, office_code: str, kind: str) -> ApplicationForm:
        """The typed texts of the form, as its page would send them."""
        change, reissue = self.mailbox_change or _NO_CHANGE, self.password_reissue or _NO_REISSUE
        contact: dict[str, Any] = self.contact.model_dump()
        return ApplicationForm(
            **contact,
            email_again=self.contact.email,
            office_code=office_code,
            kind=kind,
            requested_start_date=self.requested_start_date,
            reason=self.reason,
            items=(ChangeItem.MAILBOX_COUNT,),
            add_smtp_pop3=str(change.add_smtp_pop3),
            add_edifact=str(change.add_edifact),
            abolish=tuple(change.abolish),
            mailbox_ids=tuple(reissue.mailbox_ids),
        )

    def part_of_another_kind(self, kind: str) -> str | None:
        """The field that says what the other kind of application asks for."""
        foreign = [field for of, field in _PARTS.items() if of != kind and getattr(self, field) is not None]
        return foreign[0] if kind in _PARTS and foreign else None


class NewApplication(FormBody):
    """`POST /api/v1/applications`."""

    office_code: StrictStr = Field("", description="Required; the office applied for: its own or a granted sister.")
    kind: StrictStr = Field(ApplicationKind.MAILBOX_CHANGE.value, description="mailbox_change or password_reissue.")


class CorrectedApplication(FormBody):
    """`POST …/correction`: the whole form again; office and kind stay (E36)."""

    clarification_id: UUID = Field(description="The question that is answered.")


class WithdrawalBody(ApiBody):
    """`POST …/withdrawal`."""

    reason: StrictStr = Field("", description="Why, if the office wants to say so; up to 240 characters.")


_PLACES: Mapping[str, str] = {
    **dict.fromkeys(ContactBody.model_fields, "contact"),
    **dict.fromkeys(MailboxChangeBody.model_fields, "mailbox_change"),
    **dict.fromkeys(PasswordReissueBody.model_fields, "password_reissue"),
}


def path_of(field: str) -> str:
    """Where a field of the form stands in a body: `contact.phone`, `mailbox_change.abolish`, `reason`."""
    return f"{_PLACES[field]}.{field}" if field in _PLACES else field
