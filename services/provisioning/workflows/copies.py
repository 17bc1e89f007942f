"""Keeping what other services own: each office's contract with its opening mailboxes, and the calendar."""

from collections.abc import Sequence

from services.provisioning import store
from services.provisioning.domain.office import newest_contracts, office_of_contract, opening_entries
from shared.contracts.envelope import Event
from shared.contracts.intake_events import ContractPublished
from shared.contracts.review_events import SchedulePublished
from shared.runtime.database import Connection


async def register_contracts(db: Connection, events: Sequence[Event[ContractPublished]]) -> None:
    """Know the offices by their newest contract, and open the ledger with the mailboxes they already had.

    An older version changes no field; no counter falls; a ledger row that exists stays as it is.
    """
    contracts = newest_contracts([event.data for event in events])
    entries = [entry for contract in contracts for entry in opening_entries(contract)]
    await store.upsert_offices(db, [office_of_contract(contract) for contract in contracts])
    await store.insert_opening_mailboxes(db, entries)


async def adopt_calendar(db: Connection, events: Sequence[Event[SchedulePublished]]) -> None:
    """Count business days by the newest schedule's calendar; an older schedule changes nothing."""
    newest = max((event.data for event in events), key=lambda schedule: schedule.schedule_version)
    await store.upsert_calendar(db, newest)
