"""Reading notifier's own topic back into a restored database, so that no mail is sent a second time."""

from services.notifier import store
from services.notifier.domain.restoring import NoSuchMail, fate_told
from shared.contracts.envelope import Event
from shared.contracts.notifier_events import MailDeferred, MailFailed, MailSent
from shared.runtime.database import Connection
from shared.runtime.recall.book import OwnBook


def own_book() -> OwnBook:
    """What notifier reads back: the fate of each mail, whose row the event that led to it has brought again."""
    return OwnBook(
        {MailSent.ce_type: _restore_end, MailFailed.ce_type: _restore_end, MailDeferred.ce_type: _keep_waiting}
    )


async def _restore_end(db: Connection, event: Event[MailSent | MailFailed]) -> None:
    if not await store.restore_mail(db, fate_told(event), event.time):
        raise NoSuchMail(event.subject)


async def _keep_waiting(_db: Connection, _event: Event[MailDeferred]) -> None:
    """The mail is due anyway; how often it was tried before is forgotten."""
