"""What time alone brings about: services start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from shared.contracts.event_data import MailboxRef
from shared.contracts.provisioning_events import ServiceStarted
from shared.kernel.identifiers import MailboxId, OfficeCode, ReceiptNumber


@dataclass(frozen=True, slots=True)
class DueStart:
    """An application whose start date has come."""

    receipt_number: ReceiptNumber
    office_code: OfficeCode
    start_date: date


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
