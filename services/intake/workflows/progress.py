"""The beats that all workflows share which follow an application's course: lock, move, write, note."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TypeVar

from services.intake import store
from services.intake.domain.application import Application
from services.intake.domain.news import NewsItem, NewsKind, news_of
from services.intake.domain.timeline import Actor, TimelineEntry, TimelineKind
from services.intake.workflows.refusals import UnknownApplication
from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.kernel.identifiers import ReceiptNumber
from shared.runtime.database import Connection

DataT = TypeVar("DataT", bound=EventData)
Move = Callable[[Application, DataT], Application]


async def move(db: Connection, events: Sequence[Event[DataT]], by: Move[DataT]) -> dict[ReceiptNumber, Application]:
    """Lock the applications, let each event move its own, write those that changed; the applications afterwards."""
    before = await lock_known(db, [number_of(event) for event in events])
    after = dict(before)
    for event in events:
        after[number_of(event)] = by(after[number_of(event)], event.data)
    await store.update_applications(db, [each for number, each in after.items() if each != before[number]])
    return after


async def lock_known(db: Connection, numbers: Sequence[ReceiptNumber]) -> dict[ReceiptNumber, Application]:
    """The applications, locked in one order. Raises UnknownApplication."""
    applications = await store.lock_applications(db, numbers)
    for number in numbers:
        if number not in applications:
            raise UnknownApplication(number)
    return applications


def number_of(event: Event[EventData]) -> ReceiptNumber:
    """The application an event is about."""
    return ReceiptNumber(event.subject)


def entry_of(
    event: Event[EventData],
    kind: TimelineKind,
    actor: Actor,
    occurred_at: datetime,
    *,
    next_on: date | None = None,
    note: str | None = None,
) -> TimelineEntry:
    """The timeline's line about an event."""
    return TimelineEntry(number_of(event), event.id, kind, actor, occurred_at, next_on=next_on, note=note)


async def tell(db: Connection, application: Application, entry: TimelineEntry, news: NewsKind) -> None:
    """One line in the timeline and one news item for the offices."""
    await store.insert_timeline_entries(db, [entry])
    await store.insert_news(db, news_of(application, news, entry.event_id, entry.occurred_at))


def news_about(
    events: Sequence[Event[DataT]],
    applications: dict[ReceiptNumber, Application],
    kind: NewsKind,
    occurred_at: Callable[[Event[DataT]], datetime],
) -> list[NewsItem]:
    """The news of each event for the offices of its application."""
    return [
        item for event in events for item in news_of(applications[number_of(event)], kind, event.id, occurred_at(event))
    ]
