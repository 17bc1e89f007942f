"""Keeping what others tell about an application and nothing here depends on: mails, the ID notice and its window."""

from collections.abc import Sequence

from services.review import store
from services.review.domain.timeline import MailEvent, WindowEvent, mail_entry, window_entry
from shared.contracts.envelope import Event
from shared.runtime.database import Connection


async def record_mails(db: Connection, events: Sequence[Event[MailEvent]]) -> None:
    """Add a line per event; the application itself need not be known yet."""
    await store.insert_timeline_entries(db, [mail_entry(event.id, event.time, event.data) for event in events])


async def record_window_events(db: Connection, events: Sequence[Event[WindowEvent]]) -> None:
    """Add a line per event; the application itself need not be known yet."""
    await store.insert_timeline_entries(db, [window_entry(event.id, event.time, event.data) for event in events])
