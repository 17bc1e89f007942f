"""Keeping what the notifier tells about an application's mails."""

from collections.abc import Sequence

from services.review import store
from services.review.domain.timeline import MailEvent, mail_entry
from shared.contracts.envelope import Event
from shared.runtime.database import Connection


async def record_mails(db: Connection, events: Sequence[Event[MailEvent]]) -> None:
    """Add a line per event; the application itself need not be known yet."""
    await store.insert_timeline_entries(db, [mail_entry(event.id, event.time, event.data) for event in events])
