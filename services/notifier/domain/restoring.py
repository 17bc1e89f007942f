"""What notifier's own events say of a mail whose fate was lost with the database."""

from dataclasses import dataclass
from uuid import UUID

from shared.contracts.envelope import Event
from shared.contracts.notifier_events import MailFailed, MailSent, RecipientRole


class NoSuchMail(LookupError):
    """No mail was queued for the event that this one tells about."""


@dataclass(frozen=True, slots=True)
class FateTold:
    """The end of a mail, known by the event it is about and by its recipient."""

    receipt_number: str
    event_id: UUID | None
    role: RecipientRole
    state: str
    failure: str | None
    attempts: int
    ambiguous: bool


def fate_told(event: Event[MailSent | MailFailed]) -> FateTold:
    """As the event says."""
    told, about = event.data, (event.data.receipt_number, event.causation_id, event.data.role)
    if isinstance(told, MailSent):
        return FateTold(*about, "sent", None, told.attempts, told.ambiguous)
    return FateTold(*about, "failed", told.failure_class.value, 1, ambiguous=False)
