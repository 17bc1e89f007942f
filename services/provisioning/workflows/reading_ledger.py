"""Looking into the ledger: an office's IDs from the first to the last, and whose content may be erased."""

from datetime import date

from services.provisioning import store
from services.provisioning.domain.ledger import LedgerPage
from services.provisioning.domain.mailbox_ids import remaining_serials
from shared.kernel.identifiers import MailboxId, OfficeCode, serial_of_mailbox
from shared.kernel.local_time import local_date
from shared.runtime.clock import Clock
from shared.runtime.database import Pool

ROWS_PER_PAGE = 50
ERASABLE_PER_PAGE = 1000


async def read_ledger(
    pool: Pool, office_code: OfficeCode, after_serial: int = 0, rows_per_page: int = ROWS_PER_PAGE
) -> LedgerPage | None:
    """The office's rows behind a serial; None for an office that is not known."""
    async with pool.acquire() as db, db.transaction(isolation="repeatable_read", readonly=True):
        highest = await store.find_highest_serial(db, office_code)
        if highest is None:
            return None
        rows = await store.find_ledger_rows(db, office_code, after_serial, rows_per_page)
    last = serial_of_mailbox(rows[-1].mailbox_id) if rows else highest
    return LedgerPage(office_code, highest, remaining_serials(highest), tuple(rows), last if last < highest else None)


async def list_erasable(pool: Pool, clock: Clock, after: str = "") -> list[tuple[MailboxId, date]]:
    """Mailboxes that have ended so long ago that their content may be erased now; up to a thousand behind an ID."""
    async with pool.acquire() as db:
        return list(await store.find_erasable_mailboxes(db, local_date(clock.now()), after, ERASABLE_PER_PAGE))
