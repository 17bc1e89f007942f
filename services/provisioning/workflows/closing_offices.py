"""Offices that end: on the closing day everything they have is retired (E33)."""

from services.provisioning import store
from services.provisioning.domain.life import office_closed_data
from services.provisioning.domain.viewing_window import WindowChangeCause
from services.provisioning.workflows.timetable import Timetable
from services.provisioning.workflows.windows import erase_secrets
from shared.contracts.envelope import new_event
from shared.kernel.local_time import local_date
from shared.runtime.database import transaction
from shared.runtime.event_outbox import append_events


async def close_offices(timetable: Timetable) -> int:
    """Retire every mailbox of the offices whose closing day has come, one OfficeClosed each.

    Active mailboxes are abolished, those that have not started are void; the secrets of both are erased.
    """
    now = timetable.clock.now()
    async with transaction(timetable.pool) as db:
        due = await store.claim_due_closures(db, local_date(now), timetable.batch_size)
        if not due:
            return 0
        ended = await store.end_mailboxes_of_offices(db, due, now, timetable.content_grace_days)
        mailbox_ids = [mailbox for mailboxes in ended.values() for mailbox in mailboxes]
        await store.close_mail_server_accounts(db, mailbox_ids)
        await store.delete_credentials(db, mailbox_ids)
        await store.mark_cut_off(db, [closure.office_code for closure in due], now)
        await store.mark_closings_done(db, due)
        await erase_secrets(db, mailbox_ids, WindowChangeCause.OFFICE_CLOSED, timetable)
        await append_events(
            db,
            [
                new_event(
                    office_closed_data(closure, ended.get(closure.office_code, ())),
                    event_id=timetable.new_id(),
                    key=closure.office_code,
                    now=now,
                )
                for closure in due
            ],
        )
    return len(due)
