"""Password windows after their opening: announced to end, ended, made longer, or over at once."""

from collections.abc import Iterable, Sequence
from datetime import date

from services.provisioning import store, vault
from services.provisioning.domain.passwords import SealedPassword
from services.provisioning.domain.viewing_window import (
    DueWindow,
    WindowChangeCause,
    WindowExtension,
    extension_by_calendar,
    window_closed,
    window_closing,
)
from services.provisioning.vault import KeyDestroyed, KeyStore
from services.provisioning.workflows.issuing import IssuingTools
from services.provisioning.workflows.timetable import Timetable
from shared.contracts.envelope import new_event
from shared.kernel.business_days import BusinessCalendar
from shared.kernel.identifiers import MailboxId, ReceiptNumber
from shared.kernel.local_time import local_date
from shared.runtime.database import Connection, transaction
from shared.runtime.event_outbox import append_events
from shared.runtime.logs import get_log


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
    """Destroy the secrets of every day that is over: its key first, then the ciphertexts (E25). Not undoable.

    The key goes before the commit: were the process to end in between, the next run finds the rows again, whereas a
    key left behind by a committed run would never be found.
    """
    now = timetable.clock.now()
    today = local_date(now)
    async with transaction(timetable.pool) as db:
        ended_days = await store.lock_ended_day_keys(db, today)
        windows = await store.claim_ended_windows(db, today, timetable.batch_size)
        if not (ended_days or windows):
            return 0
        for closing_day in ended_days:
            await timetable.key_store.destroy(closing_day)
        await store.mark_day_keys_destroyed(db, ended_days, now)
        await store.delete_ended_sealed_passwords(db, today)
        await _close(db, windows, timetable)
    return len(windows)


async def recount_windows(db: Connection, calendar: BusinessCalendar, tools: IssuingTools) -> None:
    """Count the windows that have not ended by a new calendar: some become longer, none shorter (E34).

    Raises KeyStoreUnavailable.
    """
    windows = await store.lock_open_windows(db, local_date(tools.clock.now()))
    extensions = [extension_by_calendar(calendar, window) for window in windows]
    await extend_windows(db, [each for each in extensions if each is not None], tools)


async def extend_windows(db: Connection, extensions: Sequence[WindowExtension], tools: IssuingTools) -> None:
    """Let open windows end later: their passwords are sealed for the new day, so that the old day's key can go.

    A window whose key is gone already stays as it is: its passwords cannot be brought back. Raises KeyStoreUnavailable.
    """
    if not extensions:
        return
    now = tools.clock.now()
    sealed = await store.lock_sealed_passwords(db, [each.receipt_number for each in extensions])
    moved, extended = await _move(tools.key_store, extensions, sealed)
    await store.insert_day_keys(db, sorted({each.new_until for each in extended}))
    await store.update_wrapped_keys(db, moved)
    await store.extend_windows(db, extended)
    await store.audit_extensions(db, extended, now)


async def erase_secrets(
    db: Connection, mailbox_ids: Sequence[MailboxId], cause: WindowChangeCause, tools: IssuingTools | Timetable
) -> None:
    """Erase what can be read of the mailboxes' passwords; an application left without any has its window closed."""
    emptied = await store.delete_sealed_passwords(db, mailbox_ids)
    await close_emptied_windows(db, emptied, cause, tools)


async def close_emptied_windows(
    db: Connection,
    receipt_numbers: Sequence[ReceiptNumber],
    cause: WindowChangeCause,
    tools: IssuingTools | Timetable,
) -> None:
    """Close, of these applications' windows, those in which no password is left to be read."""
    windows = await store.lock_windows_without_secrets(db, receipt_numbers)
    if not windows:
        return
    await store.audit_early_ends(db, windows, cause, tools.clock.now())
    await _close(db, windows, tools)


async def _close(db: Connection, windows: Sequence[DueWindow], tools: IssuingTools | Timetable) -> None:
    now = tools.clock.now()
    await store.mark_windows_closed(db, [window.receipt_number for window in windows], now)
    await append_events(
        db,
        [
            new_event(window_closed(window, now), event_id=tools.new_id(), key=window.office_code, now=now)
            for window in windows
        ],
    )


async def _move(
    key_store: KeyStore,
    extensions: Sequence[WindowExtension],
    sealed: dict[ReceiptNumber, list[SealedPassword]],
) -> tuple[list[SealedPassword], list[WindowExtension]]:
    """The seals for their new days, and the extensions that could be carried out."""
    moved: list[SealedPassword] = []
    extended: list[WindowExtension] = []
    for (old_until, new_until), of_days in _by_days(extensions).items():
        seals = [seal for each in of_days for seal in sealed.get(each.receipt_number, ())]
        try:
            moved += await vault.move_to_day(key_store, seals, new_until)
        except KeyDestroyed:
            get_log().error("windows not extended: their key is gone", closing_day=str(old_until), windows=len(of_days))
            continue
        extended += of_days
    return moved, extended


def _by_days(extensions: Iterable[WindowExtension]) -> dict[tuple[date, date], list[WindowExtension]]:
    by_days: dict[tuple[date, date], list[WindowExtension]] = {}
    for each in extensions:
        by_days.setdefault((each.old_until, each.new_until), []).append(each)
    return by_days
