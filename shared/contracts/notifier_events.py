"""Events of notifier: what became of each mail. No address and no text stands in them."""

from typing import Annotated

from shared.contracts.event_data import EventData, Instant, OpenEnum, ReceiptNumber, public
from shared.contracts.topics import MAIL


class Mail(OpenEnum):
    """The twelve mails of the catalogue."""

    M1 = "M1"
    M2 = "M2"
    M3 = "M3"
    M4 = "M4"
    M5 = "M5"
    M6 = "M6"
    M7 = "M7"
    M8 = "M8"
    M9 = "M9"
    M10 = "M10"
    M11 = "M11"
    M12 = "M12"


class RecipientRole(OpenEnum):
    """To whom a mail goes; one mail if both have the same address (E32)."""

    CONTACT = "contact"
    ADMINISTRATOR = "administrator"


class MailFailure(OpenEnum):
    """Why a mail was given up."""

    REFUSED = "refused"
    GAVE_UP = "gave_up"
    BOUNCED = "bounced"
    INVALID_ADDRESS = "invalid_address"


class _MailEvent(EventData):
    topic = MAIL

    receipt_number: Annotated[ReceiptNumber, public("Receipt number of the application.")]
    mail: Annotated[Mail, public("Which mail of the catalogue.")]
    role: Annotated[RecipientRole, public("Role of the recipient.")]


class MailSent(_MailEvent):
    """A mail server has accepted the mail."""

    ce_type = "nss.mail.sent.v1"

    template_version: Annotated[int, public("Version of the template.")]
    message_id: Annotated[str, public("Message-ID header; the same in every attempt.")]
    attempts: Annotated[int, public("Attempts made, this one included.")]
    sent_at: Annotated[Instant, public("Instant of acceptance.")]
    ambiguous: Annotated[bool, public("A reply was lost once: the mail may have arrived twice.")] = False


class MailDeferred(_MailEvent):
    """A mail server refused for now; another attempt follows."""

    ce_type = "nss.mail.deferred.v1"

    reply_code: Annotated[int | None, public("SMTP reply code, where there was a reply.")] = None
    next_attempt_at: Annotated[Instant, public("Instant of the next attempt.")]


class MailFailed(_MailEvent):
    """The mail was given up."""

    ce_type = "nss.mail.failed.v1"

    failure_class: Annotated[MailFailure, public("Why it was given up.")]
    reply_code: Annotated[int | None, public("SMTP reply code, where there was a reply.")] = None
    failed_at: Annotated[Instant, public("Instant of giving up.")]
