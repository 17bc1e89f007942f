"""What happens by the clock: service starts, the end of a password window is announced, and comes."""

from dataclasses import dataclass

from services.provisioning import store
from services.provisioning.domain.timetable import service_started, window_closed, window_closing
from services.provisioning.vault import KeyStore
from shared.contracts.envelope import new_event
from shared.kernel.local_time import local_date
from shared.runtime.clock import Clock
from shared.runtime.database import Pool, transaction
from shared.runtime.event_outbox import append_events
from shared.runtime.ids import NewId


@dataclass(frozen=True, slots=True)
class Timetable:
    """What the scheduled workflows need. One call handles at most `batch_size` applications."""

    pool: Pool
    clock: Clock
    new_id: NewId
    key_store: KeyStore
    batch_size: int = 200


async def start_services(timetable: Timetable) -> int:
    """Let due applications take effect: additions active, abolitions closed (E13), one ServiceStarted each."""
    now = timetable.clock.now()
    async with transaction(timetable.pool) as db:
        due = await store.claim_due_starts(db, local_date(now), timetable.batch_size)
        if not due:
            return 0
        receipts = [start.receipt_number for start in due]
        activated = await store.activate_mailboxes(db, receipts)
        abolished = await store.abolish_mailboxes(db, receipts)
        await store.open_mail_server_accounts(
            db, [mailbox.mailbox_id for mailboxes in activated.values() for mailbox in mailboxes]
        )
        await store.close_mail_server_accounts(db, [mailbox for ids in abolished.values() for mailbox in ids])
        await store.mark_started(db, receipts, now)
        await append_events(
            db,
            [
                new_event(
                    service_started(start, activated, abolished),
                    event_id=timetable.new_id(),
                    key=start.office_code,
                    now=now,
                )
                for start in due
            ],
        )
    return len(due)


async def announce_closing_windows(timetable: Timetable) -> int:
    """One business day before a window ends, say so and whether anybody has looked (M8)."""
    now = timetable.clock.now()
    async with transaction(timetable.pool) as db:
        windows = await store.claim_ending_windows(db, local_date(now), timetable.batch_size)
        if not windows:
            return 0
        await store.mark_closing_announced(db, [window.receipt_number for window in windows], now)
        await append_events(
            db,
            [
                new_event(window_closing(window), event_id=timetable.new_id(), key=window.office_code, now=now)
                for window in windows
            ],
        )
    return len(windows)


async def close_windows(timetable: Timetable) -> int:
    """Destroy the secrets of windows that are over: the day's key first, then the ciphertexts (E25). Not undoable.

    The key goes before the commit: were the process to end in between, the next run finds the rows again, whereas a
    key left behind by a committed run would never be found.
    """
    now = timetable.clock.now()
    async with transaction(timetable.pool) as db:
        windows = await store.claim_ended_windows(db, local_date(now), timetable.batch_size)
        if not windows:
            return 0
        for closing_day in sorted({window.viewable_until for window in windows}):
            await timetable.key_store.destroy(closing_day)
        receipts = [window.receipt_number for window in windows]
        await store.delete_sealed_passwords(db, receipts)
        await store.mark_windows_closed(db, receipts, now)
        await append_events(
            db,
            [
                new_event(window_closed(window, now), event_id=timetable.new_id(), key=window.office_code, now=now)
                for window in windows
            ],
        )
    return len(windows)
