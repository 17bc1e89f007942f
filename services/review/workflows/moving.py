"""Writing moves: the application, its line of the timeline, the audit, and what is told, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.review import store
from services.review.domain.audit import AuditAction, AuditEntry
from services.review.domain.review import Decider, Moved
from services.review.domain.timeline import TimelineEntry, TimelineStep
from shared.contracts.envelope import Event, new_event
from shared.contracts.event_data import EventData
from shared.runtime.database import Connection
from shared.runtime.event_outbox import append_events
from shared.runtime.ids import NewId


@dataclass(frozen=True, slots=True)
class Step:
    """One move as it is to be written. `decider` is who is behind it; an event that caused it lends it its time."""

    move: Moved
    step: TimelineStep
    decider: Decider | None = None
    details: Mapping[str, str | None] = field(default_factory=dict)
    caused_by: Event[EventData] | None = None


async def write_steps(db: Connection, steps: Sequence[Step], now: datetime, new_id: NewId) -> list[TimelineEntry]:
    """Write at least one step; the caller holds the rows' locks. Gives the timeline's lines, in the order of `steps`.

    A line has the id of the event that caused it, else of the event that tells it.
    """
    told = [_told(step, now, new_id) for step in steps]
    await store.update_reviews(db, [step.move.review for step in steps])
    entries = [_entry(step, event, now, new_id) for step, event in zip(steps, told, strict=True)]
    await store.insert_timeline_entries(db, entries)
    await _audit(db, steps, now, new_id)
    await append_events(db, [event for event in told if event])
    return entries


def _told(step: Step, now: datetime, new_id: NewId) -> Event[EventData] | None:
    announces = step.move.announces
    if announces is None:
        return None
    key = step.move.review.office_code
    return new_event(announces, event_id=new_id(), key=key, now=now, caused_by=step.caused_by)


def _entry(step: Step, told: Event[EventData] | None, now: datetime, new_id: NewId) -> TimelineEntry:
    source = step.caused_by or told
    return TimelineEntry(
        event_id=source.id if source else new_id(),
        receipt_number=step.move.review.receipt_number,
        occurred_at=step.caused_by.time if step.caused_by else now,
        step=step.step,
        actor=step.decider.name if step.decider else None,
        details={name: text for name, text in step.details.items() if text},
    )


async def _audit(db: Connection, steps: Sequence[Step], now: datetime, new_id: NewId) -> None:
    """Every decision of a person; the policy and other services have no login."""
    logins = [(step, step.decider.login) for step in steps if step.decider]
    entries = [_audit_entry(step, login, now, new_id) for step, login in logins if login]
    if entries:
        await store.insert_audit_entries(db, entries)


def _audit_entry(step: Step, login: str, now: datetime, new_id: NewId) -> AuditEntry:
    review = step.move.review
    details = {"step": step.step.value, "revision": str(review.revision)}
    return AuditEntry(new_id(), now, login, AuditAction.DECIDED, review.receipt_number, details)
