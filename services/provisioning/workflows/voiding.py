"""Voiding what was issued: its IDs are retired, its secrets erased, however late the word comes (E28)."""

from collections.abc import Sequence
from datetime import timedelta

from services.provisioning import store
from services.provisioning.domain.life import voided_data
from services.provisioning.domain.viewing_window import WindowChangeCause
from services.provisioning.workflows.issuing import IssuingTools
from services.provisioning.workflows.windows import erase_secrets
from shared.contracts.envelope import Event, new_event
from shared.contracts.review_events import ApplicationVoided
from shared.kernel.identifiers import OfficeCode
from shared.kernel.local_time import local_date
from shared.runtime.database import Connection
from shared.runtime.event_outbox import append_events


async def void_mailboxes(db: Connection, events: Sequence[Event[ApplicationVoided]], tools: IssuingTools) -> None:
    """Retire what the applications issued, and let live what they would have given up; one MailboxesVoided each.

    A mailbox that had started is deactivated, and its content kept for the configured grace; an abolition that has
    taken effect stays. An application that issued nothing, or was voided before, changes nothing and is not answered.
    Raises LedgerNotCurrent.
    """
    tools.watch.require_current()
    await store.lock_offices(db, sorted({OfficeCode(event.key) for event in events}))
    known = await store.lock_issued_applications(db, [event.data.receipt_number for event in events])
    due = {
        issued.receipt_number: (event, issued)
        for event in events
        if (issued := known.get(event.data.receipt_number)) is not None and not issued.voided
    }
    if not due:
        return
    now, receipts = tools.clock.now(), list(due)

    erasable_from = local_date(now) + timedelta(days=tools.content_grace_days)
    retired = await store.void_mailboxes(db, receipts, now, erasable_from)
    mailbox_ids = [mailbox.mailbox_id for mailboxes in retired.values() for mailbox in mailboxes]
    await store.cancel_abolitions(db, receipts, now)
    await store.close_mail_server_accounts(db, mailbox_ids)
    await store.delete_credentials(db, mailbox_ids)
    await store.mark_voided(db, receipts, now)
    await erase_secrets(db, mailbox_ids, WindowChangeCause.VOIDED, tools)
    await append_events(
        db,
        [
            new_event(
                voided_data(issued, retired.get(receipt, ())),
                event_id=tools.new_id(),
                key=issued.office_code,
                now=now,
                caused_by=event,
            )
            for receipt, (event, issued) in due.items()
        ],
    )
