"""What time alone brings about: service starts, windows are announced to end, and end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from shared.contracts.event_data import MailboxRef
from shared.contracts.provisioning_events import ServiceStarted, WindowClosed, WindowClosing
from shared.kernel.identifiers import MailboxId, OfficeCode, ReceiptNumber


@dataclass(frozen=True, slots=True)
class DueStart:
    """An application whose start date has come."""

    receipt_number: ReceiptNumber
    office_code: OfficeCode
    start_date: date


@dataclass(frozen=True, slots=True)
class DueWindow:
    """A password window that is about to end, or has ended."""

    receipt_number: ReceiptNumber
    office_code: OfficeCode
    viewable_until: date
    ever_viewed: bool


def service_started(
    start: DueStart,
    activated: Mapping[ReceiptNumber, Sequence[MailboxRef]],
    abolished: Mapping[ReceiptNumber, Sequence[MailboxId]],
) -> ServiceStarted:
    """The event's data for one application; `started_on` is the date it was planned for, however late the job runs."""
    return ServiceStarted(
        receipt_number=start.receipt_number,
        office_code=start.office_code,
        started_on=start.start_date,
        activated=list(activated.get(start.receipt_number, ())),
        abolished=list(abolished.get(start.receipt_number, ())),
    )


def window_closing(window: DueWindow) -> WindowClosing:
    """The event's data one business day before the window ends."""
    return WindowClosing(
        receipt_number=window.receipt_number,
        viewable_until=window.viewable_until,
        ever_viewed=window.ever_viewed,
    )


def window_closed(window: DueWindow, now: datetime) -> WindowClosed:
    """The event's data once the secrets are destroyed."""
    return WindowClosed(receipt_number=window.receipt_number, closed_at=now, ever_viewed=window.ever_viewed)
