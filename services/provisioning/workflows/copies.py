"""Keeping what other services own: each office's contract with its opening mailboxes, and the calendar."""

from collections.abc import Sequence
from datetime import datetime

from services.provisioning import store
from services.provisioning.domain.office import newest_contracts, office_of_contract, opening_entries
from services.provisioning.workflows.issuing import IssuingTools
from services.provisioning.workflows.windows import recount_windows
from shared.contracts.envelope import Event
from shared.contracts.intake_events import ContractPublished
from shared.contracts.review_events import SchedulePublished
from shared.runtime.database import Connection


async def register_contracts(db: Connection, events: Sequence[Event[ContractPublished]], now: datetime) -> None:
    """Know the offices by their newest contract, and open the ledger with the mailboxes they already had.

    An older version changes nothing; no counter falls; a ledger row that exists stays as it is. A serial below an
    opening mailbox that nobody has told of gets a row that says so.
    """
    contracts = newest_contracts([event.data for event in events])
    entries = {contract.office_code: opening_entries(contract, now) for contract in contracts}
    adopted = sorted(await store.upsert_offices(db, [office_of_contract(contract) for contract in contracts]))
    await store.insert_opening_mailboxes(db, [entry for code in adopted for entry in entries[code]])
    await store.insert_opening_gaps(db, adopted, now)


async def adopt_calendar(db: Connection, events: Sequence[Event[SchedulePublished]], tools: IssuingTools) -> None:
    """Count business days by the newest schedule's calendar, open password windows included (E34).

    An older schedule changes nothing. Raises KeyStoreUnavailable.
    """
    known = await store.find_calendar(db)
    newest = max((event.data for event in events), key=lambda schedule: schedule.schedule_version)
    await store.upsert_calendar(db, newest)
    adopted = await store.find_calendar(db)
    if adopted is not None and adopted != known:
        await recount_windows(db, adopted, tools)
