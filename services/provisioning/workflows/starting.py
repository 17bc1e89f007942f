"""Start dates that come: additions become active, abolitions take effect (E13)."""

from collections.abc import Sequence

from services.provisioning import store
from services.provisioning.domain.timetable import service_started
from services.provisioning.domain.viewing_window import WindowChangeCause
from services.provisioning.workflows.timetable import Timetable
from services.provisioning.workflows.windows import erase_secrets
from shared.contracts.envelope import new_event
from shared.kernel.identifiers import MailboxId
from shared.kernel.local_time import local_date
from shared.runtime.database import Connection, transaction
from shared.runtime.event_outbox import append_events


async def start_services(timetable: Timetable) -> int:
    """Let due applications take effect: additions active, abolitions closed (E13), one ServiceStarted each."""
    now = timetable.clock.now()
    async with transaction(timetable.pool) as db:
        due = await store.claim_due_starts(db, local_date(now), timetable.batch_size)
        if not due:
            return 0
        receipts = [start.receipt_number for start in due]
        activated = await store.activate_mailboxes(db, receipts, now)
        abolished = await store.abolish_mailboxes(db, receipts, now, timetable.content_grace_days)
        await store.open_mail_server_accounts(
            db, [mailbox.mailbox_id for mailboxes in activated.values() for mailbox in mailboxes]
        )
        await _forget_passwords(db, [mailbox for ids in abolished.values() for mailbox in ids], timetable)
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


async def _forget_passwords(db: Connection, abolished: Sequence[MailboxId], timetable: Timetable) -> None:
    """The mail server refuses them from now on; what a reissue made readable shortly before is erased."""
    if not abolished:
        return
    await store.close_mail_server_accounts(db, abolished)
    await store.delete_credentials(db, abolished)
    await erase_secrets(db, abolished, WindowChangeCause.ABOLISHED, timetable)
