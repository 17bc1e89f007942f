"""The ID notice page: opened by a one-time ticket, masked, revealed on demand, every look audited (B34-B37)."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.provisioning import store, vault
from services.provisioning.domain.notice import (
    Notice,
    NoticeAction,
    NoticeView,
    PasswordDisplay,
    ShownNotice,
    Visitor,
    reveal,
    show_masked,
    show_window_over,
)
from services.provisioning.domain.ticket import NoticeFault
from services.provisioning.vault import KeyDestroyed, KeyStore
from shared.contracts.envelope import new_event
from shared.contracts.provisioning_events import NoticeViewed
from shared.kernel.identifiers import MailboxId, ReceiptNumber
from shared.runtime import metrics
from shared.runtime.clock import Clock
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.event_outbox import append_events
from shared.runtime.ids import NewId
from shared.runtime.logs import get_log
from shared.runtime.notice_tickets import NoticeTicket

SERVICE = "provisioning"
PAST_VIEWS_SHOWN = 5
BUSY_VIEWS, BUSY_WITHIN = 10, timedelta(hours=1)
"""An office that looks that often within that time is worth an alert."""


@dataclass(frozen=True, slots=True)
class NoticeDesk:
    """What the page needs."""

    pool: Pool
    clock: Clock
    new_id: NewId
    key_store: KeyStore


async def accept_ticket(desk: NoticeDesk, ticket: NoticeTicket) -> NoticeFault | None:
    """Use the ticket up, whatever follows; None when its application has an ID notice and is its office's own."""
    claims = ticket.claims
    async with transaction(desk.pool) as db:
        if not await store.insert_burned_ticket(db, claims.jti, ticket.expires_at):
            return NoticeFault.TICKET_USED_BEFORE
        office = await store.find_office_of_issue(db, claims.receipt_number)
    if office is None:
        return NoticeFault.NOT_FOUND
    return None if office == claims.office_code else NoticeFault.FOREIGN_OFFICE


async def view_id_notice(desk: NoticeDesk, receipt_number: ReceiptNumber, visitor: Visitor) -> ShownNotice | None:
    """The masked notice, audited; None where no password was issued. The window is checked by the clock, here."""
    now = desk.clock.now()
    async with transaction(desk.pool) as db:
        notice = await _find_notice(db, receipt_number, visitor)
        if notice is None:
            return None
        shown = show_masked(notice, await store.find_calendar(db), now)
        await _audit(desk, db, shown, visitor, NoticeAction.OPENED)
        if shown.is_open:
            await _tell_viewed(desk, db, notice, now)
    metrics.ID_NOTICE_VIEWS.labels(SERVICE, NoticeAction.OPENED.value).inc()
    return shown


async def reveal_id_notice(
    desk: NoticeDesk, receipt_number: ReceiptNumber, visitor: Visitor, chosen: Collection[MailboxId]
) -> ShownNotice | None:
    """The notice with the chosen passwords in clear, audited; without any once the window is over, even if rows remain.

    IDs that the notice does not name choose nothing. Raises KeyStoreUnavailable: nothing is audited as revealed then.
    """
    now = desk.clock.now()
    async with transaction(desk.pool) as db:
        notice = await _find_notice(db, receipt_number, visitor)
        if notice is None:
            return None
        shown = show_masked(notice, await store.find_calendar(db), now)
        if shown.is_open:
            shown = await _open(desk, db, shown, chosen)
        await _audit(desk, db, shown, visitor, NoticeAction.REVEALED)
    metrics.ID_NOTICE_VIEWS.labels(SERVICE, NoticeAction.REVEALED.value).inc()
    return shown


async def forget_expired_tickets(desk: NoticeDesk, batch_size: int = 500) -> int:
    """Forget used tickets whose time is over; returns how many."""
    async with transaction(desk.pool) as db:
        return await store.delete_expired_tickets(db, desk.clock.now(), batch_size)


async def watch_notice_views(desk: NoticeDesk) -> int:
    """Show how many offices look unusually often, and name them in the log; and how many notices nobody read.

    Returns 0.
    """
    async with transaction(desk.pool) as db:
        busy = await store.find_busy_offices(db, desk.clock.now() - BUSY_WITHIN, BUSY_VIEWS)
        unread = await store.count_unread_closing(db)
    metrics.ID_NOTICE_BUSY_OFFICES.labels(SERVICE).set(len(busy))
    metrics.ID_NOTICES_UNREAD_CLOSING.labels(SERVICE).set(unread)
    if busy:
        get_log().warning("id notices are looked at unusually often", offices=busy, at_least=BUSY_VIEWS)
    return 0


async def _find_notice(db: Connection, receipt_number: ReceiptNumber, visitor: Visitor) -> Notice | None:
    await store.act_for_office(db, visitor.office_code)
    notice = await store.find_notice(db, receipt_number)
    if notice is None:
        return None
    mailboxes = await store.find_notice_mailboxes(db, receipt_number)
    past_views = await store.find_past_views(db, receipt_number, PAST_VIEWS_SHOWN)
    return replace(notice, mailboxes=mailboxes, past_views=past_views)


async def _open(desk: NoticeDesk, db: Connection, shown: ShownNotice, chosen: Collection[MailboxId]) -> ShownNotice:
    sealed = await store.find_sealed_passwords(db, shown.notice.receipt_number)
    try:
        passwords = await vault.open_passwords(desk.key_store, [each for each in sealed if each.mailbox_id in chosen])
    except KeyDestroyed:
        # A worker whose clock is a moment ahead has closed the window between the check and here.
        return show_window_over(shown)
    return reveal(shown, passwords)


async def _audit(desk: NoticeDesk, db: Connection, shown: ShownNotice, visitor: Visitor, action: NoticeAction) -> None:
    view = NoticeView(
        view_id=desk.new_id(),
        receipt_number=shown.notice.receipt_number,
        acting_office=visitor.acting_office,
        action=action,
        window_open=shown.is_open,
        revealed=shown.ids(PasswordDisplay.REVEALED),
        viewed_at=desk.clock.now(),
    )
    await store.insert_notice_view(db, view)


async def _tell_viewed(desk: NoticeDesk, db: Connection, notice: Notice, now: datetime) -> None:
    first_time = await store.mark_first_viewed(db, notice.receipt_number, now)
    viewed = NoticeViewed(receipt_number=notice.receipt_number, viewed_at=now, first_time=first_time)
    await append_events(db, [new_event(viewed, event_id=desk.new_id(), key=notice.office_code, now=now)])
