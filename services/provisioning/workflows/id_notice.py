"""The ID notice page: opened by a one-time ticket, masked, revealed on demand, every look audited (B34-B37)."""

from dataclasses import dataclass, replace

from services.provisioning import store, vault
from services.provisioning.domain.notice import (
    Notice,
    NoticeAction,
    PasswordDisplay,
    ShownNotice,
    reveal,
    show_masked,
    show_window_over,
)
from services.provisioning.domain.ticket import TicketFault
from services.provisioning.vault import KeyDestroyed, KeyStore
from shared.contracts.envelope import new_event
from shared.contracts.provisioning_events import NoticeViewed
from shared.kernel.identifiers import OfficeCode, ReceiptNumber
from shared.runtime.clock import Clock
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.event_outbox import append_events
from shared.runtime.ids import NewId
from shared.runtime.notice_tickets import NoticeTicket


@dataclass(frozen=True, slots=True)
class NoticeDesk:
    """What the page needs."""

    pool: Pool
    clock: Clock
    new_id: NewId
    key_store: KeyStore


async def accept_ticket(desk: NoticeDesk, ticket: NoticeTicket) -> TicketFault | None:
    """Use the ticket up, whatever follows; None when its application has an ID notice and is its office's own."""
    claims = ticket.claims
    async with transaction(desk.pool) as db:
        if not await store.insert_burned_ticket(db, claims.jti, ticket.expires_at):
            return TicketFault.USED_BEFORE
        office = await store.find_office_of_issue(db, claims.receipt_number)
    return None if office == claims.office_code else TicketFault.NOT_FOUND


async def view_id_notice(
    desk: NoticeDesk, receipt_number: ReceiptNumber, acting_office: OfficeCode
) -> ShownNotice | None:
    """The masked notice, audited; None where no password was issued. The window is checked by the clock, here."""
    now = desk.clock.now()
    async with transaction(desk.pool) as db:
        notice = await _find_notice(db, receipt_number)
        if notice is None:
            return None
        shown = show_masked(notice, await store.find_calendar(db), now)
        await _audit(desk, db, shown, acting_office, NoticeAction.OPENED)
        if shown.display is PasswordDisplay.MASKED:
            await _tell_viewed(desk, db, notice)
        return shown


async def reveal_id_notice(
    desk: NoticeDesk, receipt_number: ReceiptNumber, acting_office: OfficeCode
) -> ShownNotice | None:
    """The notice with every password in clear, audited; without them once the window is over, even if rows remain.

    Raises KeyStoreUnavailable. Nothing is audited as revealed unless it was.
    """
    now = desk.clock.now()
    async with transaction(desk.pool) as db:
        notice = await _find_notice(db, receipt_number)
        if notice is None:
            return None
        shown = show_masked(notice, await store.find_calendar(db), now)
        if shown.display is PasswordDisplay.MASKED:
            shown = await _open(desk, db, shown)
        await _audit(desk, db, shown, acting_office, NoticeAction.REVEALED)
        return shown


async def forget_expired_tickets(desk: NoticeDesk, batch_size: int = 500) -> int:
    """Forget used tickets whose time is over; returns how many."""
    async with transaction(desk.pool) as db:
        return await store.delete_expired_tickets(db, desk.clock.now(), batch_size)


async def _find_notice(db: Connection, receipt_number: ReceiptNumber) -> Notice | None:
    notice = await store.find_notice(db, receipt_number)
    if notice is None:
        return None
    return replace(notice, mailboxes=await store.find_notice_mailboxes(db, receipt_number))


async def _open(desk: NoticeDesk, db: Connection, shown: ShownNotice) -> ShownNotice:
    sealed = await store.find_sealed_passwords(db, shown.notice.receipt_number)
    try:
        passwords = await vault.open_passwords(desk.key_store, sealed)
    except KeyDestroyed:
        # A worker whose clock is a moment ahead has closed the window between the check and here.
        return show_window_over(shown)
    return reveal(shown, passwords)


async def _audit(
    desk: NoticeDesk, db: Connection, shown: ShownNotice, acting_office: OfficeCode, action: NoticeAction
) -> None:
    window_open = shown.display is not PasswordDisplay.WINDOW_OVER
    await store.insert_notice_view(
        db, desk.new_id(), shown.notice, acting_office, action, window_open, desk.clock.now()
    )


async def _tell_viewed(desk: NoticeDesk, db: Connection, notice: Notice) -> None:
    now = desk.clock.now()
    first_time = await store.mark_first_viewed(db, notice.receipt_number, now)
    viewed = NoticeViewed(receipt_number=notice.receipt_number, viewed_at=now, first_time=first_time)
    await append_events(db, [new_event(viewed, event_id=desk.new_id(), key=notice.office_code, now=now)])
