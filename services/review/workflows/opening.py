"""Keeping contracts, and taking applications over from intake."""

from collections.abc import Sequence
from datetime import datetime

from services.review import store
from services.review.domain.contract import contract_of
from services.review.domain.review import contact_of, knows_contract_of, open_review
from services.review.domain.revisions import revision_of
from services.review.domain.timeline import TimelineEntry, TimelineStep
from shared.contracts.envelope import Event, new_event
from shared.contracts.intake_events import ApplicationReceived, ContractPublished
from shared.runtime.database import Connection
from shared.runtime.event_outbox import append_events
from shared.runtime.event_router import Waiting
from shared.runtime.ids import NewId


async def record_contracts(db: Connection, events: Sequence[Event[ContractPublished]]) -> None:
    """Keep the newest contract of each office; an older version is ignored."""
    contracts = [contract_of(event.data) for event in events]
    newest = {contract.office_code: contract for contract in sorted(contracts, key=lambda each: each.contract_version)}
    await store.upsert_contracts(db, list(newest.values()))


async def open_reviews(
    db: Connection, events: Sequence[Event[ApplicationReceived]], now: datetime, new_id: NewId
) -> list[Waiting]:
    """Put the applications under review; one made on a contract not known yet waits for its office's contract."""
    contracts = await store.find_contracts(db, {event.data.office_code for event in events})
    ready = [event for event in events if knows_contract_of(contracts.get(event.data.office_code), event.data)]
    moves = [open_review(event.data, now) for event in ready]
    told = [
        new_event(move.announces, event_id=new_id(), key=event.key, now=now, caused_by=event)
        for move, event in zip(moves, ready, strict=True)
        if move.announces
    ]
    if moves:
        await store.insert_reviews(db, [move.review for move in moves])
        await store.insert_revisions(db, [revision_of(move.review, now) for move in moves])
        await store.insert_contacts(db, [contact_of(event.data) for event in ready])
        await store.insert_timeline_entries(
            db,
            [
                TimelineEntry(event.id, move.review.receipt_number, now, TimelineStep.OPENED)
                for move, event in zip(moves, told, strict=True)
            ],
        )
        await append_events(db, told)
    opened = {event.id for event in ready}
    return [Waiting(event, event.data.office_code) for event in events if event.id not in opened]
